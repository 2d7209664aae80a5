#include "domain/schedule.h"

#include <algorithm>

#include "base/planted.h"

namespace usher::domain {

namespace {

base::Duration scale(base::Duration span, double factor) {
    return base::Duration{
        static_cast<base::Duration::rep>(static_cast<double>(span.count()) * factor)};
}

void keep_earlier(std::optional<base::Time>& due, base::Time candidate) {
    due = due ? std::min(*due, candidate) : candidate;
}

base::Time next_look(const Call& call, const SchedulePolicy& policy, base::Time now) {
    // A clock that was set back does not tell how long it was.
    if (now < call.begun) return std::min(call.deadline, now + policy.awaited_longest);
    const auto waited =
        std::clamp((now - call.begun) / 2, policy.awaited_first, policy.awaited_longest);
    return std::min(call.deadline, now + waited);
}

}  // namespace

base::Duration backoff(std::uint32_t attempts, const SchedulePolicy& policy, double jitter) {
    if (attempts == 0 || base::planted(base::Planted::no_back_off)) return base::Duration::zero();
    constexpr std::uint32_t kMostDoublings = 30;
    const auto doublings = std::min(attempts - 1, kMostDoublings);
    const auto bound = std::min(policy.backoff_longest,
                                scale(policy.backoff_first, static_cast<double>(1U << doublings)));
    constexpr double kLeast = 0.1;
    return scale(bound, kLeast + (1.0 - kLeast) * jitter);
}

std::optional<base::Time> next_due(const Convergence& entitlement, ActionSet supported,
                                   std::uint32_t attempts, std::optional<base::Time> ends_at,
                                   const SchedulePolicy& policy, base::Time now, double jitter) {
    if (plan(entitlement, supported).kind != StepKind::none) {
        return now + backoff(attempts, policy, jitter);
    }
    std::optional<base::Time> due;
    for (const auto& call : entitlement.calls) {
        switch (call.phase) {
            case CallPhase::under_way:
                keep_earlier(due, call.deadline);
                break;
            case CallPhase::awaited:
                keep_earlier(due, next_look(call, policy, now));
                break;
            case CallPhase::open:
                // One that was seen to act is only forgotten in time.
                keep_earlier(due, call.result == kEffectSeen
                                      ? call.horizon
                                      : std::min(call.horizon, now + policy.open_call_read));
                break;
            case CallPhase::answered:
                break;
        }
    }
    const auto spread = [&](base::Duration span) { return scale(span, 0.5 + 0.5 * jitter); };
    if (entitlement.partner_status == PartnerStatus::pending) {
        keep_earlier(due, now + spread(policy.pending_read));
    }
    if (entitlement.partner_status == PartnerStatus::active_ending) {
        keep_earlier(due, now + spread(policy.ending_read));
        if (ends_at && *ends_at > now) {
            constexpr base::Duration kAfterEnd = std::chrono::seconds{2};
            keep_earlier(due, *ends_at + kAfterEnd);
        }
    }
    return due;
}

}  // namespace usher::domain
