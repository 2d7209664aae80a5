// Where the customer goes at the partner: to activate what is PENDING, or to get back into an
// account there (OpenTV §2.2 T2, T3). Asked of the partner each time and never stored, since
// whoever has such a link can use it.
#pragma once

#include <expected>

#include "base/secret.h"
#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/ports.h"

namespace usher::flow {

struct AskLink {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    domain::Asker asker;
    base::Duration wait{};  // for the partner
};

// `not_pending` when there is nothing to activate. The link that is held serves, as long as it has
// not expired, when the partner cannot be asked; else `partner_unavailable`.
base::Task<std::expected<domain::Activation, Failure>> activation_link(Ports& ports, AskLink asked);

// `not_recoverable` unless the customer has access; `rejected` when the partner refuses.
base::Task<std::expected<base::Secret, Failure>> recovery_link(Ports& ports, AskLink asked);

}  // namespace usher::flow
