// Trouble that comes for a while and goes again.
#pragma once

#include <functional>

#include "simulate/dice.h"
#include "simulate/timeline.h"

namespace usher::simulate {

struct SpellGround {
    Timeline& timeline;
    Dice& dice;
    base::Monotonic ends;  // every spell is over by then
};

// A few of them, the more the likelier; none when that is nothing. `begins` is called at the
// beginning of each, before `turn`, which is called at its end too.
void plan_spell(const SpellGround& ground, double likely, const std::function<void()>& begins,
                const std::function<void(bool on)>& turn);

}  // namespace usher::simulate
