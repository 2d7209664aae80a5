// What is known about each way to the partner: its health, how many calls are in flight, and which
// actions a merchant's product turned out not to support. Thread-safe; kept in memory only, because
// losing it costs a few refused calls.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "converge/breaker.h"
#include "converge/holds.h"
#include "domain/words.h"
#include "flow/store.h"

namespace usher::converge {

struct RouteLimits {
    std::size_t in_flight = 32;  // calls at once for one tenant and merchant
    BreakerPolicy breaker;
    base::Duration unsupported_for = std::chrono::hours{24};  // an action is tried again after this
};

class Routes {
  public:
    // `holds`: what a person has paused takes no call and is not probed. Must outlive it.
    explicit Routes(RouteLimits limits, const Holds* holds = nullptr)
        : limits_{limits}, holds_{holds} {}

    bool takes_calls(const flow::Route& route) const;

    bool is_healthy(const flow::Route& route) const;

    // Counts one call in; false when the route takes none. Every true is paired with leave().
    bool enter(const flow::Route& route);
    void leave(const flow::Route& route);

    // As enter(), but leaves half of what the route takes to who has something to settle.
    bool enter_spare(const flow::Route& route);

    // A healthy answer closes the breaker.
    void succeed(const flow::Route& route);
    void fail(const flow::Route& route, base::Monotonic now, Trouble trouble);
    void hold(const flow::Route& route, base::Monotonic now, base::Duration span, Trouble trouble);
    void begin_probe(const flow::Route& route, base::Monotonic now, base::Duration span);

    // How it stands, for people.
    struct State {
        bool healthy = true;
        bool full = false;
        Trouble trouble;
        base::Monotonic next_probe{};  // when it is not healthy
    };
    State state(const flow::Route& route) const;

    // Those that take no call now (an empty name stands for all), and when the first of them may be
    // probed.
    struct Shut {
        std::vector<flow::Route> routes;
        std::vector<flow::Route> to_probe;
        std::optional<base::Monotonic> next_probe;
    };
    Shut shut(base::Monotonic now) const;

    void learn_unsupported(const flow::Route& route, const domain::ProductKey& product,
                           domain::PartnerAction action, base::Monotonic now);
    domain::ActionSet supported(const flow::Route& route, const domain::ProductKey& product,
                                base::Monotonic now) const;

  private:
    struct Standing {
        Breaker breaker;
        std::size_t in_flight = 0;
    };
    Standing& standing(const flow::Route& route);
    bool is_paused(const flow::Route& route) const {
        return holds_ != nullptr && holds_->is_paused(route);
    }

    RouteLimits limits_;
    const Holds* holds_;
    mutable std::mutex mutex_;
    std::map<flow::Route, Standing> standings_;
    std::map<std::tuple<flow::Route, domain::ProductKey, domain::PartnerAction>, base::Monotonic>
        unsupported_until_;
};

}  // namespace usher::converge
