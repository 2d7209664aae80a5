#include "store/outage.h"

#include <algorithm>
#include <utility>

namespace usher::store {

namespace {

constexpr base::Duration kFirstPause = std::chrono::milliseconds{100};
constexpr base::Duration kLongestPause = std::chrono::seconds{10};

base::Duration pause_after(int failures) {
    if (failures <= 1) return base::Duration{0};
    return std::min(kLongestPause, kFirstPause * (1L << std::min(failures - 2, 10)));
}

}  // namespace

void Outage::begin(std::string why, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    ++failures_;
    trouble_ = {std::move(why), now + pause_after(failures_)};
}

void Outage::end() {
    const std::lock_guard lock{mutex_};
    trouble_.reset();
}

void Outage::forget_failures() {
    const std::lock_guard lock{mutex_};
    failures_ = 0;
}

Outage::State Outage::state(base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    if (!trouble_) return State::none;
    return now < trouble_->retry_at ? State::pausing : State::to_retry;
}

std::expected<void, std::string> Outage::writable() const {
    const std::lock_guard lock{mutex_};
    if (trouble_) return std::unexpected{trouble_->sentence};
    return {};
}

}  // namespace usher::store
