// How fast a way to the partner is used: as fast as the partner takes it. Additive increase,
// multiplicative decrease of the calls in flight, as TCP does; below one call in flight, a pause
// between two. Pure: the time is handed in. Not thread-safe.
//
// What shrinks it: the partner asks to slow down (429), fails or stays silent, and latency well
// above what the same kind of call took when it was fast. That is a minimum over minutes and not
// for ever, so that a partner that became slower for good is not punished for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace usher::converge {

struct PacePolicy {
    std::size_t most = 32;  // calls in flight; the window begins here
    base::Duration longest_gap = std::chrono::seconds{5};   // between two calls, at the slowest
    base::Duration memory = std::chrono::minutes{5};        // of how fast the partner can be
    base::Duration jitter = std::chrono::milliseconds{50};  // of latency, our own included
};

class Pace {
  public:
    // Kinds of calls that take different times: each action, and reading.
    static constexpr std::size_t kKinds = 8;

    enum class Sign : std::uint8_t {
        good,
        overloaded,  // it asks to slow down, fails or stays silent
        neither,     // it says nothing about its pace, as a refused login
    };

    explicit Pace(PacePolicy policy);

    // At most policy.most; below one there is a pause between two calls.
    double window() const { return window_; }

    // Whether a call may leave beside those in flight.
    bool may_start(std::size_t in_flight, base::Monotonic now) const;
    // The earliest time for the next call, when it is this that keeps it back.
    base::Monotonic next_start() const { return next_start_; }
    void started(base::Monotonic now);

    // `in_flight`: with this one.
    void answered(Sign sign, std::size_t kind, base::Monotonic begun, base::Monotonic now,
                  std::size_t in_flight);

    // After an outage: begins with one call, and doubles up to half of what it was.
    void restart(base::Monotonic now);

  private:
    // The least of what was smoothed lately, forgotten in two halves.
    struct Latency {
        double smoothed_s = 0;
        std::uint32_t samples = 0;
        double least_s = 0;         // of this half; 0: none yet
        double least_before_s = 0;  // of the half before
        base::Monotonic half_begun{};
    };

    bool is_slow(Latency& latency, double took_s, base::Monotonic now) const;
    void grow(std::size_t in_flight);
    void shrink(double factor, double floor, base::Monotonic now);

    PacePolicy policy_;
    double window_;
    double threshold_;           // below it the window doubles with each round
    double pushed_back_at_ = 0;  // near it the window grows carefully
    bool good_since_cut_ = true;
    bool spaced_ = false;       // calls are spread until the window is whole again
    double round_trip_s_ = 0;   // of any call, smoothed
    base::Monotonic cut_at_{};  // calls from before then do not shrink it again
    base::Monotonic next_start_{};
    std::array<Latency, kKinds> latencies_{};
};

}  // namespace usher::converge
