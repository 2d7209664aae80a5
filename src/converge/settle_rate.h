// How many were settled lately, for the time that what waits will take. Pure: the time is handed
// in. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace usher::converge {

class SettleRate {
  public:
    static constexpr base::Duration kSlot = std::chrono::seconds{5};
    static constexpr std::size_t kSlots = 24;
    static constexpr base::Duration kSpan = kSlot * kSlots;
    // Less says nothing: the first seconds after an outage are slow.
    static constexpr base::Duration kLeast = std::chrono::seconds{10};

    void note(base::Monotonic now);
    // What was before the outage says nothing about after it.
    void forget();

    // Over the last two minutes, or since the first one. Nothing when that is too short a time.
    std::optional<double> per_second(base::Monotonic now) const;

  private:
    struct Slot {
        std::int64_t number = -1;
        std::uint64_t count = 0;
    };
    static std::int64_t number_of(base::Monotonic at) { return at.time_since_epoch() / kSlot; }

    std::array<Slot, kSlots> slots_{};
    std::optional<base::Monotonic> begun_;
};

}  // namespace usher::converge
