// When an entitlement is due again. Pure; `jitter` is a random fraction in [0, 1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "domain/convergence.h"

namespace usher::domain {

struct SchedulePolicy {
    base::Duration backoff_first = std::chrono::milliseconds{500};
    base::Duration backoff_longest = std::chrono::minutes{5};
    // How often an accepted call is looked at while its report has not come: a fraction of the time
    // waited so far, within these bounds.
    base::Duration awaited_first = std::chrono::seconds{2};
    base::Duration awaited_longest = std::chrono::minutes{5};
    base::Duration pending_read = std::chrono::minutes{10};    // the customer has not activated yet
    base::Duration ending_read = std::chrono::hours{6};        // ACTIVE-ENDING, beside its end date
    base::Duration open_call_read = std::chrono::minutes{30};  // something may still act late
    // What could not be settled for so long needs a person, and is tried less often.
    base::Duration give_up_after = std::chrono::hours{24};
    base::Duration given_up_longest = std::chrono::hours{1};
};

// Nothing when there is nothing left to do. `attempts` counts tries without progress: 0 means due
// now. `ends_at` is the partner's end date, when known.
std::optional<base::Time> next_due(const Convergence& entitlement, ActionSet supported,
                                   std::uint32_t attempts, std::optional<base::Time> ends_at,
                                   const SchedulePolicy& policy, base::Time now, double jitter);

// Full jitter: anywhere between nothing and the bound that doubles with each attempt, but at least
// a tenth of it, so that a herd spreads and nobody spins.
base::Duration backoff(std::uint32_t attempts, const SchedulePolicy& policy, double jitter);

}  // namespace usher::domain
