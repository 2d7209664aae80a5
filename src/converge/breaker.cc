#include "converge/breaker.h"

#include <algorithm>
#include <utility>

namespace usher::converge {

namespace {

constexpr base::Duration kLongestHold = std::chrono::minutes{15};

}  // namespace

bool Breaker::takes_call(base::Monotonic now) const {
    switch (state_) {
        case State::closed:
            return true;
        case State::half_open:
            return now >= trial_until_;
        case State::open:
            return false;
    }
    return false;
}

void Breaker::begin_probe(base::Monotonic now, base::Duration span) {
    until_ = std::max(until_, now + span);
}

void Breaker::probe_answered(base::Monotonic now) {
    if (state_ != State::open) return;
    until_ = asked_until_;
    if (now < asked_until_) return;
    state_ = State::half_open;
    trial_until_ = {};
}

void Breaker::probe_failed(base::Monotonic now, Trouble trouble) {
    if (state_ != State::open) return;
    trouble_ = std::move(trouble);
    open(now);
}

void Breaker::begin_call(base::Monotonic now, base::Duration span) {
    if (state_ == State::half_open) trial_until_ = now + span;
}

void Breaker::succeed(base::Monotonic now) {
    failures_ = 0;
    pause_ = {};
    if (now < asked_until_) return;
    state_ = State::closed;
    trouble_ = {};
    until_ = {};
    asked_until_ = {};
}

bool Breaker::fail(base::Monotonic now, Trouble trouble) {
    ++failures_;
    trouble_ = std::move(trouble);
    switch (state_) {
        case State::closed:
            if (failures_ < policy_.failures) return false;
            open(now);
            return true;
        case State::half_open:
            open(now);
            return false;
        case State::open:
            return false;
    }
    return false;
}

void Breaker::hold(base::Monotonic now, base::Duration span, Trouble trouble) {
    trouble_ = std::move(trouble);
    asked_until_ = std::max(asked_until_, now + std::min(span, kLongestHold));
    state_ = State::open;
    until_ = std::max(until_, asked_until_);
}

void Breaker::open(base::Monotonic now) {
    pause_ = pause_ == base::Duration{} ? policy_.first_pause
                                        : std::min(policy_.longest_pause, pause_ * 2);
    state_ = State::open;
    until_ = std::max(asked_until_, now + pause_);
}

}  // namespace usher::converge
