// What a person says about the actions that a merchant's product supports: pins over what was
// learnt, and forgetting what was learnt. Each says who and why.
#pragma once

#include <cstddef>
#include <string>

#include "base/task.h"
#include "flow/ports.h"
#include "flow/watch_over.h"

namespace usher::flow {

// In force once it returns. One that says the same about the same is left as it is, and is the
// answer; one that says the opposite about the same is lifted with it.
base::Task<StoreResult<ActionPin>> place_pin(Ports& ports, ActionPin pin);

struct LiftPin {
    domain::TenantId tenant;  // exactly as it was placed
    domain::MerchantId merchant;
    domain::ProductKey product;
    domain::PartnerAction action{};
    std::string by;
    std::string why;
};

// How many were lifted: none when there was none.
base::Task<StoreResult<std::size_t>> lift_pin(Ports& ports, LiftPin lift);

}  // namespace usher::flow
