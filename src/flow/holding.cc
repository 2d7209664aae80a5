#include "flow/holding.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "flow/recording.h"

namespace usher::flow {

namespace {

base::Task<StoreResult<bool>> write(Ports& ports, const Hold& hold) {
    co_return co_await decide_in<bool>(ports.store, {.tenant = hold.tenant}, [hold](const Rows&) {
        return std::pair{Writes{.hold = hold}, true};
    });
}

base::Task<> tell(Ports& ports) {
    auto in_force = co_await ports.store.holds();
    if (in_force) ports.propagator.hear_of_holds(std::move(*in_force));
}

bool same_scope(const Hold& hold, const domain::TenantId& tenant,
                const domain::MerchantId& merchant, HoldKind kind) {
    return hold.tenant == tenant && hold.merchant == merchant && hold.kind == kind;
}

}  // namespace

base::Task<StoreResult<Hold>> place_hold(Ports& ports, Hold hold) {
    const auto in_force = co_await ports.store.holds();
    if (!in_force) co_return std::unexpected{in_force.error()};
    const auto there = std::ranges::find_if(*in_force, [&](const Hold& other) {
        return same_scope(other, hold.tenant, hold.merchant, hold.kind);
    });
    if (there != in_force->end()) co_return *there;
    hold.since = ports.clock.now();
    const auto done = co_await write(ports, hold);
    if (!done) co_return std::unexpected{done.error()};
    co_await tell(ports);
    co_return hold;
}

base::Task<StoreResult<std::size_t>> lift_hold(Ports& ports, LiftHold lift) {
    const auto in_force = co_await ports.store.holds();
    if (!in_force) co_return std::unexpected{in_force.error()};
    std::size_t lifted = 0;
    for (auto hold : *in_force) {
        if (!same_scope(hold, lift.tenant, lift.merchant, lift.kind)) continue;
        hold.lifted = ports.clock.now();
        hold.lifted_by = lift.by;
        hold.lifted_why = lift.why;
        const auto done = co_await write(ports, hold);
        if (!done) co_return std::unexpected{done.error()};
        ++lifted;
    }
    if (lifted > 0) co_await tell(ports);
    co_return lifted;
}

base::Task<std::expected<bool, Failure>> retry(Ports& ports, Retry retry) {
    using Tried = std::optional<bool>;  // nothing: there is no such entitlement
    const Wanted wanted{.tenant = retry.tenant, .entitlement = retry.entitlement};
    const auto tried = co_await decide_in<Tried>(
        ports.store, wanted, [retry](const Rows& rows) -> std::pair<Writes, Tried> {
            if (!rows.entitlement) return {Writes{}, std::nullopt};
            if (domain::is_settled(*rows.entitlement)) return {Writes{}, false};
            Recording recording{*rows.entitlement, rows.now};
            recording.tell(domain::ChangeKind::retried, domain::Initiator::op,
                           fmt::format("{}: {}", retry.by, retry.why));
            auto& row = recording.entitlement();
            row.attempts = 0;
            if (!row.claim.lease_until) row.due_at = rows.now;
            return {std::move(recording).finish(), true};
        });
    if (!tried) co_return std::unexpected{fail(tried.error())};
    if (!*tried) co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    if (**tried) ports.propagator.wake();
    co_return **tried;
}

}  // namespace usher::flow
