#include "api/admin/status_metrics.h"

#include <algorithm>

#include <prometheus/gauge.h>

#include "base/metrics.h"

namespace usher::api::admin {

namespace {

using base::Labels;

double seconds_of(base::Duration span) {
    return std::chrono::duration<double>(span).count();
}

class Gauges {
  public:
    void set(const char* name, const char* help, double value, const Labels& labels = {}) {
        metrics_.gauge(name, help, labels).Set(value);
    }
    std::string text() const { return metrics_.text(); }

  private:
    base::Metrics metrics_;
};

void add_route(Gauges& gauges, const flow::RouteStatus& route) {
    const auto& report = route.report;
    const Labels where{{"tenant", report.tenant.text()}, {"merchant", report.merchant.text()}};
    const auto state = word_of(report);
    for (const std::string_view word : {"healthy", "half_open", "open", "paused"}) {
        auto labels = where;
        labels["state"] = std::string{word};
        gauges.set("usher_route_state", "1 for the state that a way to the partner is in.",
                   word == state ? 1 : 0, labels);
    }
    if (report.most > 0) {
        gauges.set("usher_route_window",
                   "Calls that may be in flight at present; below 1: a pause between two.",
                   report.window, where);
    }
    gauges.set("usher_route_in_flight", "Calls in flight.", static_cast<double>(report.in_flight),
               where);
    gauges.set("usher_route_unsettled", "Entitlements that are not settled.",
               static_cast<double>(route.unsettled), where);
    gauges.set("usher_route_waiting", "Of them, those whose turn has come.",
               static_cast<double>(route.waiting), where);
    if (report.rate_is_known) {
        gauges.set("usher_route_settled_per_minute", "Settled lately, of those that were open.",
                   report.settled_per_minute, where);
    }
    if (route.eta) {
        gauges.set("usher_route_eta_seconds",
                   "Until what waits now is settled at the present rate; absent when not known.",
                   seconds_of(*route.eta), where);
    }
}

void add_tenant(Gauges& gauges, const flow::TenantStatus& tenant, base::Time now) {
    const Labels whose{{"tenant", tenant.tenant.text()}};
    gauges.set("usher_oldest_unsettled_seconds",
               "For how long the oldest that is not settled has been so; 0: everything is.",
               tenant.oldest ? seconds_of(now - *tenant.oldest) : 0, whose);
    gauges.set("usher_attention", "Not settled for so long that a person should look.",
               static_cast<double>(tenant.attention), whose);
    for (const auto& [cause, count] : tenant.causes) {
        auto labels = whose;
        labels["cause"] = std::string{flow::to_text(cause)};
        gauges.set("usher_unsettled", "Not settled, by cause; the causes are explain's.",
                   static_cast<double>(count), labels);
    }
    if (tenant.freshness > base::Duration::zero()) {
        gauges.set("usher_sweep_limit_seconds",
                   "The sweep's age beyond which it is late: twice the tenant's freshness.",
                   2 * seconds_of(tenant.freshness), whose);
        gauges.set("usher_sweep_late", "1 when the sweep is late.", tenant.sweep_is_late ? 1 : 0,
                   whose);
    }
}

}  // namespace

std::string_view word_of(const flow::RouteReport& report) {
    return report.paused ? "paused" : flow::to_text(report.state);
}

std::string status_metrics(const flow::Status& status) {
    Gauges gauges;
    const auto& facts = status.facts;
    gauges.set("usher_ready", "1 when changes can be recorded, as /health/ready says.",
               facts.not_writable ? 0 : 1);
    gauges.set("usher_issuer_keys_known", "1 when access tokens can be checked.",
               facts.issuer.has_keys ? 1 : 0);
    gauges.set("usher_issuer_answers", "1 when the issuer answered when it was asked last.",
               facts.issuer.answers ? 1 : 0);
    if (facts.backlog) {
        gauges.set("usher_backlog_age_seconds", "How long ago what is not settled was counted.",
                   seconds_of(facts.now - facts.backlog->at));
    }
    for (const auto kind :
         {flow::HoldKind::paused, flow::HoldKind::endings, flow::HoldKind::restored}) {
        const auto count = std::ranges::count(facts.holds, kind, &flow::Hold::kind);
        gauges.set("usher_holds", "Holds in force, by kind.", static_cast<double>(count),
                   {{"kind", std::string{flow::to_text(kind)}}});
    }
    for (const auto& route : status.routes) add_route(gauges, route);
    for (const auto& tenant : status.tenants) add_tenant(gauges, tenant, facts.now);
    return gauges.text();
}

}  // namespace usher::api::admin
