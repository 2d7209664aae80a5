#include "flow/receive_report.h"

#include <utility>

#include "flow/recording.h"

namespace usher::flow {

base::Task<std::expected<void, Failure>> receive_report(Ports& ports, ReceiveReport report) {
    const auto known = co_await decide_in<bool>(
        ports.store, {.tenant = report.tenant, .entitlement = report.entitlement},
        [](const Rows& rows) -> std::pair<Writes, bool> {
            if (!rows.entitlement) return {Writes{}, false};
            Writes writes{.entitlement = *rows.entitlement};
            auto& row = *writes.entitlement;
            const bool under_way = row.claim.lease_until.has_value();
            // Reports in a row cost one read: one that is wanted and has not left covers them all.
            if (row.convergence.read_wanted && !under_way) return {Writes{}, true};
            ++row.hints;
            row.convergence.read_wanted = true;
            if (!under_way) row.due_at = rows.now;
            return {std::move(writes), true};
        });
    if (!known) co_return std::unexpected{fail(known.error())};
    if (!*known) co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    ports.propagator.wake();
    co_return std::expected<void, Failure>{};
}

}  // namespace usher::flow
