// The partner's daily file of active entitlements against what we hold, a page at a time: each page
// is a question of its own, and nothing is kept between them. What is found differs is read again
// by the ordinary machinery when that is asked for; finding changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/task.h"
#include "flow/comparing.h"
#include "flow/ports.h"

namespace usher::flow {

// So many rows, records or reads at a time.
inline constexpr std::size_t kComparePage = 500;

struct CompareRows {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    base::Time as_of;           // when the file was made
    std::vector<FileRow> rows;  // at most kComparePage
};

struct RowFinding {
    Judgement judgement;
    std::optional<domain::Entitlement> ours;  // what the row was held against
};

// One for each row, in their order.
base::Task<StoreResult<std::vector<RowFinding>>> compare_rows(Ports& ports, CompareRows request);

struct ListHeld {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    base::Time as_of;
    bool all_statuses = false;    // see judge_absent
    domain::EntitlementId after;  // empty: from the beginning
    std::size_t limit = kComparePage;
};

struct HeldPage {
    // What the file must have, with what it means when it has not.
    std::vector<RowFinding> held;
    std::optional<domain::EntitlementId> next;  // where the next page begins; none: the last one
};

// Looks at `limit` records, whether they belong to the list or not.
base::Task<StoreResult<HeldPage>> list_held(Ports& ports, ListHeld request);

// Writes the line down, with the present time.
base::Task<StoreResult<Comparison>> sign_comparison(Ports& ports, Comparison line);

}  // namespace usher::flow
