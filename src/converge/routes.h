// What is known about each way to the partner: its health, its pace, how many calls are in flight,
// how fast it settles, and which actions a merchant's product turned out not to support.
// Thread-safe; kept in memory only, because losing it costs a few refused calls.
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
#include "converge/pace.h"
#include "converge/settle_rate.h"
#include "domain/words.h"
#include "flow/propagator.h"
#include "flow/store.h"

namespace usher::converge {

struct RouteLimits {
    std::size_t in_flight = 32;  // calls at once for one tenant and merchant, at the fastest
    BreakerPolicy breaker;
    base::Duration unsupported_for = std::chrono::hours{24};  // an action is tried again after this
};

// What came of one real call.
struct Answered {
    bool unhealthy = false;
    Trouble trouble;
    std::optional<base::Duration> retry_after;
    std::size_t kind = 0;  // see Pace::kKinds
    base::Monotonic begun;
};

class Routes {
  public:
    // `holds`: what a person has paused takes no call and is not probed. Must outlive it.
    explicit Routes(RouteLimits limits, const Holds* holds = nullptr)
        : limits_{limits}, holds_{holds} {}

    bool takes_calls(const flow::Route& route, base::Monotonic now) const;

    // Calls leave, or one may be tried.
    bool is_healthy(const flow::Route& route) const;

    // Counts one call in; false when the route takes none now. Every true is paired with leave(),
    // or with give_back() when nothing was sent.
    bool enter(const flow::Route& route, base::Monotonic now);
    void leave(const flow::Route& route);
    void give_back(const flow::Route& route);

    // As enter(), but leaves half of what the route takes to who has something to settle.
    bool enter_spare(const flow::Route& route, base::Monotonic now);

    void answered(const flow::Route& route, const Answered& answer, base::Monotonic now);

    void begin_probe(const flow::Route& route, base::Monotonic now, base::Duration span);
    void probe_answered(const flow::Route& route, base::Monotonic now);
    void probe_failed(const flow::Route& route, base::Monotonic now, Trouble trouble);

    // One that was open is settled.
    void settled(const flow::Route& route, base::Monotonic now);

    // How it stands, for people.
    struct State {
        Breaker::State breaker = Breaker::State::closed;
        bool full = false;  // a call would have to wait for its turn
        Trouble trouble;
        base::Monotonic next_probe{};  // when it is open
        double window = 0;
        std::size_t in_flight = 0;
        std::optional<double> settled_per_second;
    };
    State state(const flow::Route& route, base::Monotonic now) const;
    std::map<flow::Route, State> states(base::Monotonic now) const;
    std::size_t most_in_flight() const { return limits_.in_flight; }

    // Those that take no call now (an empty name stands for all), and when that may change by time
    // alone: the first may be probed, or has its turn.
    struct Shut {
        std::vector<flow::Route> routes;
        std::vector<flow::Route> to_probe;
        std::optional<base::Monotonic> next;
    };
    Shut shut(base::Monotonic now) const;

    // --- What is supported: what a person has pinned, else what was learnt, else everything.

    void learn_unsupported(const flow::Route& route, const domain::ProductKey& product,
                           domain::PartnerAction action, base::Monotonic now);
    domain::ActionSet supported(const flow::Route& route, const domain::ProductKey& product,
                                base::Monotonic now) const;
    void set_pins(std::vector<flow::ActionPin> in_force);

    struct Gap {
        flow::Route route;
        domain::ProductKey product;
        domain::PartnerAction action{};
        base::Monotonic until;
    };
    std::vector<Gap> learned(base::Monotonic now) const;
    base::Duration unsupported_for() const { return limits_.unsupported_for; }
    std::size_t forget_learned(const flow::GapScope& scope, base::Monotonic now);

  private:
    struct Standing {
        Breaker breaker;
        Pace pace;
        SettleRate rate;
        std::size_t in_flight = 0;

        bool takes_call(base::Monotonic now) const;
        void enter(base::Monotonic now);
    };
    using GapKey = std::tuple<flow::Route, domain::ProductKey, domain::PartnerAction>;

    Standing& standing(const flow::Route& route);
    State state_of(const Standing& known, base::Monotonic now) const;
    bool is_paused(const flow::Route& route) const {
        return holds_ != nullptr && holds_->is_paused(route);
    }

    RouteLimits limits_;
    const Holds* holds_;
    mutable std::mutex mutex_;
    std::map<flow::Route, Standing> standings_;
    std::map<GapKey, base::Monotonic> unsupported_until_;
    std::vector<flow::ActionPin> pins_;
};

}  // namespace usher::converge
