// What an answer says about the way to the partner: for its breaker and its pace, and for who
// watches. Thread-safe.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/metrics.h"
#include "converge/routes.h"
#include "domain/words.h"

namespace usher::converge {

// One call that is over, whatever became of it.
struct CallReport {
    std::optional<domain::PartnerAction> action;  // none: a read
    bool unhealthy = false;
    std::optional<base::Duration> retry_after;
    Trouble trouble;
    base::Monotonic begun;
};

class Health {
  public:
    // All must outlive it.
    Health(Routes& routes, base::Clock& clock, base::Metrics& metrics)
        : routes_{routes}, clock_{clock}, metrics_{metrics} {}

    void judge(const flow::Route& route, CallReport report) const;

  private:
    Routes& routes_;
    base::Clock& clock_;
    base::Metrics& metrics_;
};

}  // namespace usher::converge
