// The partner reports a change of an entitlement (Bango §5). A report is a hint: it makes the
// entitlement due for a read, and can cost no more than that.
#pragma once

#include <expected>
#include <string>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/kept_report.h"
#include "flow/ports.h"

namespace usher::flow {

struct ReceiveReport {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;  // of the path; empty: the body must tell
    std::string body;
};

// Kept before it returns, but for one that was kept already. One that names no entitlement of the
// tenant's is held against the rest of what it says, within the tenant's budget; beyond that:
// `budget_spent`, and the partner may repeat it later.
base::Task<std::expected<ReportOutcome, Failure>> receive_report(Ports& ports,
                                                                 ReceiveReport report);

// Whether a report can tell something about this entitlement that is not known. Pure.
ReportOutcome judge_report(const domain::Entitlement& entitlement, const ReportNote& note);

}  // namespace usher::flow
