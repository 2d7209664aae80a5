#include "flow/ask_reads.h"

#include <utility>

#include "flow/recording.h"

namespace usher::flow {

namespace {

base::Task<StoreResult<bool>> ask_read(Ports& ports, const domain::TenantId& tenant,
                                       ReadAsked asked) {
    const Wanted wanted{.tenant = tenant, .entitlement = asked.entitlement};
    co_return co_await decide_in<bool>(
        ports.store, wanted, [asked](const Rows& rows) -> std::pair<Writes, bool> {
            const bool as_it_was =
                rows.entitlement &&
                rows.entitlement->version == asked.version.value_or(rows.entitlement->version);
            if (!as_it_was || rows.entitlement->claim.lease_until) return {Writes{}, false};
            if (rows.entitlement->convergence.read_wanted) return {Writes{}, false};
            Recording recording{*rows.entitlement, rows.now};
            recording.want_read(rows.now);
            return {std::move(recording).finish(), true};
        });
}

}  // namespace

base::Task<StoreResult<std::size_t>> ask_reads(Ports& ports, domain::TenantId tenant,
                                               std::vector<ReadAsked> asked) {
    std::size_t count = 0;
    for (auto& one : asked) {
        const auto done = co_await ask_read(ports, tenant, std::move(one));
        if (!done) co_return std::unexpected{done.error()};
        if (*done) ++count;
    }
    if (count > 0) ports.propagator.wake();
    co_return count;
}

}  // namespace usher::flow
