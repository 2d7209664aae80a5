#include "flow/listing.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace usher::flow {

namespace {

using domain::Entitlement;

// What an index finds, the fewest rows first.
constexpr std::array kIndexed{ListField::id, ListField::account, ListField::product,
                              ListField::status};

std::optional<ListValue> unless_empty(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

template <class T>
std::optional<ListValue> maybe(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    return *value;
}

bool holds(const ListTerm& term, const Entitlement& row) {
    const auto value = value_of(row, term.field);
    const auto is_listed = [&] {
        return std::ranges::find(term.values, *value) != term.values.end();
    };
    switch (term.op) {
        case ListOperator::equal:
            return value && *value == term.values.front();
        case ListOperator::not_equal:
            return !value || *value != term.values.front();
        case ListOperator::in:
            return value && is_listed();
        case ListOperator::not_in:
            return !value || !is_listed();
        case ListOperator::greater:
            return value && *value > term.values.front();
        case ListOperator::at_least:
            return value && *value >= term.values.front();
        case ListOperator::less:
            return value && *value < term.values.front();
        case ListOperator::at_most:
            return value && *value <= term.values.front();
        case ListOperator::exists:
            return value.has_value();
        case ListOperator::missing:
            return !value;
    }
    std::abort();
}

Condition same(ListField field, const std::optional<ListValue>& value) {
    return value ? is(field, ListOperator::equal, {*value}) : is(field, ListOperator::missing);
}

Condition further(const ListOrder& order, const std::optional<ListValue>& value) {
    if (!order.descending) {
        return value ? is(order.field, ListOperator::greater, {*value})
                     : is(order.field, ListOperator::exists);
    }
    if (!value) return any_of({});
    return any_of(
        {is(order.field, ListOperator::less, {*value}), is(order.field, ListOperator::missing)});
}

}  // namespace

Condition all_of(std::vector<Condition> parts) {
    return {.kind = Condition::Kind::all, .parts = std::move(parts), .term = {}};
}

Condition any_of(std::vector<Condition> parts) {
    return {.kind = Condition::Kind::any, .parts = std::move(parts), .term = {}};
}

Condition is(ListField field, ListOperator op, std::vector<ListValue> values) {
    return {.kind = Condition::Kind::term,
            .parts = {},
            .term = {.field = field, .op = op, .values = std::move(values)}};
}

std::optional<ListValue> value_of(const Entitlement& row, ListField field) {
    switch (field) {
        case ListField::id:
            return row.id.text();
        case ListField::account:
            return row.account.text();
        case ListField::product:
            return row.product.text();
        case ListField::status:
            return std::string{domain::to_text(row.convergence.status)};
        case ListField::partner_status:
            return std::string{domain::to_text(row.convergence.partner_status)};
        case ListField::partner_id:
            return unless_empty(row.partner_id.text());
        case ListField::valid_from:
            return maybe(row.valid_from);
        case ListField::expiry_date:
            return maybe(row.expiry_date);
        case ListField::ends_at:
            return maybe(row.ends_at);
        case ListField::created:
            return row.created;
        case ListField::modified:
            return row.modified;
        case ListField::version:
            return static_cast<std::int64_t>(row.version);
        case ListField::reason_code:
            return maybe(row.reason.code);
        case ListField::reason_category:
            return maybe(row.reason.category);
        case ListField::cancel_reason_code:
            return maybe(row.reason.cancel_code);
        case ListField::cancel_reason_category:
            return maybe(row.reason.cancel_category);
    }
    std::abort();
}

bool matches(const Condition& condition, const Entitlement& row) {
    const auto one = [&row](const Condition& part) { return matches(part, row); };
    switch (condition.kind) {
        case Condition::Kind::all:
            return std::ranges::all_of(condition.parts, one);
        case Condition::Kind::any:
            return std::ranges::any_of(condition.parts, one);
        case Condition::Kind::term:
            return holds(condition.term, row);
    }
    std::abort();
}

std::strong_ordering compare(const Entitlement& a, const Entitlement& b,
                             const std::vector<ListOrder>& order) {
    for (const auto& [field, descending] : order) {
        const auto left = value_of(a, field);
        const auto right = value_of(b, field);
        if (left == right) continue;
        return (left < right) != descending ? std::strong_ordering::less
                                            : std::strong_ordering::greater;
    }
    return a.id.text() <=> b.id.text();
}

Condition behind(const std::vector<ListOrder>& order,
                 const std::vector<std::optional<ListValue>>& values,
                 const domain::EntitlementId& id) {
    auto rest = is(ListField::id, ListOperator::greater, {id.text()});
    for (std::size_t i = order.size(); i-- > 0;) {
        const auto& value = values.at(i);
        rest = any_of(
            {further(order[i], value), all_of({same(order[i].field, value), std::move(rest)})});
    }
    return rest;
}

ListQuery page_of_account(const domain::TenantId& tenant, const domain::AccountId& account,
                          const domain::EntitlementId& after, std::size_t limit) {
    return {.tenant = tenant,
            .where = is(ListField::account, ListOperator::equal, {account.text()}),
            .order = {},
            .behind = behind({}, {}, after),
            .limit = limit,
            .scan_limit = std::size_t(-1) / 2};
}

const ListTerm* narrowing_term(const Condition& where) {
    const auto rank = [](const ListTerm* term) {
        const bool names_values = term->op == ListOperator::equal || term->op == ListOperator::in;
        return names_values ? std::ranges::find(kIndexed, term->field) - kIndexed.begin()
                            : std::ptrdiff_t{kIndexed.size()};
    };
    if (where.kind == Condition::Kind::any) {
        return where.parts.size() == 1 ? narrowing_term(where.parts.front()) : nullptr;
    }
    const ListTerm* best = nullptr;
    if (where.kind == Condition::Kind::term) best = &where.term;
    for (const auto& part : where.parts) {
        const auto* one = narrowing_term(part);
        if (one != nullptr && (best == nullptr || rank(one) < rank(best))) best = one;
    }
    const bool narrows =
        best != nullptr && rank(best) < static_cast<std::ptrdiff_t>(kIndexed.size());
    return narrows ? best : nullptr;
}

bool holds_always(const Condition& where) {
    return where.kind == Condition::Kind::all && std::ranges::all_of(where.parts, holds_always);
}

bool wants_everything(const ListQuery& query) {
    return query.order.empty() && holds_always(query.where);
}

}  // namespace usher::flow
