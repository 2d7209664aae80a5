// What happens from a situation on when nothing more goes wrong: one way, step by step.
#pragma once

#include <optional>

#include "domain/explore/moves.h"

namespace usher::domain::explore {

// What travels never arrives and what is queued is never done: had it been, that would be another
// situation, which is explored as well.
World fall_calm(const World& world);

// The next step; nothing at rest.
std::optional<Move> calm_step(const World& world, const Decider& decider);

}  // namespace usher::domain::explore
