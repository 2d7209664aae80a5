#include "api/surfaces.h"

#include <array>

#include <fmt/format.h>
#include <prometheus/counter.h>

#include "api/admin/calls.h"
#include "api/bango/reports.h"
#include "api/opentv/calls.h"

namespace usher::api {

namespace {

constexpr std::string_view kEntitlements = "/crm-gateway/v2/rmg/v1/entitlements";
constexpr std::string_view kEntitlement = "/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}";

constexpr std::string_view kProducts = "/cpm/commercial/v1/products";
constexpr std::string_view kProduct = "/cpm/commercial/v1/products/{productId}";
constexpr std::string_view kTenants = "/rmg/v1/admin/tenants";
constexpr std::string_view kAccount = "/adm/v1/accounts/{accountId}";

constexpr std::string_view kTpes = "/tpes/v1/operator/entitlements";

constexpr auto kOperatorRoutes = std::to_array<Route>({
    {"POST", kEntitlements, Door::operator_token, BodyRule::object, opentv::create_entitlement,
     Right::buy},
    {"PUT", kEntitlement, Door::operator_token, BodyRule::object, opentv::update_entitlement,
     Right::change},
    {"POST", kEntitlement, Door::operator_token, BodyRule::object, opentv::update_entitlement,
     Right::change},
    {"GET", kEntitlement, Door::operator_token, BodyRule::none, opentv::read_entitlement,
     Right::read},
    {"DELETE", kEntitlement, Door::operator_token, BodyRule::none, opentv::delete_entitlement,
     Right::end},
    {"DELETE", "/crm-gateway/v2/rmg/v1/entitlements/account/{accountId}", Door::operator_token,
     BodyRule::none, opentv::delete_of_account, Right::end},
    {"GET", "/crm-gateway/v1/rmg/v1/entitlements", Door::operator_token, BodyRule::none,
     opentv::list_entitlements, Right::read},
    {"GET", "/crm-gateway/v2/usher/events", Door::operator_token, BodyRule::none,
     opentv::read_events, Right::read},
    {"POST", kTpes, Door::operator_token, BodyRule::object, opentv::create_entitlement, Right::buy},
    {"GET", "/tpes/v1/operator/entitlements/{entitlementId}/activationinfo", Door::operator_token,
     BodyRule::none, opentv::read_activation, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/recover", Door::operator_token,
     BodyRule::none, opentv::recover, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/cancel", Door::operator_token,
     BodyRule::object, opentv::cancel, Right::change},
    // The published pages name both methods.
    {"PUT", "/tpes/v1/operator/entitlements/{entitlementId}/actions/cancel", Door::operator_token,
     BodyRule::object, opentv::cancel, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/revoke", Door::operator_token,
     BodyRule::object, opentv::revoke, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/suspend", Door::operator_token,
     BodyRule::none, opentv::suspend, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/resume", Door::operator_token,
     BodyRule::object, opentv::resume, Right::change},
    {"POST", "/tpes/v1/operator/entitlements/{entitlementId}/actions/changeProduct",
     Door::operator_token, BodyRule::object, opentv::change_product, Right::change},
    {"PUT", kProducts, Door::operator_token, BodyRule::object, opentv::put_product,
     Right::catalogue},
    {"GET", kProducts, Door::operator_token, BodyRule::none, opentv::list_products, Right::read},
    {"GET", kProduct, Door::operator_token, BodyRule::none, opentv::read_product, Right::read},
    {"PUT", kProduct, Door::operator_token, BodyRule::object, opentv::rename_product,
     Right::catalogue},
    {"POST", "/adm/v1/accounts", Door::operator_token, BodyRule::object, opentv::add_account,
     Right::catalogue},
    {"GET", kAccount, Door::operator_token, BodyRule::none, opentv::read_account, Right::read},
    {"PUT", kAccount, Door::operator_token, BodyRule::object, opentv::change_account,
     Right::catalogue},
    {"DELETE", kAccount, Door::operator_token, BodyRule::none, opentv::delete_account,
     Right::catalogue},
    {"PUT", "/adm/v1/accounts/preHashedPassword/{accountId}", Door::operator_token,
     BodyRule::object, opentv::change_account_by_old_path, Right::catalogue},
    {"POST", kTenants, Door::primary_token, BodyRule::object, opentv::add_tenant},
    {"GET", kTenants, Door::primary_token, BodyRule::none, opentv::list_tenants},
    {"PUT", "/rmg/v1/admin/tenants/{tenantId}", Door::primary_token, BodyRule::object,
     opentv::change_tenant},
});

// On the operator's listener, or on one of their own.
constexpr auto kReportRoutes = std::to_array<Route>({
    {"POST", "/bango/v1/reports/{tenant}", Door::partner_login, BodyRule::json,
     bango::receive_report},
    {"POST", "/bango/v1/reports/{tenant}/{entitlementId}", Door::partner_login, BodyRule::json,
     bango::receive_report},
});

constexpr auto kAdminRoutes = std::to_array<Route>({
    {"GET", "/health/live", Door::open, BodyRule::none, admin::is_live},
    {"GET", "/health/ready", Door::open, BodyRule::none, admin::is_ready},
    {"GET", "/metrics", Door::open, BodyRule::none, admin::read_metrics},
    {"GET", "/admin/v1/holds", Door::admin_token, BodyRule::none, admin::list_holds},
    {"POST", "/admin/v1/holds", Door::admin_token, BodyRule::object, admin::place_hold},
    {"POST", "/admin/v1/holds/lift", Door::admin_token, BodyRule::object, admin::lift_hold},
    {"GET", "/admin/v1/all-tenants/holds", Door::all_tenants_token, BodyRule::none,
     admin::list_holds},
    {"POST", "/admin/v1/all-tenants/holds", Door::all_tenants_token, BodyRule::object,
     admin::place_hold},
    {"POST", "/admin/v1/all-tenants/holds/lift", Door::all_tenants_token, BodyRule::object,
     admin::lift_hold},
    {"GET", "/admin/v1/status", Door::admin_token, BodyRule::none, admin::read_status},
    {"GET", "/admin/v1/all-tenants/status", Door::all_tenants_token, BodyRule::none,
     admin::read_status},
    {"GET", "/admin/v1/actions", Door::admin_token, BodyRule::none, admin::list_actions},
    {"POST", "/admin/v1/actions/clear", Door::admin_token, BodyRule::object, admin::clear_actions},
    {"POST", "/admin/v1/actions/pins", Door::admin_token, BodyRule::object, admin::place_pin},
    {"POST", "/admin/v1/actions/pins/lift", Door::admin_token, BodyRule::object, admin::lift_pin},
    {"GET", "/admin/v1/all-tenants/actions", Door::all_tenants_token, BodyRule::none,
     admin::list_actions},
    {"POST", "/admin/v1/all-tenants/actions/clear", Door::all_tenants_token, BodyRule::object,
     admin::clear_actions},
    {"POST", "/admin/v1/all-tenants/actions/pins", Door::all_tenants_token, BodyRule::object,
     admin::place_pin},
    {"POST", "/admin/v1/all-tenants/actions/pins/lift", Door::all_tenants_token, BodyRule::object,
     admin::lift_pin},
    {"GET", "/admin/v1/unsettled", Door::admin_token, BodyRule::none, admin::list_unsettled},
    {"POST", "/admin/v1/entitlements/{entitlementId}/retry", Door::admin_token, BodyRule::object,
     admin::retry_entitlement},
    {"GET", "/admin/v1/entitlements/{entitlementId}/explanation", Door::admin_token, BodyRule::none,
     admin::explain_entitlement},
    {"GET", "/admin/v1/entitlements/{entitlementId}/reports", Door::admin_token, BodyRule::none,
     admin::list_reports},
    {"GET", "/admin/v1/reports", Door::admin_token, BodyRule::none, admin::list_reports},
    {"GET", "/admin/v1/events", Door::admin_token, BodyRule::none, opentv::read_events},
    {"GET", "/admin/v1/explanations", Door::admin_token, BodyRule::none, admin::explain_several},
    {"POST", "/admin/v1/comparisons/rows", Door::admin_token, BodyRule::object,
     admin::compare_rows},
    {"GET", "/admin/v1/comparisons/held", Door::admin_token, BodyRule::none, admin::list_held},
    {"POST", "/admin/v1/comparisons/reads", Door::admin_token, BodyRule::object, admin::ask_reads},
    {"POST", "/admin/v1/comparisons", Door::admin_token, BodyRule::object, admin::sign_comparison},
    {"POST", "/admin/v1/dry-run", Door::admin_token, BodyRule::object, admin::dry_run},
    {"POST", "/admin/v1/bulk", Door::admin_token, BodyRule::object, admin::begin_bulk},
    {"GET", "/admin/v1/bulk", Door::admin_token, BodyRule::none, admin::list_bulks},
    {"GET", "/admin/v1/bulk/{bulkId}", Door::admin_token, BodyRule::none, admin::read_bulk},
    {"POST", "/admin/v1/bulk/{bulkId}/look", Door::admin_token, BodyRule::object,
     admin::look_at_rows},
    {"POST", "/admin/v1/bulk/{bulkId}/start", Door::admin_token, BodyRule::object,
     admin::start_bulk},
    {"POST", "/admin/v1/bulk/{bulkId}/rows", Door::admin_token, BodyRule::object,
     admin::carry_out_rows},
    {"POST", "/admin/v1/imports", Door::admin_token, BodyRule::object, admin::import_rows},
    {"GET", "/admin/v1/tenant", Door::admin_token, BodyRule::none, admin::read_tenant},
    {"PUT", "/admin/v1/tenant", Door::admin_token, BodyRule::object, admin::change_tenant},
    {"GET", "/admin/v1/comparisons/latest", Door::admin_token, BodyRule::none,
     admin::latest_comparisons},
});

http::Handler make_handler(std::vector<Route> routes, Options options, Authenticate authenticate,
                           PipelinePorts ports) {
    auto pipeline = std::make_shared<Pipeline>(std::move(routes), std::move(options),
                                               std::move(authenticate), std::move(ports));
    return [pipeline](http::Request request) { return pipeline->handle(std::move(request)); };
}

}  // namespace

std::span<const Route> operator_routes() {
    return kOperatorRoutes;
}

std::span<const Route> report_routes() {
    return kReportRoutes;
}

std::span<const Route> admin_routes() {
    return kAdminRoutes;
}

http::Handler make_operator_handler(Options options, Authenticate authenticate,
                                    PipelinePorts ports) {
    std::vector<Route> routes{kOperatorRoutes.begin(), kOperatorRoutes.end()};
    if (!options.reports_apart) {
        routes.insert(routes.end(), kReportRoutes.begin(), kReportRoutes.end());
    }
    return make_handler(std::move(routes), std::move(options), std::move(authenticate),
                        std::move(ports));
}

http::Handler make_report_handler(Options options, Authenticate authenticate, PipelinePorts ports) {
    return make_handler({kReportRoutes.begin(), kReportRoutes.end()}, std::move(options),
                        std::move(authenticate), std::move(ports));
}

http::Handler make_admin_handler(Options options, Authenticate authenticate, PipelinePorts ports) {
    options.known_hosts = options.admin_hosts;
    return make_handler({kAdminRoutes.begin(), kAdminRoutes.end()}, std::move(options),
                        std::move(authenticate), std::move(ports));
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
