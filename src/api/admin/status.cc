// GET /admin/v1/status: how everything stands, the worst first.
#include <cmath>
#include <string>

#include <boost/json/array.hpp>

#include "api/admin/actions_json.h"
#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/admin/status_metrics.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

std::int64_t whole_seconds(base::Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

double rounded(double value) {
    constexpr double kDigits = 1000;
    return std::round(value * kDigits) / kDigits;
}

void add_time(json::object& object, std::string_view name, const std::optional<base::Time>& time) {
    if (time) object[name] = base::format_time(*time);
}

json::object route_json(const flow::RouteStatus& route, base::Time now) {
    const auto& report = route.report;
    json::object object{{"tenant", report.tenant.text()}, {"merchant", report.merchant.text()},
                        {"state", word_of(report)},       {"window", rounded(report.window)},
                        {"mostInFlight", report.most},    {"inFlight", report.in_flight},
                        {"unsettled", route.unsettled},   {"waiting", route.waiting}};
    if (!report.problem.empty()) {
        object["trouble"] = report.problem;
        object["cause"] = domain::to_text(report.problem_code);
    }
    add_time(object, "nextProbe", report.next_probe);
    add_time(object, "oldest", route.oldest);
    if (report.rate_is_known) object["settledPerMinute"] = rounded(report.settled_per_minute);
    if (route.eta) {
        object["etaSeconds"] = whole_seconds(*route.eta);
        object["eta"] = base::format_time(now + *route.eta);
    }
    if (!route.eta_unknown.empty()) object["etaUnknown"] = route.eta_unknown;
    if (report.paused) object["paused"] = hold_json(*report.paused);
    return object;
}

json::object sweep_json(const flow::TenantStatus& tenant) {
    json::object object{{"freshnessSeconds", whole_seconds(tenant.freshness)},
                        {"late", tenant.sweep_is_late}};
    if (!tenant.sweep) return object;
    const auto& sweep = *tenant.sweep;
    add_time(object, "freshSince", sweep.fresh_since);
    if (tenant.sweep_age) object["ageSeconds"] = whole_seconds(*tenant.sweep_age);
    object["roundBegun"] = base::format_time(sweep.round_begun);
    object["passed"] = sweep.passed;
    object["missed"] = sweep.missed;
    object["of"] = sweep.last_round;
    return object;
}

json::object tenant_json(const flow::TenantStatus& tenant) {
    json::array causes;
    for (const auto& [cause, count] : tenant.causes) {
        causes.push_back({{"cause", flow::to_text(cause)}, {"count", count}});
    }
    json::object object{{"tenant", tenant.tenant.text()},
                        {"unsettled", tenant.unsettled},
                        {"attention", tenant.attention},
                        {"causes", std::move(causes)}};
    add_time(object, "oldest", tenant.oldest);
    if (tenant.freshness > base::Duration::zero()) object["sweep"] = sweep_json(tenant);
    if (!tenant.compared.empty()) {
        auto& lines = object["compared"].emplace_array();
        for (const auto& line : tenant.compared) lines.push_back(comparison_json(line));
    }
    return object;
}

json::object finding_json(const flow::StatusFinding& finding) {
    const bool trouble = finding.severity == flow::Severity::trouble;
    return {
        {"severity", trouble ? "trouble" : "notice"}, {"what", finding.what}, {"do", finding.todo}};
}

json::object status_json(const flow::Status& status, const domain::TenantId& tenant) {
    const auto& facts = status.facts;
    json::array findings;
    for (const auto& finding : status.findings) findings.emplace_back(finding_json(finding));
    json::array routes;
    for (const auto& route : status.routes) routes.emplace_back(route_json(route, facts.now));
    json::array tenants;
    for (const auto& one : status.tenants) tenants.emplace_back(tenant_json(one));
    json::array holds;
    for (const auto& hold : facts.holds) holds.emplace_back(hold_json(hold));
    json::object store{{"writable", !facts.not_writable}};
    if (facts.not_writable) store["reason"] = *facts.not_writable;
    json::object body{
        {"at", base::format_time(facts.now)},
        {"ready", !facts.not_writable},
        {"inTrouble", flow::is_in_trouble(status)},
        {"findings", std::move(findings)},
        {"store", std::move(store)},
        {"issuer", {{"keysKnown", facts.issuer.has_keys}, {"answers", facts.issuer.answers}}},
        {"routes", std::move(routes)},
        {"tenants", std::move(tenants)},
        {"holds", std::move(holds)},
        {"actions", actions_json(facts.learned, facts.pins, tenant)}};
    if (facts.backlog) body["countedAt"] = base::format_time(facts.backlog->at);
    return body;
}

}  // namespace

base::Task<Answer> read_status(Exchange& exchange, const Surroundings& around) {
    std::optional<domain::TenantId> tenant;
    if (exchange.tenant != nullptr) tenant = exchange.tenant->id;
    const auto status = co_await around.operations.status(tenant);
    co_return answer(200, status_json(status, tenant_of(exchange)));
}

}  // namespace usher::api::admin
