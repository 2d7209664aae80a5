#include "flow/sweeping.h"

#include <algorithm>
#include <utility>

#include "flow/recording.h"

namespace usher::flow {

namespace {

// The rest is for looks that come late.
constexpr double kSpread = 0.8;
// After a round that could not look at everything.
constexpr double kPause = 0.1;

base::Duration part_of(base::Duration span, double share) {
    return base::Duration{
        static_cast<base::Duration::rep>(static_cast<double>(span.count()) * share)};
}

}  // namespace

bool is_looked_at(const SweepStop& stop, base::Duration freshness, base::Time now) {
    if (!domain::is_live(stop.partner_status)) return false;
    return !stop.due || *stop.due > now + freshness;
}

bool is_looked_at(const domain::Entitlement& entitlement, base::Duration freshness,
                  base::Time now) {
    return is_looked_at(SweepStop{.entitlement = entitlement.id,
                                  .partner_status = entitlement.convergence.partner_status,
                                  .due = entitlement.due_at},
                        freshness, now);
}

bool has_another_product(const domain::Entitlement& entitlement, const PartnerRecord& record) {
    return !record.product_key.empty() && record.product_key != entitlement.product_key &&
           record.product_key != entitlement.other_product_key;
}

bool leaves_doubt(const domain::Entitlement& entitlement, const ReadReply& reply) {
    switch (reply.kind) {
        case ReadKind::found:
            return reply.record->view.status != entitlement.convergence.partner_status ||
                   has_another_product(entitlement, *reply.record);
        case ReadKind::candidates:
        case ReadKind::not_found:
            return true;
        case ReadKind::trouble:
            return !reply.unhealthy;
    }
    return true;
}

base::Time next_stop(const Sweep& sweep, std::uint64_t expected, base::Duration freshness) {
    const auto of_round = static_cast<double>(std::max(expected, sweep.passed + 1));
    return sweep.round_begun +
           part_of(freshness, kSpread * static_cast<double>(sweep.passed) / of_round);
}

Sweep end_round(Sweep sweep, base::Duration freshness, base::Time now) {
    if (sweep.missed == 0) {
        sweep.fresh_since = sweep.round_begun;
        sweep.round_begun = std::max(now, sweep.round_begun + part_of(freshness, kSpread));
    } else {
        sweep.round_begun = now + part_of(freshness, kPause);
    }
    sweep.last_round = sweep.passed;
    sweep.passed = 0;
    sweep.missed = 0;
    sweep.after = {};
    return sweep;
}

base::Task<StoreResult<std::optional<Sweep>>> take_sweep(Ports& ports, domain::TenantId tenant,
                                                         std::string holder, base::Duration lease) {
    using Taken = std::optional<Sweep>;
    const Wanted wanted{.tenant = tenant, .sweep = true};
    co_return co_await decide_in<Taken>(
        ports.store, wanted,
        [tenant, holder = std::move(holder), lease,
         kept_for = ports.limits.reports.kept_for](const Rows& rows) -> std::pair<Writes, Taken> {
            auto sweep = rows.sweep.value_or(Sweep{.tenant = tenant, .round_begun = rows.now});
            if (sweep.holder != holder && rows.now < sweep.lease_until) return {Writes{}, {}};
            sweep.holder = holder;
            sweep.lease_until = rows.now + lease;
            return {Writes{.sweep = sweep, .reports_until = rows.now - kept_for}, sweep};
        });
}

base::Task<StoreResult<bool>> leave_sweep(Ports& ports, Sweep sweep) {
    const Wanted wanted{.tenant = sweep.tenant, .sweep = true};
    co_return co_await decide_in<bool>(ports.store, wanted,
                                       [sweep](const Rows& rows) -> std::pair<Writes, bool> {
                                           if (!rows.sweep || rows.sweep->holder != sweep.holder)
                                               return {Writes{}, false};
                                           auto left = sweep;
                                           left.lease_until = rows.now;
                                           return {Writes{.sweep = std::move(left)}, true};
                                       });
}

base::Task<StoreResult<bool>> doubt(Ports& ports, domain::TenantId tenant,
                                    domain::EntitlementId entitlement, std::uint64_t version) {
    const Wanted wanted{.tenant = std::move(tenant), .entitlement = std::move(entitlement)};
    const auto done = co_await decide_in<bool>(
        ports.store, wanted, [version](const Rows& rows) -> std::pair<Writes, bool> {
            const bool as_it_was = rows.entitlement && rows.entitlement->version == version &&
                                   !rows.entitlement->claim.lease_until &&
                                   domain::is_settled(rows.entitlement->convergence);
            if (!as_it_was) return {Writes{}, false};
            Recording recording{*rows.entitlement, rows.now};
            recording.want_read(rows.now);
            return {std::move(recording).finish(), true};
        });
    if (done && *done) ports.propagator.wake();
    co_return done;
}

}  // namespace usher::flow
