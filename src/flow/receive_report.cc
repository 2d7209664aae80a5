#include "flow/receive_report.h"

#include <utility>

#include "flow/recording.h"

namespace usher::flow {

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
            if (!under_way) row.due_at = rows.now;
            return {std::move(recording).finish(), true};
        });
    if (!known) co_return std::unexpected{fail(known.error())};
    if (!*known) co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    ports.propagator.wake();
    co_return std::expected<void, Failure>{};
}

}  // namespace usher::flow
