// Questions that take more than one statement.
#pragma once

#include <cstddef>
#include <vector>

#include "store/engine.h"

namespace usher::store {

// Round robin over tenants, beginning after `served`, which is moved on, so that a short list does
// not always favour the same tenants. Never looks at the rows of routes left out.
flow::StoreResult<flow::DueList> collect_due(ReadEngine& engine, std::size_t limit,
                                             const std::vector<flow::Route>& left_out,
                                             base::Time now, domain::TenantId& served);

// The newest `limit` events of an entitlement, oldest first, by following each event's link to the
// one before. `damaged` when a link leads elsewhere.
flow::StoreResult<std::vector<domain::Event>> follow_history(ReadEngine& engine,
                                                             const domain::TenantId& tenant,
                                                             const domain::EntitlementId& id,
                                                             std::size_t limit);

}  // namespace usher::store
