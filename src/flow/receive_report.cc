#include "flow/receive_report.h"

#include <utility>

#include "base/planted.h"
#include "flow/recording.h"

namespace usher::flow {

namespace {

// Of a build for tests alone: taken to say that what was asked is so.
void believe(Recording& recording) {
    const auto& convergence = recording.entitlement().convergence;
    const domain::ReadAnswer answer{.outcome = domain::ReadOutcome::found,
                                    .view = {.status = domain::meaning(convergence.status)},
                                    .begun = recording.now()};
    recording.take(domain::settle_read(convergence, answer, domain::ActionSet::all()),
                   domain::Initiator::partner);
}

}  // namespace

base::Task<std::expected<void, Failure>> receive_report(Ports& ports, ReceiveReport report) {
    const auto known = co_await decide_in<bool>(
        ports.store, {.tenant = report.tenant, .entitlement = report.entitlement},
        [](const Rows& rows) -> std::pair<Writes, bool> {
            if (!rows.entitlement) return {Writes{}, false};
            const bool under_way = rows.entitlement->claim.lease_until.has_value();
            // Reports in a row cost one read: one that is wanted and has not left covers them all.
            if (rows.entitlement->convergence.read_wanted && !under_way) return {Writes{}, true};
            Recording recording{*rows.entitlement, rows.now};
            auto& row = recording.entitlement();
            ++row.hints;
            row.convergence.read_wanted = true;
            if (base::planted(base::Planted::report_believed)) believe(recording);
            if (!under_way) row.due_at = rows.now;
            return {std::move(recording).finish(), true};
        });
    if (!known) co_return std::unexpected{fail(known.error())};
    if (!*known) co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    ports.propagator.wake();
    co_return std::expected<void, Failure>{};
}

}  // namespace usher::flow
