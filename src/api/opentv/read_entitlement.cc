// GET /crm-gateway/v2/rmg/v1/entitlements/{entitlementId}: the record (interface §4).
#include "api/etag.h"
#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/entitlement_json.h"
#include "api/opentv/manners.h"

namespace usher::api::opentv {

base::Task<Answer> read_entitlement(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    const domain::EntitlementId id{
        id_in_path("entitlementId", exchange.params.at("entitlementId"), fields)};
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};

    const auto found = co_await around.operations.find_entitlement(exchange.tenant->id, id);
    if (!found) co_return std::unexpected{problem(found.error())};
    if (!*found || (*found)->deleted_at) {
        co_return std::unexpected{problem(flow::fail(flow::FailureKind::entitlement_unknown))};
    }
    const auto standing =
        flow::standing_of(**found, around.options.give_up_after, around.clock.now());
    auto response = json_answer(200, entitlement_json(**found, standing));
    response.headers.set("ETag", write_etag((*found)->version));
    co_return response;
}

}  // namespace usher::api::opentv
