// What is sold: a merchant's products under names of the platform's (OpenTV §2.3, §3.3). The pages
// only create; reading, listing and changing follow the manners of the other calls.
#include <algorithm>
#include <expected>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/list_query.h"
#include "api/opentv/manners.h"
#include "api/opentv/query_reader.h"
#include "api/text.h"

namespace usher::api::opentv {

namespace {

namespace json = boost::json;

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

json::object product_json(const domain::Product& product) {
    return {{"_id", product.id.text()},
            {"type", "thirdParty"},
            {"name", product.name},
            {"providerId", product.merchant.text()},
            {"providerResourceId", product.product_key.text()},
            {"created", base::format_time(product.created)},
            {"modified", base::format_time(product.modified)}};
}

domain::ProductId product_in_path(const Exchange& exchange, Fields& fields) {
    return domain::ProductId{id_in_path("productId", exchange.params.at("productId"), fields)};
}

// What is in use keeps its names at the partner: sent, they must be what they are.
void expect_same(Fields& fields, const char* name, const std::string& held) {
    const auto given = fields.id(name, Presence::optional);
    if (given && *given != held) {
        fields.add(ErrorCode::product_in_use, name, "cannot be changed; make another product.");
    }
}

using ProductOutcome = std::expected<domain::Product, flow::Failure>;

template <class Render>
base::Task<Answer> put_once(Exchange& exchange, const Surroundings& around,
                            flow::PutProduct request, Render render) {
    co_return co_await answer_once<domain::Product>(exchange, around, {}, render, [&](auto once) {
        request.once = std::move(once);
        return around.operations.put_product(std::move(request));
    });
}

}  // namespace

base::Task<Answer> put_product(Exchange& exchange, const Surroundings& around) {
    auto request = read_product(exchange);
    if (!request) co_return std::unexpected{std::move(request.error())};
    const auto render = [](const ProductOutcome& product) -> Answer {
        if (!product) return std::unexpected{problem(product.error())};
        return json_answer(201, {{"self", "/commercial/v1/products/" + product->id.text()}});
    };
    co_return co_await put_once(exchange, around, std::move(*request), render);
}

base::Task<Answer> read_product(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto id = product_in_path(exchange, fields);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto product =
        co_await around.operations.read_product(exchange.tenant->id, std::move(id));
    if (!product) co_return std::unexpected{problem(product.error())};
    co_return json_answer(200, product_json(*product));
}

base::Task<Answer> rename_product(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto id = product_in_path(exchange, fields);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto held = co_await around.operations.read_product(exchange.tenant->id, std::move(id));
    if (!held) co_return std::unexpected{problem(held.error())};
    fields.word("type", Presence::optional, "thirdParty", ErrorCode::not_third_party);
    const auto name = fields.text("name", Presence::mandatory);
    expect_same(fields, "providerId", held->merchant.text());
    expect_same(fields, "providerResourceId", held->product_key.text());
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const bool modified = *name != held->name;
    const auto render = [modified](const ProductOutcome& product) -> Answer {
        if (!product) return std::unexpected{problem(product.error())};
        return json_answer(200, {{"matchedCount", 1}, {"modifiedCount", modified ? 1 : 0}});
    };
    co_return co_await put_once(exchange, around,
                                {.tenant = exchange.tenant->id,
                                 .name = *name,
                                 .merchant = held->merchant,
                                 .product_key = held->product_key},
                                render);
}

// A tenant sells some hundred products: all are read, so that the total is the true one.
base::Task<Answer> list_products(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    QueryReader query{exchange.target, fields};
    const auto limit = query.number("limit", around.options.list_default_limit, 0, kMostListed);
    const auto page = query.number("page", 1, 1, kMostPages);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto products =
        co_await around.operations.list_products(exchange.tenant->id, {}, kMostListed);
    if (!products) co_return std::unexpected{problem(products.error())};
    json::object body{{"totalRecords", products->size()}};
    if (limit == 0) co_return json_answer(200, body);
    json::array records;
    const auto begin = std::min((page - 1) * limit, products->size());
    const auto end = std::min(begin + limit, products->size());
    for (auto at = begin; at < end; ++at) records.push_back(product_json((*products)[at]));
    body["resourceSet"] = std::move(records);
    co_return json_answer(200, body);
}

}  // namespace usher::api::opentv
