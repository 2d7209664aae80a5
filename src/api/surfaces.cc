#include "api/surfaces.h"

#include <array>

#include <fmt/format.h>
#include <prometheus/counter.h>

#include "api/bango/reports.h"
#include "api/opentv/calls.h"

namespace usher::api {

namespace {

constexpr std::string_view kEntitlements = "/crm-gateway/v2/rmg/v1/entitlements";
constexpr std::string_view kEntitlement = "/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}";

constexpr auto kOperatorRoutes = std::to_array<Route>({
    {"POST", kEntitlements, Door::operator_token, BodyRule::object, opentv::create_entitlement},
    {"PUT", kEntitlement, Door::operator_token, BodyRule::object, opentv::update_entitlement},
    {"POST", kEntitlement, Door::operator_token, BodyRule::object, opentv::update_entitlement},
    {"GET", kEntitlement, Door::operator_token, BodyRule::none, opentv::read_entitlement},
    {"PUT", "/cpm/commercial/v1/products", Door::operator_token, BodyRule::object,
     opentv::put_product},
    {"POST", "/adm/v1/accounts", Door::operator_token, BodyRule::object, opentv::add_account},
    {"POST", "/bango/v1/reports/{tenant}/{entitlementId}", Door::partner_password, BodyRule::json,
     bango::receive_report},
});

}  // namespace

std::span<const Route> operator_routes() {
    return kOperatorRoutes;
}

http::Handler make_operator_handler(Options options, Authenticate authenticate,
                                    PipelinePorts ports) {
    const auto routes = operator_routes();
    auto pipeline = std::make_shared<Pipeline>(std::vector<Route>{routes.begin(), routes.end()},
                                               std::move(options), std::move(authenticate), ports);
    return [pipeline](http::Request request) { return pipeline->handle(std::move(request)); };
}

http::RenderError make_render_error(base::Random& random, base::Metrics& metrics) {
    return [&random, &metrics](http::ProtocolError error, std::string_view detail) {
        metrics
            .counter("usher_http_refused_total",
                     "What was refused before it was a request that can be answered, by status.",
                     {{"status", std::to_string(http::status_of(error))}})
            .Increment();
        auto refused = problem(code_of(error));
        if (!detail.empty()) {
            const auto& entry = describe(refused.code);
            refused.message = fmt::format("{} {} {}", entry.meaning, detail, entry.remedy);
        }
        auto response = write_error(refused, make_request_id(random));
        response.headers.set("x-correlation-id", base::make_uuid(random));
        response.headers.set("Cache-Control", "no-store");
        return response;
    };
}

}  // namespace usher::api
