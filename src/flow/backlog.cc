#include "flow/backlog.h"

#include <algorithm>
#include <utility>

namespace usher::flow {

namespace {

constexpr base::Duration kLeastAge = std::chrono::seconds{2};
constexpr int kShare = 20;

}  // namespace

std::shared_ptr<const Counted> Backlog::known() const {
    const std::lock_guard lock{mutex_};
    if (!counted_) return nullptr;
    const bool is_good = ports_.clock.monotonic() < good_until_;
    return is_good || counting_ ? counted_ : nullptr;
}

base::Task<StoreResult<std::shared_ptr<const Counted>>> Backlog::count() {
    if (auto recent = known()) co_return recent;
    counting_ = true;
    const auto begun = ports_.clock.monotonic();
    const auto now = ports_.clock.now();
    auto parts = co_await ports_.store.backlog(now - long_ago_);
    counting_ = false;
    if (!parts) co_return std::unexpected{parts.error()};
    auto counted = std::make_shared<const Counted>(Counted{std::move(*parts), now});
    const auto ended = ports_.clock.monotonic();
    const std::lock_guard lock{mutex_};
    counted_ = counted;
    good_until_ = ended + std::max(kLeastAge, (ended - begun) * kShare);
    co_return counted;
}

}  // namespace usher::flow
