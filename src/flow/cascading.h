// The walk of a cascade over an account's entitlements. Internal to flow.
#pragma once

#include <optional>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/ports.h"
#include "flow/tried.h"

namespace usher::flow {

// Nobody else takes a cascade up for so long after its last sign of life.
inline constexpr base::Duration kCascadeLease = std::chrono::seconds{60};

// The reason that an account's suspension leaves with an entitlement, by which its resumption knows
// what to resume: not what the operator has suspended for itself.
inline constexpr const char* kAccountSuspended = "ACCOUNT_SUSPENDED";

struct CascadeRound {
    bool finished = false;      // every entitlement was asked that there was to ask
    bool all_confirmed = true;  // of those that were asked
};

// One round, as far as the deadline and the store allow. A round that asked for something is
// followed by another one a little later, because what was refused, or began meanwhile, is asked
// again; a few times, each after a longer pause. Ends early when the account is changed anew.
base::Task<CascadeRound> walk_cascade(Ports& ports, domain::Account account,
                                      base::Monotonic deadline);

// Nothing when it is not due any more.
base::Task<StoreResult<std::optional<domain::Account>>> take_up_cascade(
    Ports& ports, const domain::Account& account);

// What it would ask of each, as it would be; nothing is recorded.
base::Task<StoreResult<Tried>> try_cascade(Ports& ports, const domain::Account& account);

}  // namespace usher::flow
