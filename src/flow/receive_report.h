// The partner reports a change of an entitlement (Bango §5). A report is a hint: it makes the
// entitlement due for a read, and can cost no more than that.
#pragma once

#include <expected>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/ports.h"

namespace usher::flow {

struct ReceiveReport {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
};

// Recorded before it returns. `entitlement_unknown` for an id that this tenant does not have.
base::Task<std::expected<void, Failure>> receive_report(Ports& ports, ReceiveReport report);

}  // namespace usher::flow
