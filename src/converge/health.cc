#include "converge/health.h"

#include <prometheus/counter.h>

namespace usher::converge {

void Health::judge(const flow::Route& route, bool unhealthy,
                   std::optional<base::Duration> retry_after, const std::string& problem) const {
    const auto now = clock_.monotonic();
    metrics_
        .counter("usher_partner_answers_total", "Answers of the partner, by health",
                 {{"healthy", unhealthy ? "false" : "true"}})
        .Increment();
    if (unhealthy) {
        routes_.fail(route, now, problem);
    } else {
        routes_.succeed(route);
    }
    if (retry_after) routes_.hold(route, now, *retry_after, problem);
}

}  // namespace usher::converge
