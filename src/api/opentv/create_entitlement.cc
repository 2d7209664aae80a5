// POST /crm-gateway/v2/rmg/v1/entitlements and /tpes/v1/operator/entitlements: an account buys a
// product (OpenTV §2.1 G1, §2.2 T1, §8).
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"

namespace usher::api::opentv {

namespace {

// Which arguments must be there differs by edition; what one edition lists, the others accept.
struct Mandatory {
    Presence status;
    Presence dates;
};

Mandatory mandatory_in(Edition edition) {
    switch (edition) {
        case Edition::a:
            return {.status = Presence::mandatory, .dates = Presence::optional};
        case Edition::b:
        case Edition::c:
            return {.status = Presence::optional, .dates = Presence::mandatory};
    }
    return {};
}

// An account holds a product once whatever this says; but what it may say is published.
void check_query(const http::Target& target, Fields& fields) {
    constexpr std::string_view kName = "prohibitDuplicateProductPurchase";
    const auto given = target.find_query(kName);
    if (given && *given != "true" && *given != "false") {
        fields.add(ErrorCode::query_invalid, kName, "must be true or false.");
    }
}

std::expected<flow::Purchase, Problem> read_purchase(const Exchange& exchange) {
    Fields fields{exchange.body};
    const auto mandatory = mandatory_in(exchange.tenant->edition);
    flow::Purchase purchase;
    fields.word("productType", Presence::mandatory, "THIRDPARTY", ErrorCode::not_third_party);
    const auto product = fields.id("productId", Presence::mandatory);
    const auto account = fields.id("accountId", Presence::mandatory);
    const auto status = fields.status("status", mandatory.status);
    if (status && *status != domain::EntitlementStatus::pending) {
        fields.add(ErrorCode::status_not_pending, "status", "must be PENDING.");
    }
    purchase.valid_from = fields.date("validFrom", mandatory.dates);
    purchase.expiry_date = fields.date("expiryDate", mandatory.dates);
    if (purchase.valid_from && purchase.expiry_date &&
        *purchase.expiry_date <= *purchase.valid_from) {
        fields.add(ErrorCode::dates_contradict, "expiryDate", "must be after validFrom.");
    }
    const auto id = fields.id("_id", Presence::optional);
    purchase.reason = fields.reason();
    check_query(exchange.target, fields);
    if (!fields.ok()) return std::unexpected{fields.take_problem()};

    purchase.tenant = exchange.tenant->id;
    purchase.product = domain::ProductId{*product};
    purchase.account = domain::AccountId{*account};
    if (id) purchase.id = domain::EntitlementId{*id};
    purchase.asker = asker_of(exchange);
    return purchase;
}

// Edition A: 201. B: 200. C: 202 as long as somebody, the customer or the partner, must act first.
int status_of(Edition edition, const flow::Purchased& purchased) {
    switch (edition) {
        case Edition::a:
            return 201;
        case Edition::b:
            return 200;
        case Edition::c:
            return purchased.status == domain::EntitlementStatus::pending ||
                           purchased.propagated == flow::Propagated::pending
                       ? 202
                       : 200;
    }
    return 200;
}

using PurchaseOutcome = std::expected<flow::Purchased, flow::Failure>;

Answer render_purchase(Edition edition, const Waiting& waiting, const PurchaseOutcome& purchased) {
    if (!purchased) return std::unexpected{problem(purchased.error())};
    const auto status = status_of(edition, *purchased);
    boost::json::object body{{"_id", purchased->id.text()},
                             {"entitlementId", purchased->id.text()},
                             {"status", domain::to_text(purchased->status)}};
    if (purchased->activation) add_activation(body, *purchased->activation, status);
    auto response = json_answer(status, body);
    add_change_headers(response, purchased->version, purchased->propagated, waiting);
    if (status == 201) {
        // The record is read there, by whichever door it was made.
        response.headers.set("Location", fmt::format("/crm-gateway/v2/rmg/v1/entitlements/{}",
                                                     purchased->id.text()));
    }
    return response;
}

// The log says which one was bought.
base::Task<PurchaseOutcome> buy(Exchange& exchange, Operations& operations,
                                flow::Purchase purchase) {
    auto purchased = co_await operations.purchase(std::move(purchase));
    if (purchased) exchange.entitlement_label = purchased->id.text();
    co_return purchased;
}

}  // namespace

base::Task<Answer> create_entitlement(Exchange& exchange, const Surroundings& around) {
    auto purchase = read_purchase(exchange);
    if (!purchase) co_return std::unexpected{std::move(purchase.error())};
    const auto waiting = waiting_of(exchange, around.options);
    purchase->wait = waiting.wait;

    const auto render = [waiting,
                         edition = exchange.tenant->edition](const PurchaseOutcome& purchased) {
        return render_purchase(edition, waiting, purchased);
    };
    co_return co_await answer_once<flow::Purchased>(
        exchange, around, waiting.wait, render, [&](auto once) {
            purchase->once = std::move(once);
            return buy(exchange, around.operations, std::move(*purchase));
        });
}

}  // namespace usher::api::opentv
