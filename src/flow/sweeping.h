// The regular look at every live entitlement (lifecycle §6): what it passes, how fast, and what it
// makes of what the partner shows. A look that shows what is known writes nothing; one that shows
// something else asks for a read under a claim, as a report does, and decides nothing itself.
#pragma once

#include <string>

#include "base/task.h"
#include "flow/partner.h"
#include "flow/ports.h"
#include "flow/store.h"
#include "flow/watch_over.h"

namespace usher::flow {

// Not what has ended, and not what is due within `freshness` anyway.
bool is_looked_at(const SweepStop& stop, base::Duration freshness, base::Time now);
bool is_looked_at(const domain::Entitlement& entitlement, base::Duration freshness, base::Time now);

// Whether the partner's answer leaves a doubt about what is held. Trouble that speaks of the
// partner's health leaves none.
// The partner has another product there than what is known.
bool has_another_product(const domain::Entitlement& entitlement, const PartnerRecord& record);

bool leaves_doubt(const domain::Entitlement& entitlement, const ReadReply& reply);

// When the next live one is due: a round is spread over most of `freshness`. `expected`: how many
// live ones a round has, as far as is known.
base::Time next_stop(const Sweep& sweep, std::uint64_t expected, base::Duration freshness);

// The sweep after its last stop, and when its next round begins.
Sweep end_round(Sweep sweep, base::Duration freshness, base::Time now);

// Takes the right to walk a tenant's sweep; nothing when another holder has it.
base::Task<StoreResult<std::optional<Sweep>>> take_sweep(Ports& ports, domain::TenantId tenant,
                                                         std::string holder, base::Duration lease);

// Writes down how far it came and gives it back; false when it was no longer the holder's.
base::Task<StoreResult<bool>> leave_sweep(Ports& ports, Sweep sweep);

// Makes an entitlement due for a read, unless it has changed since `version` or has work to do.
// True when it did.
base::Task<StoreResult<bool>> doubt(Ports& ports, domain::TenantId tenant,
                                    domain::EntitlementId entitlement, std::uint64_t version);

}  // namespace usher::flow
