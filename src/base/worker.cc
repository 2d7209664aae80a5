#include "base/worker.h"

#include <utility>

namespace usher::base {

Worker::Worker(std::function<bool()> step)
    : step_{std::move(step)}, thread_{[this]() noexcept { run(); }} {}

Worker::~Worker() {
    stop();
}

void Worker::wake() {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    changed_.notify_one();
}

void Worker::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Worker::run() {
    bool more = false;
    while (true) {
        {
            std::unique_lock lock{mutex_};
            if (!more) changed_.wait(lock, [this] { return woken_ || stopping_; });
            if (stopping_) return;
            woken_ = false;
        }
        more = step_();
    }
}

}  // namespace usher::base
