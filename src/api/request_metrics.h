// How many requests came and how long they took, by route and status. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <span>
#include <string>

#include "api/exchange.h"
#include "base/metrics.h"
#include "base/time.h"

namespace usher::api {

class RequestMetrics {
  public:
    // The metrics must outlive this; the routes may go.
    RequestMetrics(base::Metrics& metrics, std::span<const Route> routes);

    // `route` is the index in the table; the one beyond the last stands for every path that is
    // none.
    void count(std::size_t route, int status, base::Duration took);

  private:
    struct PerRoute {
        base::Labels labels;
        prometheus::Histogram* seconds = nullptr;
        // By status, made when first needed: asking the registry each time would cost more than a
        // small request.
        std::array<std::atomic<prometheus::Counter*>, 600> by_status{};
    };

    base::Metrics& metrics_;
    std::deque<PerRoute> routes_;
};

}  // namespace usher::api
