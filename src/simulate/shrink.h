// The smallest world that still breaks a promise.
#pragma once

#include <cstdint>

#include "simulate/run.h"

namespace usher::simulate {

// Leaves out of the world `seed` one thing that goes wrong after another, entitlements and nodes,
// as long as `broken` stays broken. What it returns runs that one world. Each try is a process of
// its own.
RunOptions shrink(RunOptions options, std::uint64_t seed, Invariant broken);

}  // namespace usher::simulate
