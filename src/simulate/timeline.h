// Virtual time: what happens next, and when. Nothing passes between two happenings, however far
// apart. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "simulate/dice.h"

namespace usher::simulate {

// One run of one node, from its start to its death. What it armed goes with it.
using Life = std::uint32_t;
inline constexpr Life kWorld = 0;  // what outlives every node

class Timeline {
  public:
    using Id = base::Clock::TimerId;
    using Act = std::move_only_function<void(bool fired)>;

    // `dice` decides what comes first of two things at the same moment.
    explicit Timeline(Dice& dice) : dice_{dice} {}

    base::Monotonic now() const { return now_; }

    Id at(base::Monotonic when, Life life, Act act);
    Id after(base::Duration span, Life life, Act act) {
        return at(now_ + span, life, std::move(act));
    }
    // Nothing when it has happened already.
    std::optional<Act> take(Id id);

    // Destroys whatever a life has armed, without calling it.
    void drop(Life life);

    std::optional<base::Monotonic> next() const;
    // Goes on to the next happening and lets it happen.
    void step();

  private:
    struct Key {
        base::Monotonic when;
        std::uint64_t tie;
        Id id;
        auto operator<=>(const Key&) const = default;
    };
    struct Armed {
        Life life;
        Act act;
    };

    Dice& dice_;
    base::Monotonic now_{std::chrono::hours{1}};
    Id last_ = 0;
    std::map<Key, Armed> armed_;
    std::unordered_map<Id, Key> keys_;
};

// A node's view of the time: its wall clock may be wrong by `offset`, which must outlive it.
class LifeClock final : public base::Clock {
  public:
    LifeClock(Timeline& timeline, Life life, const base::Duration& offset)
        : timeline_{timeline}, life_{life}, offset_{offset} {}

    base::Time now() const override;
    base::Monotonic monotonic() const override { return timeline_.now(); }
    TimerId arm(base::Monotonic when, base::Executor executor, Handler handler) override;
    void disarm(TimerId timer) override;

  private:
    Timeline& timeline_;
    const Life life_;
    const base::Duration& offset_;
};

// The true time, which only the judge knows.
base::Time wall_time(base::Monotonic at);

}  // namespace usher::simulate
