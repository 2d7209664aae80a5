// Which of a tenant's entitlements somebody wants to see, and in what order (OpenTV §2.1 G2): a
// small query language that every store answers alike. What the operator deleted is never there.
// Pure.
//
// A field that an entitlement has not is never equal to, above or below anything, and always
// different; it comes first in an order that goes up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "domain/entitlement.h"

namespace usher::flow {

enum class ListField : std::uint8_t {
    id,
    account,
    product,
    status,
    partner_status,
    partner_id,
    valid_from,
    expiry_date,
    ends_at,
    created,
    modified,
    version,
    reason_code,
    reason_category,
    cancel_reason_code,
    cancel_reason_category,
};

enum class ListOperator : std::uint8_t {
    equal,
    not_equal,
    in,
    not_in,
    greater,
    at_least,
    less,
    at_most,
    exists,   // whatever it is
    missing,  // the opposite
};

using ListValue = std::variant<std::string, std::int64_t, base::Time>;

// One value for the comparisons, any number for in and not_in, none for exists and missing; of the
// field's type.
struct ListTerm {
    ListField field{};
    ListOperator op{};
    std::vector<ListValue> values;
    bool operator==(const ListTerm&) const = default;
};

struct Condition {
    enum class Kind : std::uint8_t { all, any, term };
    Kind kind = Kind::all;         // all of nothing holds always, any of nothing never
    std::vector<Condition> parts;  // of all and any
    ListTerm term;                 // of term
    bool operator==(const Condition&) const = default;
};

Condition all_of(std::vector<Condition> parts);
Condition any_of(std::vector<Condition> parts);
Condition is(ListField field, ListOperator op, std::vector<ListValue> values = {});

struct ListOrder {
    ListField field{};
    bool descending = false;
    bool operator==(const ListOrder&) const = default;
};

struct ListQuery {
    domain::TenantId tenant;
    Condition where;
    std::vector<ListOrder> order;     // behind these, by id
    std::optional<Condition> behind;  // of the page alone, see behind(); not of the total
    std::size_t skip = 0;
    std::size_t limit = 0;
    std::size_t scan_limit = 0;  // rows that may be looked at for what no index answers
};

struct ListPage {
    bool too_broad = false;  // more would have to be looked at; nothing else is told
    std::uint64_t total = 0;
    std::vector<domain::Entitlement> rows;
};

std::optional<ListValue> value_of(const domain::Entitlement& row, ListField field);
bool matches(const Condition& condition, const domain::Entitlement& row);
std::strong_ordering compare(const domain::Entitlement& a, const domain::Entitlement& b,
                             const std::vector<ListOrder>& order);

// What comes after a row with these values of the order's fields, and this id.
Condition behind(const std::vector<ListOrder>& order,
                 const std::vector<std::optional<ListValue>>& values,
                 const domain::EntitlementId& id);

// A page of what an account has, behind `after`, in the order of the ids.
ListQuery page_of_account(const domain::TenantId& tenant, const domain::AccountId& account,
                          const domain::EntitlementId& after, std::size_t limit);

// A term that must hold whatever else does, and that an index finds: by id, account, product or
// status, in this preference. Points into `where`.
const ListTerm* narrowing_term(const Condition& where);

// As far as can be seen without a look at any row.
bool holds_always(const Condition& where);
// All of it, in the order of the ids: nothing is asked that would need a look at the rows.
bool wants_everything(const ListQuery& query);

}  // namespace usher::flow
