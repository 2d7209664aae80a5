#include "flow/change_product.h"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "flow/claiming.h"
#include "flow/recording.h"
#include "flow/waiting.h"

namespace usher::flow {

namespace {

using domain::Entitlement;
using Decided = std::variant<Recorded, Failure>;

Failure rejected(const Entitlement& row, domain::Rejection rejection) {
    return {
        .kind = FailureKind::rejected, .rejection = rejection, .status = row.convergence.status};
}

std::optional<Failure> check(const ChangeProduct& request, const Rows& rows) {
    const auto& row = *rows.entitlement;
    if (request.if_version && *request.if_version != row.version) {
        auto failure = fail(FailureKind::version_mismatch);
        failure.version = row.version;
        return failure;
    }
    if (!rows.product) return fail(FailureKind::product_unknown);
    if (rows.product->merchant != row.merchant) {
        return fail(FailureKind::product_of_another_merchant);
    }
    if (rows.occupant && rows.occupant->id != row.id) {
        auto failure = fail(FailureKind::already_entitled);
        failure.existing = rows.occupant->id;
        return failure;
    }
    return std::nullopt;
}

// What is asked already is asked again; what the record has is there.
bool is_so_already(const Entitlement& row, const domain::ProductId& product) {
    return row.wanted_product == product ||
           (row.wanted_product.empty() && row.product == product && row.other_product_key.empty());
}

void record(Recording& recording, const ChangeProduct& request, const domain::Product& product,
            domain::Decision decision) {
    auto& row = recording.entitlement();
    row.asker = request.asker;
    row.request = row.version + 1;
    row.unsettled_since = recording.now();
    row.wanted_product = product.id;
    row.wanted_product_key = product.product_key;
    recording.take(std::move(decision), domain::Initiator::op,
                   fmt::format("{} to {}", row.product.text(), product.id.text()));
    recording.about(product.id);
}

std::pair<Writes, Decided> decide(const ChangeProduct& request, const ClaimTools& tools,
                                  const Rows& rows) {
    if (!rows.entitlement || rows.entitlement->deleted_at) {
        return {Writes{}, fail(FailureKind::entitlement_unknown)};
    }
    if (const auto failure = check(request, rows)) return {Writes{}, *failure};
    Recording recording{*rows.entitlement, rows.now};
    catch_up(recording, tools);
    auto& row = recording.entitlement();
    const bool repeats = is_so_already(row, request.product);
    if (!repeats) {
        auto asked = domain::ask_product(row.convergence, tools.supported(row));
        if (asked.verdict.answer == domain::Answer::refused) {
            return {Writes{}, rejected(*rows.entitlement, *asked.verdict.rejection)};
        }
        record(recording, request, *rows.product, std::move(asked.decision));
    } else if (domain::is_settled(row.convergence)) {
        return {Writes{}, recorded_as(*rows.entitlement)};
    }
    return finish_request(std::move(recording), tools, *rows.entitlement, !repeats);
}

std::expected<ProductChanged, Failure> tell_change(const Recorded& recorded, const Waited& waited) {
    const auto& row = *waited.entitlement;
    if (waited.end == RequestEnd::refused) {
        return std::unexpected{refusal_in(row)};
    }
    const bool confirmed = waited.end == RequestEnd::confirmed;
    return ProductChanged{
        .updated = {.modified = recorded.modified,
                    .propagated = confirmed ? Propagated::confirmed : Propagated::pending,
                    .version = row.version,
                    .status = row.convergence.status,
                    .partner_status = row.convergence.partner_status},
        .product = row.product,
        .activation = row.activation};
}

std::expected<ProductChanged, Failure> tell_as_it_stands(const Recorded& recorded) {
    return tell_change(recorded, as_it_stands(recorded));
}

}  // namespace

base::Task<std::expected<ProductChanged, Failure>> change_product(Ports& ports,
                                                                  ChangeProduct request) {
    const auto deadline = ports.clock.monotonic() + request.wait;
    // Whose it is, never changes.
    const auto known = co_await ports.store.find_entitlement(request.tenant, request.entitlement);
    if (!known) co_return std::unexpected{fail(known.error())};
    if (!*known) co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    auto watch = ports.propagator.watch(request.tenant, request.entitlement);
    auto decided = co_await decide_in<Decided>(
        ports.store,
        {.tenant = request.tenant,
         .entitlement = request.entitlement,
         .account = (*known)->account,
         .product = request.product,
         .occupant = true,
         .idempotency = key_of(request.once)},
        [request, tools = make_claim_tools(ports)](const Rows& rows) {
            return decide_once<ProductChanged, Recorded>(
                request.once, rows, [&] { return decide(request, tools, rows); },
                tell_as_it_stands);
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    auto& recorded = std::get<Recorded>(*decided);
    const auto waited =
        co_await carry_and_wait(ports, std::move(watch), recorded.row, std::move(recorded.work),
                                recorded.awaited, deadline);
    co_return tell_change(recorded, waited);
}

}  // namespace usher::flow
