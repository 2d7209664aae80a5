#include "simulate/shrink.h"

#include <algorithm>

namespace usher::simulate {

namespace {

bool breaks(const RunOptions& options, Invariant broken) {
    const auto result = run_worlds(options);
    return std::ranges::any_of(result.failed, [&](const Outcome& outcome) {
        return std::ranges::find(outcome.violations, broken, &Violation::invariant) !=
               outcome.violations.end();
    });
}

}  // namespace

RunOptions shrink(RunOptions options, std::uint64_t seed, Invariant broken) {
    options.first_seed = seed;
    options.seeds = 1;
    options.processes = 1;
    options.until.reset();
    while (options.most_entitlements > 1) {
        auto fewer = options;
        fewer.most_entitlements = std::max(1.0, options.most_entitlements / 2);
        if (!breaks(fewer, broken)) break;
        options = fewer;
    }
    options.nodes = nodes_of(world_options(options, seed));
    while (options.nodes > 2) {
        auto fewer = options;
        --fewer.nodes;
        if (!breaks(fewer, broken)) break;
        options = fewer;
    }
    for (const auto fault : faults_of(world_options(options, seed))) {
        if (fault == options.only) continue;
        auto fewer = options;
        fewer.without.push_back(fault);
        if (breaks(fewer, broken)) options = fewer;
    }
    return options;
}

}  // namespace usher::simulate
