#include "api/bango/reports.h"

#include <algorithm>

#include <prometheus/counter.h>

#include "api/tenants.h"
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

void count(const Surroundings& around, const std::string& tenant, std::string_view outcome) {
    around.metrics
        .counter("usher_reports_total", "Reports of the partner, by what came of them.",
                 {{"tenant", tenant}, {"outcome", std::string{outcome}}})
        .Increment();
}

// Of the path; nothing when it names none, or none that there could be.
domain::EntitlementId named(const Exchange& exchange) {
    const auto found = exchange.params.find("entitlementId");
    if (found == exchange.params.end() || !is_id(found->second)) return {};
    return domain::EntitlementId{found->second};
}

}  // namespace

base::Task<Answer> receive_report(Exchange& exchange, const Surroundings& around) {
    const auto& tenant = exchange.params.at("tenant");
    if (!around.tenants.named(tenant)) {
        log_unused(exchange, "tenant unknown");
        count(around, "", "tenant_unknown");
        co_return received();
    }
    exchange.tenant_label = tenant;
    // A disabled tenant's entitlements still settle, so its reports count.
    const auto done =
        co_await around.operations.receive_report({.tenant = domain::TenantId{tenant},
                                                   .entitlement = named(exchange),
                                                   .body = std::move(exchange.request.body)});
    // The partner repeats what was not taken.
    if (!done) {
        count(around, tenant, "not_taken");
        co_return std::unexpected{problem(done.error())};
    }
    count(around, tenant, flow::to_text(*done));
    if (*done == flow::ReportOutcome::unknown) {
        log_unused(exchange, "fits no entitlement");
    } else {
        exchange.entitlement_label = named(exchange).text();
    }
    co_return received();
}

}  // namespace usher::api::bango
