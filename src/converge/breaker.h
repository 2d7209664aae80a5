// Whether a way to the partner is fit to be used. One for each tenant and merchant, because their
// credentials and addresses may differ. Pure: the time is handed in. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

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

// Closed: calls leave. Open: none does until the pause is over. Then it is half open: one probe
// leaves, and what becomes of it closes the breaker or opens it again for twice the time.
class Breaker {
  public:
    explicit Breaker(BreakerPolicy policy) : policy_{policy} {}

    bool is_closed() const { return failures_ < policy_.failures && !held_; }
    bool may_probe(base::Monotonic now) const { return !is_closed() && now >= until_; }
    base::Monotonic until() const { return until_; }
    const Trouble& trouble() const { return trouble_; }

    void succeed() {
        failures_ = 0;
        held_ = false;
        pause_ = {};
        trouble_ = {};
        probing_ = false;
        until_ = {};
        asked_until_ = {};
    }

    // True when this failure opened it.
    bool fail(base::Monotonic now, Trouble trouble) {
        const bool was_closed = is_closed();
        ++failures_;
        trouble_ = std::move(trouble);
        // The probe is back: what was set aside for it is over.
        if (std::exchange(probing_, false)) until_ = asked_until_;
        if (is_closed()) return false;
        open(now);
        return was_closed;
    }

    // The partner asked for a pause (Retry-After): nothing leaves before it is over.
    void hold(base::Monotonic now, base::Duration span, Trouble trouble) {
        held_ = true;
        trouble_ = std::move(trouble);
        asked_until_ = std::max(asked_until_, now + std::min(span, kLongestHold));
        until_ = std::max(until_, asked_until_);
    }

    // A probe is out, for `span` at most: nobody else probes before it is back. Why it was sent
    // stays known.
    void wait(base::Monotonic now, base::Duration span) {
        held_ = true;
        probing_ = true;
        until_ = std::max(until_, now + span);
    }

  private:
    static constexpr base::Duration kLongestHold = std::chrono::minutes{15};

    void open(base::Monotonic now) {
        pause_ = pause_ == base::Duration{} ? policy_.first_pause
                                            : std::min(policy_.longest_pause, pause_ * 2);
        until_ = std::max(until_, now + pause_);
    }

    BreakerPolicy policy_;
    std::uint32_t failures_ = 0;
    bool held_ = false;
    base::Duration pause_{};
    bool probing_ = false;
    base::Monotonic until_{};
    base::Monotonic asked_until_{};  // by the partner; within until_
    Trouble trouble_;
};

}  // namespace usher::converge
