// What an answer says about the way to the partner: for the breaker, and for who watches.
// Thread-safe.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/metrics.h"
#include "converge/routes.h"

namespace usher::converge {

class Health {
  public:
    // All must outlive it.
    Health(Routes& routes, base::Clock& clock, base::Metrics& metrics)
        : routes_{routes}, clock_{clock}, metrics_{metrics} {}

    void judge(const flow::Route& route, bool unhealthy, std::optional<base::Duration> retry_after,
               Trouble trouble) const;

  private:
    Routes& routes_;
    base::Clock& clock_;
    base::Metrics& metrics_;
};

}  // namespace usher::converge
