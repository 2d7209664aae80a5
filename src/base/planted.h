// Faults planted in the product, for `usher simulate` to find. Only a build of the preset
// `planted`, which is for tests and does not serve, has them: one of them, chosen at run time
// before anything else runs. In every other build `planted` is the constant false, so that what
// serves has no switch. The rules of convergence are left out in another way (domain/rules.h).
#pragma once

#include <cstdint>
#include <optional>

namespace usher::base {

enum class Planted : std::uint8_t {
    // store
    answers_before_commit,
    synchronous_normal,
    synchronous_off,
    doubtful_commit_is_done,
    position_skipped,
    position_kept_after_rollback,
    event_skipped,
    events_reversed,
    place_without_tenant,
    lookup_without_tenant,
    // store, where several nodes share one
    decides_on_stale_rows,
    position_outside_transaction,
    unheard_commit_is_failure,
    lease_by_own_clock,
    // flow, domain, converge
    fence_not_checked,
    lease_not_checked,
    claim_over_claim,
    holds_not_looked_at,
    hears_of_own_node_alone,
    report_believed,
    product_not_followed,
    other_product_taken_for_granted,
    stays_hidden,
    cascade_not_recorded,
    reader_passes_over,
    answer_kept_apart,
    answer_not_replaced,
    answer_replaced_late,
    gives_up,
    no_back_off,
    deadline_never,
    // partner
    unauthorized_is_refusal,
    not_found_is_refusal,
    unanswered_is_not_sent,
    customer_without_tenant,
};

#ifdef USHER_PLANTED
inline constexpr bool kHasPlanted = true;
inline std::optional<Planted> planted_fault;
inline bool planted(Planted fault) {
    return planted_fault == fault;
}
#else
inline constexpr bool kHasPlanted = false;
constexpr bool planted(Planted) {
    return false;
}
#endif

}  // namespace usher::base
