// What is still known of an entitlement whose record comes from a backup. Pure.
#pragma once

#include "domain/convergence.h"

namespace usher::domain {

// False when the partner has nothing there and never will for this entitlement: it has ended it, or
// it was never made and is not asked for any more.
bool may_live_at_partner(const Convergence& entitlement);

// The partner, its customers and our own later calls have moved on since the copy was made. So what
// it has is unknown, which means that it is read before anything is sent; a call that was under way
// or awaited is open; and no call of before is taken for the cause of what is found, since a later
// one of ours may be: the record follows what the partner has.
Decision doubt(const Convergence& before, const CallLimits& limits, base::Time now);

}  // namespace usher::domain
