// Many worlds, one after another or several at once in processes of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "simulate/world.h"

namespace usher::simulate {

struct RunOptions {
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 1000;
    unsigned processes = 0;  // 0: one for each core
    std::optional<Fault> only;
    std::vector<Fault> without;
    double most_entitlements = kMostEntitlements;  // of one world
    unsigned nodes = 0;                            // of one world; 0: drawn
    // Ends with the first world, by its seed, that breaks this.
    std::optional<Invariant> until;
};

struct RunResult {
    Figures figures;
    std::vector<Outcome> failed;  // at most kMaxFailed, by seed, without traces
    std::uint64_t failures = 0;
    // Over all worlds, in the order of their seeds.
    std::uint64_t hash = 0;
    static constexpr std::size_t kMaxFailed = 20;
};

// The options of the world of one seed.
WorldOptions world_options(const RunOptions& options, std::uint64_t seed);

// Nothing is logged from now on: what happens in a world does not happen at this time.
// A process that dies is a failure of the world that it was in.
RunResult run_worlds(RunOptions options);

}  // namespace usher::simulate
