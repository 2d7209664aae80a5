#include "flow/restore.h"

#include <utility>

#include "domain/restoring.h"

namespace usher::flow {

void keep_restored_request(Recording& recording) {
    recording.entitlement().last_problem =
        "restored from a backup with a request that was still open: the partner is asked first";
}

Writes doubt_restored(const Rows& rows, const Limits& limits) {
    if (!rows.entitlement) return {};
    const bool may_live = domain::may_live_at_partner(rows.entitlement->convergence);
    if (!may_live && rows.entitlement->convergence.calls.empty()) return {};
    Recording recording{*rows.entitlement, rows.now};
    recording.take(domain::doubt(rows.entitlement->convergence, limits.calls, rows.now),
                   domain::Initiator::usher, "restored from a backup");
    auto& row = recording.entitlement();
    row.claim.lease_until.reset();
    ++row.claim.fence;
    row.attempts = 0;
    if (may_live) {
        row.due_at = rows.now;
        row.last_problem = "restored from a backup: the partner is asked what it has";
    }
    if (row.convergence.intent) keep_restored_request(recording);
    return std::move(recording).finish();
}

}  // namespace usher::flow
