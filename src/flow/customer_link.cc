#include "flow/customer_link.h"

#include <utility>

#include "flow/ask_reads.h"

namespace usher::flow {

namespace {

using domain::Entitlement;
using domain::EntitlementStatus;

Failure with_status(FailureKind kind, const Entitlement& row) {
    auto failure = fail(kind);
    failure.status = row.convergence.status;
    return failure;
}

// The record, with who asks now in place of who asked last: for the partner's log and ours.
base::Task<std::expected<Entitlement, Failure>> find(Ports& ports, const AskLink& asked) {
    const auto found = co_await ports.store.find_entitlement(asked.tenant, asked.entitlement);
    if (!found) co_return std::unexpected{fail(found.error())};
    if (!*found || (*found)->deleted_at) {
        co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    }
    auto row = **found;
    row.asker = asked.asker;
    co_return row;
}

// Whether a call may leave now; how many are under way at once does not matter to a customer who
// waits for a page.
bool may_call(const Ports& ports, const Entitlement& row) {
    const auto standing = ports.propagator.standing(row.tenant, row.merchant);
    return !row.partner_id.empty() && standing.healthy && !standing.paused;
}

bool holds_link(const Entitlement& row, base::Time now) {
    return row.activation && (!row.activation->expiry || *row.activation->expiry > now);
}

// The partner has no link for what we think is PENDING: it is read again, and then we know more.
base::Task<Entitlement> look_again(Ports& ports, Entitlement row, base::Monotonic deadline) {
    auto watch = ports.propagator.watch(row.tenant, row.id);
    co_await ask_reads(ports, row.tenant, {{.entitlement = row.id, .version = row.version}});
    while (row.convergence.status == EntitlementStatus::pending) {
        const auto newer = co_await watch->next(deadline);
        if (!newer) break;
        row = *newer;
        if (!row.convergence.read_wanted) break;
    }
    co_return row;
}

}  // namespace

base::Task<std::expected<domain::Activation, Failure>> activation_link(Ports& ports,
                                                                       AskLink asked) {
    const auto deadline = ports.clock.monotonic() + asked.wait;
    auto row = co_await find(ports, asked);
    if (!row) co_return std::unexpected{std::move(row.error())};
    if (row->convergence.status != EntitlementStatus::pending) {
        co_return std::unexpected{with_status(FailureKind::not_pending, *row)};
    }
    if (may_call(ports, *row)) {
        const auto reply =
            co_await ports.partner.activation({.entitlement = *row, .deadline = deadline});
        if (reply.record && reply.record->activation) co_return *reply.record->activation;
        if (!reply.unhealthy) {
            const auto now = co_await look_again(ports, *row, deadline);
            const bool waits = now.convergence.status == EntitlementStatus::pending;
            co_return std::unexpected{with_status(
                waits ? FailureKind::partner_unavailable : FailureKind::not_pending, now)};
        }
    }
    if (holds_link(*row, ports.clock.now())) co_return *row->activation;
    co_return std::unexpected{with_status(FailureKind::partner_unavailable, *row)};
}

base::Task<std::expected<base::Secret, Failure>> recovery_link(Ports& ports, AskLink asked) {
    const auto deadline = ports.clock.monotonic() + asked.wait;
    auto row = co_await find(ports, asked);
    if (!row) co_return std::unexpected{std::move(row.error())};
    const auto status = row->convergence.status;
    if (status == EntitlementStatus::pending || domain::is_ended(status)) {
        co_return std::unexpected{with_status(FailureKind::not_recoverable, *row)};
    }
    if (may_call(ports, *row)) {
        auto reply = co_await ports.partner.recovery({.entitlement = *row, .deadline = deadline});
        if (reply.url) co_return std::move(*reply.url);
        if (reply.rejection) {
            auto failure = with_status(FailureKind::rejected, *row);
            failure.rejection = reply.rejection;
            failure.partner_code = std::move(reply.partner_code);
            co_return std::unexpected{std::move(failure)};
        }
    }
    co_return std::unexpected{with_status(FailureKind::partner_unavailable, *row)};
}

}  // namespace usher::flow
