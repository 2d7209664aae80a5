// Every draw of a simulated world, repeatable from its seed. One thread.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/random.h"
#include "base/time.h"

namespace usher::simulate {

class Dice {
  public:
    // `use` keeps the draws of one part of a world apart from another's.
    Dice(std::uint64_t seed, std::uint64_t use)
        : random_{base::make_seeded_random(seed * 0x9e3779b97f4a7c15ULL + use)} {}

    std::uint64_t next() { return random_->next(); }

    double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    // From 0 to `count` - 1.
    std::uint64_t below(std::uint64_t count) { return next() % count; }

    // Draws nothing when there is nothing to draw, so that a fault that is off changes no draw.
    bool chance(double probability) { return probability > 0 && fraction() < probability; }

    base::Duration between(base::Duration least, base::Duration most) {
        const double span = static_cast<double>((most - least).count());
        return least + base::Duration{static_cast<std::int64_t>(span * fraction())};
    }

    // Each size is as likely as its double. `least` is at least one.
    double log_between(double least, double most) {
        return least * std::exp(std::log(most / least) * fraction());
    }
    base::Duration log_between(base::Duration least, base::Duration most) {
        return base::Duration{static_cast<std::int64_t>(
            log_between(static_cast<double>(least.count()), static_cast<double>(most.count())))};
    }

    template <class T, std::size_t N>
    const T& pick(const std::array<T, N>& from) {
        return from.at(below(N));
    }

  private:
    std::unique_ptr<base::Random> random_;
};

}  // namespace usher::simulate
