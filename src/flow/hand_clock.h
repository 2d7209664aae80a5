// A clock that is moved by hand, for the tests of flow.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "base/clock.h"

namespace usher::flow::test {

class HandClock final : public base::Clock {
  public:
    base::Time now() const override { return base::Time{std::chrono::days{20'000}} + passed_; }
    base::Monotonic monotonic() const override { return base::Monotonic{} + passed_; }

    TimerId arm(base::Monotonic when, base::Executor executor, Handler handler) override {
        timers_.emplace(++last_, Timer{when, std::move(executor), std::move(handler)});
        return last_;
    }
    void disarm(TimerId id) override { end(id, false); }

    void pass(base::Duration span) {
        passed_ += span;
        std::vector<TimerId> due;
        for (const auto& [id, timer] : timers_) {
            if (timer.when <= monotonic()) due.push_back(id);
        }
        for (const auto id : due) end(id, true);
    }

    // Drops what waits, and with it whoever waits: before the contexts that they would run on.
    void drop() { const auto dropped = std::exchange(timers_, {}); }

    // False when nothing is armed.
    bool pass_to_next() {
        if (timers_.empty()) return false;
        auto next = base::Monotonic::max();
        for (const auto& [id, timer] : timers_) next = std::min(next, timer.when);
        pass(std::max(base::Duration::zero(), next - monotonic()));
        return true;
    }

  private:
    struct Timer {
        base::Monotonic when;
        base::Executor executor;
        Handler handler;
    };

    void end(TimerId id, bool fired) {
        auto timer = timers_.extract(id);
        if (timer.empty()) return;
        boost::asio::post(timer.mapped().executor, [handler = std::move(timer.mapped().handler),
                                                    fired]() mutable { handler(fired); });
    }

    base::Duration passed_ = std::chrono::hours{1};
    TimerId last_ = 0;
    std::map<TimerId, Timer> timers_;
};

}  // namespace usher::flow::test
