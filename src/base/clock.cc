#include "base/clock.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/suspend.h"

namespace usher::base {

namespace {

class SystemClock final : public Clock {
  public:
    Time now() const override {
        return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    }

    Monotonic monotonic() const override {
        return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
    }

    TimerId arm(Monotonic when, Executor executor, Handler handler) override {
        auto timer = std::make_shared<boost::asio::steady_timer>(executor);
        timer->expires_at(std::chrono::steady_clock::time_point{when.time_since_epoch()});
        TimerId id{};
        {
            const std::lock_guard lock{mutex_};
            id = ++last_;
            armed_.emplace(id, timer);
        }
        // The wait starts on the executor: an asio timer is not thread-safe.
        boost::asio::post(executor, [this, id, timer, handler = std::move(handler)]() mutable {
            if (!is_armed(id)) {
                handler(false);
                return;
            }
            timer->async_wait([this, id, timer, handler = std::move(handler)](
                                  boost::system::error_code) mutable { handler(forget(id)); });
        });
        return id;
    }

    void disarm(TimerId id) override {
        std::shared_ptr<boost::asio::steady_timer> timer;
        {
            const std::lock_guard lock{mutex_};
            const auto found = armed_.find(id);
            if (found == armed_.end()) return;
            timer = found->second.lock();
            armed_.erase(found);
        }
        if (!timer) return;
        boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    }

  private:
    bool is_armed(TimerId id) const {
        const std::lock_guard lock{mutex_};
        return armed_.contains(id);
    }

    // True when the timer was still armed, that is, nobody disarmed it.
    bool forget(TimerId id) {
        const std::lock_guard lock{mutex_};
        return armed_.erase(id) == 1;
    }

    mutable std::mutex mutex_;
    TimerId last_ = 0;
    // Weak, so that the waiting handler is a timer's only owner: an io_context that is destroyed
    // takes its timers with it.
    std::unordered_map<TimerId, std::weak_ptr<boost::asio::steady_timer>> armed_;
};

}  // namespace

std::unique_ptr<Clock> make_system_clock() {
    return std::make_unique<SystemClock>();
}

Task<> sleep_until(Clock& clock, Monotonic when) {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await suspend<bool>([&clock, when, executor](Completion<bool> done) {
        clock.arm(when, executor, std::move(done));
    });
}

Task<> sleep_for(Clock& clock, Duration span) {
    co_await sleep_until(clock, clock.monotonic() + span);
}

struct Sleeper::Shared {
    std::mutex mutex;
    bool woken = false;
    std::optional<Clock::TimerId> timer;
};

Sleeper::Sleeper(Clock& clock) : clock_{clock}, shared_{std::make_shared<Shared>()} {}

Sleeper::~Sleeper() = default;

Task<bool> Sleeper::until(Monotonic when) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto shared = shared_;
    Clock& clock = clock_;
    co_await suspend<bool>([shared, &clock, when, executor](Completion<bool> done) {
        const std::lock_guard lock{shared->mutex};
        const auto until = shared->woken ? Monotonic{} : when;
        shared->timer = clock.arm(until, executor, std::move(done));
    });
    const std::lock_guard lock{shared->mutex};
    shared->timer.reset();
    co_return std::exchange(shared->woken, false);
}

void Sleeper::wake() {
    const std::lock_guard lock{shared_->mutex};
    shared_->woken = true;
    if (shared_->timer) clock_.disarm(*shared_->timer);
}

}  // namespace usher::base
