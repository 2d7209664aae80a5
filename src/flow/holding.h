// What a person, or Usher itself, stops for a while and lets go on again; and another try for what
// could not be settled. Each says who and why.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/task.h"
#include "flow/failure.h"
#include "flow/ports.h"
#include "flow/watch_over.h"

namespace usher::flow {

// In force once it returns. A hold of the same kind over the same tenant and merchant that is in
// force already is left as it is, and is the answer.
base::Task<StoreResult<Hold>> place_hold(Ports& ports, Hold hold);

struct LiftHold {
    domain::TenantId tenant;  // exactly as they were placed
    domain::MerchantId merchant;
    HoldKind kind{};
    std::string by;
    std::string why;
};

// How many were lifted: none when there was none.
base::Task<StoreResult<std::size_t>> lift_hold(Ports& ports, LiftHold lift);

struct Retry {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    std::string by;
    std::string why;
};

// Makes it due now, with a line of history. False when it is settled and there is nothing to try.
base::Task<std::expected<bool, Failure>> retry(Ports& ports, Retry retry);

}  // namespace usher::flow
