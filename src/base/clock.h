// Time as something handed in. Nothing outside base reads a clock or sleeps by itself, so that a
// simulation can stand in for both. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/task.h"
#include "base/time.h"

namespace usher::base {

class Clock {
  public:
    using TimerId = std::uint64_t;
    // `fired` is false when the timer was disarmed.
    using Handler = std::move_only_function<void(bool fired)>;

    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual Monotonic monotonic() const = 0;

    // Posts `handler` to `executor` once, at `when` or when disarmed, never inline.
    virtual TimerId arm(Monotonic when, Executor executor, Handler handler) = 0;
    virtual void disarm(TimerId timer) = 0;
};

// The machine's clocks.
std::unique_ptr<Clock> make_system_clock();

Task<> sleep_until(Clock& clock, Monotonic when);
Task<> sleep_for(Clock& clock, Duration span);

// One coroutine sleeps here, anybody wakes it. A wake that comes first is remembered, so that
// nothing is lost between a check and a sleep. Must outlive the sleep.
class Sleeper {
  public:
    explicit Sleeper(Clock& clock);
    ~Sleeper();
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    // True when woken, false when `when` was reached.
    Task<bool> until(Monotonic when);
    void wake();

  private:
    struct Shared;
    Clock& clock_;
    std::shared_ptr<Shared> shared_;
};

}  // namespace usher::base
