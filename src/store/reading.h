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

// Route after route, so that no look at the store lasts longer than one of them takes.
flow::StoreResult<std::vector<flow::BacklogPart>> collect_backlog(ReadEngine& engine,
                                                                  base::Time now,
                                                                  base::Time long_ago);

// Adds one entitlement to the part that it belongs to. `part` holds what they have in common.
void count_in(std::vector<flow::BacklogPart>& parts, const flow::BacklogPart& part,
              base::Time since, base::Time long_ago);

// The newest `limit` events of an entitlement, oldest first, by following each event's link to the
// one before. `damaged` when a link leads elsewhere.
flow::StoreResult<std::vector<domain::Event>> follow_history(ReadEngine& engine,
                                                             const domain::TenantId& tenant,
                                                             const domain::EntitlementId& id,
                                                             std::size_t limit);

}  // namespace usher::store
