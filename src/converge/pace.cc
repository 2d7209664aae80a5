#include "converge/pace.h"

#include <algorithm>
#include <utility>

namespace usher::converge {

namespace {

constexpr base::Duration kBurst = std::chrono::milliseconds{10};
constexpr double kCut = 0.75;        // on overload
constexpr double kSlowCut = 0.85;    // on latency: a weaker sign
constexpr double kSlow = 2.0;        // times the least latency
constexpr double kSmoothing = 0.15;  // weight of the newest
constexpr std::uint32_t kSamples = 8;
// However large the window, a cut is grown back over some 40 answers at least: so few are too many.
constexpr double kAnswersToDouble = 150;
constexpr double kNear = 0.93;      // of where it was pushed back last
constexpr double kCarefully = 0.2;  // growth there
constexpr double kFaster = 1.5;     // below one call in flight and below the threshold

double seconds_of(base::Duration span) {
    return std::chrono::duration<double>(span).count();
}

base::Duration span_of(double seconds) {
    return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Pace::Pace(PacePolicy policy)
    : policy_{policy},
      window_{static_cast<double>(policy.most)},
      threshold_{static_cast<double>(policy.most)} {}

bool Pace::may_start(std::size_t in_flight, base::Monotonic now) const {
    if (in_flight == 0) return now >= next_start_;
    // Part of a call more is allowed, because calls are spread so that it is used in part only.
    const auto room = window_ + (spaced_ ? 0.999 : 0.0);
    return static_cast<double>(in_flight + 1) <= room && now >= next_start_;
}

void Pace::started(base::Monotonic now) {
    if (!spaced_) return;
    const auto gap =
        std::min(span_of(std::max(round_trip_s_, 0.001) / window_), policy_.longest_gap);
    // Whoever looks for work does so every few milliseconds: what was not begun since may follow.
    next_start_ = std::max(next_start_, now - std::max(gap, kBurst)) + gap;
}

void Pace::answered(Sign sign, std::size_t kind, base::Monotonic begun, base::Monotonic now,
                    std::size_t in_flight) {
    const auto took_s = std::max(seconds_of(now - begun), 0.0001);
    switch (sign) {
        case Sign::neither:
            return;
        case Sign::overloaded:
            if (begun >= cut_at_) shrink(kCut, 0, now);
            return;
        case Sign::good:
            break;
    }
    round_trip_s_ =
        round_trip_s_ == 0 ? took_s : round_trip_s_ + kSmoothing * (took_s - round_trip_s_);
    good_since_cut_ = true;
    const bool slow = is_slow(latencies_.at(kind % kKinds), took_s, now);
    if (!slow) {
        grow(in_flight);
    } else if (begun >= cut_at_) {
        // Never to less than a quarter: then it is not what we send that makes the partner slow.
        shrink(kSlowCut, std::max(1.0, static_cast<double>(policy_.most) / 4), now);
    }
}

void Pace::restart(base::Monotonic now) {
    threshold_ = std::max(window_ / 2, 1.0);
    window_ = std::min(window_, 1.0);
    spaced_ = true;
    cut_at_ = now;
    good_since_cut_ = false;
    next_start_ = now;
}

bool Pace::is_slow(Latency& latency, double took_s, base::Monotonic now) const {
    latency.smoothed_s = latency.samples == 0
                             ? took_s
                             : latency.smoothed_s + kSmoothing * (took_s - latency.smoothed_s);
    if (latency.samples == 0) latency.half_begun = now;
    if (latency.samples < kSamples) {
        ++latency.samples;
        return false;
    }
    if (now - latency.half_begun > policy_.memory / 2) {
        latency.least_before_s = latency.least_s;
        latency.least_s = 0;
        latency.half_begun = now;
    }
    const auto lesser = [](double a, double b) { return a == 0 ? b : std::min(a, b); };
    latency.least_s = lesser(latency.least_s, latency.smoothed_s);
    const auto least = lesser(latency.least_before_s, latency.least_s);
    return latency.smoothed_s > least * kSlow + seconds_of(policy_.jitter);
}

void Pace::grow(std::size_t in_flight) {
    // Answers prove nothing about calls that were not made.
    if (static_cast<double>(in_flight) < window_ / 2) return;
    if (window_ < threshold_) {
        window_ = window_ < 1 ? window_ * kFaster : window_ + 1;
        window_ = std::min(window_, std::max(threshold_, 0.01));
    } else {
        auto step = std::min(1 / std::max(window_, 1.0), window_ / kAnswersToDouble);
        if (window_ > pushed_back_at_ * kNear && window_ < pushed_back_at_ * 1.1) {
            step *= kCarefully;
        }
        window_ += step;
    }
    const auto most = static_cast<double>(policy_.most);
    if (window_ < most) return;
    window_ = most;
    spaced_ = false;
    next_start_ = {};
}

void Pace::shrink(double factor, double floor, base::Monotonic now) {
    const auto slowest = std::max(round_trip_s_, 0.001) / seconds_of(policy_.longest_gap);
    const auto least = std::min(std::max(floor, slowest), window_);
    const auto before = window_;
    window_ = std::max(window_ * factor, least);
    // Of several cuts with nothing good between them the first tells where the limit is.
    if (std::exchange(good_since_cut_, false)) {
        pushed_back_at_ = before;
        threshold_ = window_;
    }
    spaced_ = true;
    cut_at_ = now;
}

}  // namespace usher::converge
