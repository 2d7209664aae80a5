#include "flow/purchase.h"

#include <utility>
#include <variant>

#include "base/random.h"
#include "flow/claiming.h"
#include "flow/recording.h"
#include "flow/waiting.h"

namespace usher::flow {

namespace {

using domain::Entitlement;
using domain::EntitlementStatus;

using Decided = std::variant<Recorded, Failure>;

Failure already_entitled(const Entitlement& occupant) {
    auto failure = fail(FailureKind::already_entitled);
    failure.existing = occupant.id;
    failure.status = occupant.convergence.status;
    return failure;
}

// The record that this purchase repeats, if it repeats one.
std::expected<const Entitlement*, Failure> repeated(const Purchase& request, const Rows& rows) {
    if (rows.entitlement) {
        const auto& same_id = *rows.entitlement;
        const bool same = same_id.account == request.account &&
                          same_id.product == request.product && same_id.occupies &&
                          !same_id.deleted_at;
        if (same) return &same_id;
        return std::unexpected{fail(FailureKind::id_taken)};
    }
    if (!rows.occupant) return nullptr;
    const bool waits = rows.occupant->convergence.status == EntitlementStatus::pending &&
                       !rows.occupant->deleted_at;
    if (!waits || request.id) return std::unexpected{already_entitled(*rows.occupant)};
    return &*rows.occupant;
}

std::optional<Failure> check(const Rows& rows) {
    if (!rows.product) return fail(FailureKind::product_unknown);
    if (!rows.account || rows.account->deleted_at) return fail(FailureKind::account_unknown);
    if (rows.account->status != domain::AccountStatus::active) {
        return fail(FailureKind::account_not_active);
    }
    return std::nullopt;
}

Entitlement make_row(const Purchase& request, const domain::EntitlementId& id,
                     const Partner& partner, const Rows& rows) {
    Entitlement row{
        .tenant = request.tenant,
        .id = id,
        .account = request.account,
        .product = request.product,
        .merchant = rows.product->merchant,
        .product_key = rows.product->product_key,
        .customer = partner.customer_of(request.tenant, request.account, rows.product->merchant)};
    row.convergence.status = EntitlementStatus::pending;
    row.convergence.intent = true;
    row.reason = request.reason;
    row.valid_from = request.valid_from;
    row.expiry_date = request.expiry_date;
    row.created = rows.now;
    row.asker = request.asker;
    row.request = 1;
    return row;
}

std::expected<Purchased, Failure> answer(const Waited& waited) {
    const auto& row = *waited.entitlement;
    if (waited.end == RequestEnd::refused) {
        auto failure = refusal_in(row);
        failure.existing = row.id;
        return std::unexpected{std::move(failure)};
    }
    const bool confirmed = waited.end == RequestEnd::confirmed;
    return Purchased{.id = row.id,
                     .status = row.convergence.status,
                     .propagated = confirmed ? Propagated::confirmed : Propagated::pending,
                     .activation = row.activation,
                     .version = row.version};
}

struct Decider {
    Purchase request;
    domain::EntitlementId id;
    ClaimTools tools;

    std::pair<Writes, Decided> operator()(const Rows& rows) const {
        return decide_once<Purchased, Recorded>(
            request.once, rows, [&] { return decide(rows); },
            [](const Recorded& recorded) { return answer(as_it_stands(recorded)); });
    }

  private:
    std::pair<Writes, Decided> decide(const Rows& rows) const {
        const auto repeat = repeated(request, rows);
        if (!repeat) return {Writes{}, repeat.error()};
        if (*repeat != nullptr) return again(**repeat, rows);
        if (const auto failure = check(rows)) return {Writes{}, *failure};
        Recording recording{make_row(request, id, *tools.partner, rows), rows.now};
        recording.tell(domain::ChangeKind::requested, domain::Initiator::op, "bought");
        const Awaited awaited{.request = recording.entitlement().request};
        auto work = claim_or_schedule(recording, tools);
        return finish(std::move(recording), std::move(work), awaited);
    }

    // A repeat changes nothing; what is still open about the first becomes due now.
    std::pair<Writes, Decided> again(const Entitlement& row, const Rows& rows) const {
        const Awaited awaited{.request = row.request, .past = row.last_refusal};
        if (domain::is_settled(row.convergence) || is_claimed(row, rows.now)) {
            return {Writes{},
                    Recorded{.row = std::make_shared<const Entitlement>(row), .awaited = awaited}};
        }
        Recording recording{row, rows.now};
        catch_up(recording, tools);
        recording.entitlement().attempts = 0;
        auto work = claim_or_schedule(recording, tools);
        return finish(std::move(recording), std::move(work), awaited);
    }
};

// The newest activation URL; the one held serves when the partner cannot be asked.
base::Task<std::optional<domain::Activation>> fresh_activation(Ports& ports, const Entitlement& row,
                                                               base::Monotonic deadline) {
    if (row.partner_id.empty() || !ports.propagator.takes_calls(row.tenant, row.merchant)) {
        co_return row.activation;
    }
    const auto reply =
        co_await ports.partner.activation({.entitlement = row, .deadline = deadline});
    if (reply.record && reply.record->activation) co_return reply.record->activation;
    co_return row.activation;
}

}  // namespace

base::Task<std::expected<Purchased, Failure>> purchase(Ports& ports, Purchase request) {
    const auto id = request.id.value_or(
        domain::EntitlementId{base::make_object_id(ports.random, ports.clock.now())});
    const auto deadline = ports.clock.monotonic() + request.wait;
    auto decided = co_await decide_in<Decided>(ports.store,
                                               {.tenant = request.tenant,
                                                .entitlement = request.id,
                                                .account = request.account,
                                                .product = request.product,
                                                .occupant = true,
                                                .idempotency = key_of(request.once)},
                                               Decider{request, id, make_claim_tools(ports)});
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    auto recorded = std::get<Recorded>(std::move(*decided));

    const auto row = recorded.row;
    if (!recorded.work && domain::is_settled(row->convergence)) {
        auto purchased = answer(as_it_stands(recorded));
        if (purchased && purchased->status == EntitlementStatus::pending) {
            purchased->activation = co_await fresh_activation(ports, *row, deadline);
        }
        co_return purchased;
    }
    // Watched only now that the id is known; a change that was quicker is in the store.
    auto watch = ports.propagator.watch(row->tenant, row->id);
    const auto now_stored = co_await ports.store.find_entitlement(row->tenant, row->id);
    if (now_stored && *now_stored && (*now_stored)->version >= row->version) {
        recorded.row = std::make_shared<const Entitlement>(**now_stored);
    }
    co_return answer(co_await carry_and_wait(ports, std::move(watch), recorded.row,
                                             std::move(recorded.work), recorded.awaited, deadline));
}

}  // namespace usher::flow
