// A record of ours that waits for its id at the partner, found by the customer: what the partner
// has of it may be a purchase whose answer was lost.
#pragma once

#include <vector>

#include "base/task.h"
#include "flow/ports.h"

namespace usher::flow {

struct UnboundOf {
    domain::TenantId tenant;
    domain::CustomerId customer;  // the account's name there
    domain::MerchantId merchant;  // empty: any
    domain::ProductKey product;   // empty: any
};

// The live ones; none when no account of the tenant is named so.
base::Task<StoreResult<std::vector<domain::Entitlement>>> find_unbound(Ports& ports,
                                                                       UnboundOf wanted);

}  // namespace usher::flow
