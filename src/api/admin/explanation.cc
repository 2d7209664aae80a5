// GET /admin/v1/entitlements/{entitlementId}/explanation, GET /admin/v1/explanations.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "api/admin/calls.h"
#include "api/admin/explanation_json.h"
#include "api/fields.h"
#include "api/text.h"

namespace usher::api::admin {

namespace {

constexpr std::string_view kAt = "at";
constexpr std::string_view kAccount = "accountId";
constexpr std::string_view kPartnerId = "partnerEntitlementId";

void read_at(const Exchange& exchange, Fields& fields, flow::Explain& request) {
    const auto given = exchange.target.find_query(kAt);
    if (!given) return;
    request.at = base::parse_time(*given);
    if (!request.at) {
        fields.add(
            ErrorCode::query_invalid, kAt,
            "must be an ISO 8601 date-time such as 2025-09-01T13:47:59.228Z, with a plus sign "
            "percent-encoded.");
    }
}

void read_whose(const Exchange& exchange, Fields& fields, flow::Explain& request) {
    const auto account = exchange.target.find_query(kAccount);
    const auto partner_id = exchange.target.find_query(kPartnerId);
    if (account.has_value() == partner_id.has_value()) {
        fields.add(ErrorCode::query_invalid, kAccount,
                   "or partnerEntitlementId must be given, and not both.");
    } else if (account) {
        request.account = domain::AccountId{id_in_path(kAccount, *account, fields)};
    } else if (partner_id->empty() || partner_id->size() > 256) {
        // The partner's own; its form is the partner's.
        fields.add(ErrorCode::query_invalid, kPartnerId, "must be 1 to 256 characters.");
    } else {
        request.partner_id = domain::PartnerEntitlementId{*partner_id};
    }
}

http::Response json_answer(const boost::json::object& body) {
    return http::make_response(200, "application/json", boost::json::serialize(body));
}

}  // namespace

base::Task<Answer> explain_entitlement(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::Explain request{.tenant = exchange.tenant->id};
    request.entitlement = domain::EntitlementId{
        id_in_path("entitlementId", exchange.params.at("entitlementId"), fields)};
    read_at(exchange, fields, request);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};

    const auto told = co_await around.operations.explain(std::move(request));
    if (!told) co_return std::unexpected{problem(told.error())};
    co_return json_answer(explanation_json(told->front()));
}

base::Task<Answer> explain_several(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    flow::Explain request{.tenant = exchange.tenant->id};
    read_whose(exchange, fields, request);
    read_at(exchange, fields, request);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};

    const auto told = co_await around.operations.explain(std::move(request));
    if (!told) co_return std::unexpected{problem(told.error())};
    boost::json::array all;
    for (const auto& explanation : *told) all.push_back(explanation_json(explanation));
    co_return json_answer({{"explanations", std::move(all)}});
}

}  // namespace usher::api::admin
