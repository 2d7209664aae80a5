// Whether a way to the partner is fit to be used. One for each tenant and merchant, because their
// credentials and addresses may differ. Pure: the time is handed in. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "domain/problem.h"

namespace usher::converge {

struct BreakerPolicy {
    std::uint32_t failures = 5;  // in a row, until it opens
    base::Duration first_pause = std::chrono::seconds{1};
    base::Duration longest_pause = std::chrono::seconds{30};
};

// Why it is as it is: a sentence for people and its code.
struct Trouble {
    domain::Problem code = domain::Problem::none;
    std::string sentence;
};

// Closed: calls leave. Open: none does until the pause is over. Then a probe leaves, which touches
// no entitlement; when it is answered the way is half open and one real call leaves, the trial.
// What becomes of the trial closes the breaker, or opens it again for twice the time.
class Breaker {
  public:
    enum class State : std::uint8_t { closed, half_open, open };

    explicit Breaker(BreakerPolicy policy) : policy_{policy} {}

    State state() const { return state_; }
    bool is_closed() const { return state_ == State::closed; }
    // Whether a real call may leave: one at a time while it is half open.
    bool takes_call(base::Monotonic now) const;
    bool may_probe(base::Monotonic now) const { return state_ == State::open && now >= until_; }
    // The end of the present pause, or of the time for the probe that is out.
    base::Monotonic until() const { return until_; }
    const Trouble& trouble() const { return trouble_; }

    // A probe is out, for `span` at most: nobody else probes before it is back. Why it was sent
    // stays known.
    void begin_probe(base::Monotonic now, base::Duration span);
    // It was answered. A real call may be tried.
    void probe_answered(base::Monotonic now);
    void probe_failed(base::Monotonic now, Trouble trouble);
    // A call leaves; while it is half open it is the trial, which is back within `span`.
    void begin_call(base::Monotonic now, base::Duration span);
    // The call that left last was never sent.
    void call_off() { trial_until_ = {}; }

    // A real call was answered by a healthy partner. Also when it left before the trouble began.
    void succeed(base::Monotonic now);
    // A real call met trouble. True when this opened it. Those that were out when it opened say
    // nothing new.
    bool fail(base::Monotonic now, Trouble trouble);

    // The partner asked for a pause (Retry-After): nothing leaves before it is over, whatever
    // becomes of calls that are out.
    void hold(base::Monotonic now, base::Duration span, Trouble trouble);

  private:
    void open(base::Monotonic now);

    BreakerPolicy policy_;
    State state_ = State::closed;
    std::uint32_t failures_ = 0;
    base::Duration pause_{};
    base::Monotonic until_{};
    base::Monotonic asked_until_{};  // by the partner
    base::Monotonic trial_until_{};
    Trouble trouble_;
};

}  // namespace usher::converge
