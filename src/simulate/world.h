// One simulated world: everything in it follows from its seed. Worlds are run one after another on
// one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulate/faults.h"
#include "simulate/figures.h"
#include "simulate/stage.h"

namespace usher::simulate {

inline constexpr double kMostEntitlements = 200;

struct WorldOptions {
    std::uint64_t seed = 1;
    std::optional<Fault> only;   // else drawn
    std::vector<Fault> without;  // of those that would go wrong
    double most_entitlements = kMostEntitlements;
    unsigned nodes = 0;  // 1: over a file; more: over one database; 0: drawn
    bool keep_trace = false;
    // For tests: a disk that says it kept what it did not. The judge must find it out.
    bool syncs_lie = false;
};

struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;
    std::vector<Violation> violations;
    std::vector<std::string> trace;  // when it was to be kept
    Figures figures;
};

// How many nodes the world has: as many as were wanted, else as drawn, but never so few or so many
// that the only fault cannot be met.
unsigned nodes_of(const WorldOptions& options);

// What goes wrong in it.
std::vector<Fault> faults_of(const WorldOptions& options);

Outcome run_world(Stage& stage, const WorldOptions& options);

}  // namespace usher::simulate
