// Products and accounts in their simple form (OpenTV §2.3, §3.3).
#include <boost/json/object.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/text.h"

namespace usher::api::opentv {

namespace {

std::expected<flow::PutProduct, Problem> read_product(const Exchange& exchange) {
    Fields fields{exchange.body};
    fields.word("type", Presence::mandatory, "thirdParty", ErrorCode::not_third_party);
    const auto name = fields.text("name", Presence::mandatory);
    const auto merchant = fields.id("providerId", Presence::mandatory);
    const auto key = fields.id("providerResourceId", Presence::mandatory);
    if (merchant && key && !is_id(*merchant + "_" + *key)) {
        fields.add(ErrorCode::id_malformed, "providerResourceId",
                   "must leave the product's id, providerId_providerResourceId, within 256 "
                   "characters.");
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return flow::PutProduct{.tenant = exchange.tenant->id,
                            .name = *name,
                            .merchant = domain::MerchantId{*merchant},
                            .product_key = domain::ProductKey{*key}};
}

// Other published fields, sign-on name and password among them, are accepted and not even read:
// what is not kept cannot leak.
std::expected<flow::AddAccount, Problem> read_account(const Exchange& exchange) {
    Fields fields{exchange.body};
    flow::AddAccount request{.tenant = exchange.tenant->id, .id = {}};
    const auto id = fields.id("_id", Presence::optional);
    if (id) request.id = domain::AccountId{*id};
    if (const auto word = fields.text("status", Presence::optional)) {
        const auto status = domain::parse_account_status(*word);
        if (status) {
            request.status = *status;
        } else {
            fields.add(ErrorCode::status_unknown, "status",
                       "must be one of ACTIVE, RESTRICTED, SUSPENDED, CANCELLED.");
        }
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return request;
}

}  // namespace

base::Task<Answer> put_product(Exchange& exchange, const Surroundings& around) {
    auto request = read_product(exchange);
    if (!request) co_return std::unexpected{std::move(request.error())};
    const auto product = co_await around.operations.put_product(std::move(*request));
    if (!product) co_return std::unexpected{problem(product.error())};
    co_return json_answer(201, {{"self", "/commercial/v1/products/" + product->id.text()}});
}

base::Task<Answer> add_account(Exchange& exchange, const Surroundings& around) {
    auto request = read_account(exchange);
    if (!request) co_return std::unexpected{std::move(request.error())};
    const auto account = co_await around.operations.add_account(std::move(*request));
    if (!account) co_return std::unexpected{problem(account.error())};
    co_return json_answer(201, {{"_id", account->id.text()}});
}

}  // namespace usher::api::opentv
