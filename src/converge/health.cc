#include "converge/health.h"

#include <string>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

namespace usher::converge {

namespace {

std::size_t kind_of(const std::optional<domain::PartnerAction>& action) {
    return action ? 1 + static_cast<std::size_t>(*action) : 0;
}

const std::vector<double>& bounds() {
    static const std::vector<double> kBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
    return kBounds;
}

}  // namespace

void Health::judge(const flow::Route& route, CallReport report) const {
    const auto now = clock_.monotonic();
    const auto code = report.trouble.code;
    const base::Labels where{{"tenant", route.tenant.text()}, {"merchant", route.merchant.text()}};
    auto labels = where;
    labels["action"] = report.action ? std::string{domain::to_text(*report.action)} : "read";
    labels["outcome"] = code == domain::Problem::none ? "done" : std::string{domain::to_text(code)};
    metrics_
        .counter("usher_partner_answers_total", "Answers of the partner, by health",
                 {{"healthy", report.unhealthy ? "false" : "true"}})
        .Increment();
    metrics_
        .counter("usher_partner_calls_total",
                 "Calls to the partner, by what became of them: done, or the problem.", labels)
        .Increment();
    metrics_
        .histogram("usher_partner_call_seconds", "Time of a call to the partner, whole.", bounds(),
                   where)
        .Observe(std::chrono::duration<double>(now - report.begun).count());
    routes_.answered(route,
                     {.unhealthy = report.unhealthy,
                      .trouble = std::move(report.trouble),
                      .retry_after = report.retry_after,
                      .kind = kind_of(report.action),
                      .begun = report.begun},
                     now);
}

}  // namespace usher::converge
