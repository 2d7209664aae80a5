// A thread that turns a step function. Who owns the work keeps it as a plain step, so that a
// simulation can turn the same step without a thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace usher::base {

class Worker {
  public:
    // `step` does a bounded piece of work and says whether more may be left. It is called on the
    // worker's thread only, never twice at once, and must not throw.
    explicit Worker(std::function<bool()> step);
    ~Worker();  // stops
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // From any thread: there is work. A wake during a step is remembered.
    void wake();

    // Waits for the step that is running; none begins afterwards. Not from the step itself.
    void stop();

  private:
    void run();

    std::function<bool()> step_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace usher::base
