#include "converge/settle_rate.h"

#include <algorithm>

namespace usher::converge {

void SettleRate::note(base::Monotonic now) {
    if (!begun_) begun_ = now;
    const auto number = number_of(now);
    auto& slot = slots_.at(static_cast<std::size_t>(number) % kSlots);
    if (slot.number != number) slot = {.number = number};
    ++slot.count;
}

void SettleRate::forget() {
    slots_ = {};
    begun_.reset();
}

std::optional<double> SettleRate::per_second(base::Monotonic now) const {
    if (!begun_ || now - *begun_ < kLeast) return std::nullopt;
    const auto newest = number_of(now);
    const auto oldest = newest - static_cast<std::int64_t>(kSlots) + 1;
    std::uint64_t count = 0;
    for (const auto& slot : slots_) {
        if (slot.number >= oldest && slot.number <= newest) count += slot.count;
    }
    const auto from = std::max(*begun_, base::Monotonic{kSlot * oldest});
    return static_cast<double>(count) / std::chrono::duration<double>(now - from).count();
}

}  // namespace usher::converge
