#include "converge/health.h"

#include <utility>

#include <prometheus/counter.h>

namespace usher::converge {

void Health::judge(const flow::Route& route, bool unhealthy,
                   std::optional<base::Duration> retry_after, Trouble trouble) const {
    const auto now = clock_.monotonic();
    metrics_
        .counter("usher_partner_answers_total", "Answers of the partner, by health",
                 {{"healthy", unhealthy ? "false" : "true"}})
        .Increment();
    if (unhealthy) {
        routes_.fail(route, now, trouble);
    } else {
        routes_.succeed(route);
    }
    if (retry_after) routes_.hold(route, now, *retry_after, std::move(trouble));
}

}  // namespace usher::converge
