#include "simulate/spells.h"

#include <algorithm>
#include <chrono>

namespace usher::simulate {

void plan_spell(const SpellGround& ground, double likely, const std::function<void()>& begins,
                const std::function<void(bool on)>& turn) {
    if (likely <= 0) return;
    auto& [timeline, dice, ends] = ground;
    const auto spells = 1 + dice.below(static_cast<std::uint64_t>(10 * likely) + 1);
    for (std::uint64_t i = 0; i < spells; ++i) {
        const auto now = timeline.now();
        const auto begin = now + dice.between(base::Duration{}, ends - now);
        const auto span = dice.log_between(std::chrono::milliseconds{500}, std::chrono::hours{1});
        timeline.at(begin, kWorld, [begins, turn](bool) {
            begins();
            turn(true);
        });
        timeline.at(std::min(begin + span, ends), kWorld, [turn](bool) { turn(false); });
    }
}

}  // namespace usher::simulate
