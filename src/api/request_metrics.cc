#include "api/request_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

namespace usher::api {

namespace {

constexpr auto kSecondsName = "usher_http_request_seconds";
constexpr auto kSecondsHelp = "Time from a whole request to its answer, by route.";
constexpr auto kCountName = "usher_http_requests_total";
constexpr auto kCountHelp = "Requests answered, by route and status.";

const std::vector<double>& bounds() {
    static const std::vector<double> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1,     2.5,  5,     30};
    return kBounds;
}

}  // namespace

RequestMetrics::RequestMetrics(base::Metrics& metrics, std::span<const Route> routes)
    : metrics_{metrics} {
    const auto add = [&](std::string_view method, std::string_view path) {
        auto& route = routes_.emplace_back();
        route.labels = {{"method", std::string{method}}, {"route", std::string{path}}};
        route.seconds = &metrics.histogram(kSecondsName, kSecondsHelp, bounds(), route.labels);
    };
    for (const auto& route : routes) add(route.method, route.path);
    add("other", "none");
}

void RequestMetrics::count(std::size_t route, int status, base::Duration took) {
    auto& entry = routes_.at(route);
    auto& slot = entry.by_status.at(static_cast<std::size_t>(status));
    auto* counter = slot.load(std::memory_order_acquire);
    if (counter == nullptr) {
        auto labels = entry.labels;
        labels["status"] = std::to_string(status);
        counter = &metrics_.counter(kCountName, kCountHelp, labels);
        slot.store(counter, std::memory_order_release);
    }
    counter->Increment();
    entry.seconds->Observe(std::chrono::duration<double>(took).count());
}

}  // namespace usher::api
