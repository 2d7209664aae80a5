#include "api/bango/reports.h"

#include <algorithm>

#include "api/text.h"
#include "base/log.h"

namespace usher::api::bango {

namespace {

http::Response received() {
    return http::make_response(200, "application/json", "{}");
}

void log_unused(const Exchange& exchange, std::string_view why) {
    base::log(
        base::LogLevel::warning, "report_unused",
        {{"requestId", exchange.request_id}, {"tenant", exchange.tenant_label}, {"why", why}});
}

}  // namespace

base::Task<Answer> receive_report(Exchange& exchange, const Surroundings& around) {
    const auto& tenant = exchange.params.at("tenant");
    const auto& entitlement = exchange.params.at("entitlementId");
    const auto& tenants = around.options.tenants;
    if (std::ranges::find(tenants, domain::TenantId{tenant}, &TenantOptions::id) == tenants.end()) {
        log_unused(exchange, "tenant unknown");
        co_return received();
    }
    exchange.tenant_label = tenant;
    if (!is_id(entitlement)) {
        log_unused(exchange, "not an entitlement's id");
        co_return received();
    }
    // A disabled tenant's entitlements still settle, so its reports count.
    const auto done = co_await around.operations.receive_report(
        {.tenant = domain::TenantId{tenant}, .entitlement = domain::EntitlementId{entitlement}});
    if (done) co_return received();
    if (done.error().kind == flow::FailureKind::entitlement_unknown) {
        log_unused(exchange, "entitlement unknown");
        co_return received();
    }
    // The partner repeats what was not taken.
    co_return std::unexpected{problem(done.error())};
}

}  // namespace usher::api::bango
