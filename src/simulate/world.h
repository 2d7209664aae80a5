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

// What goes wrong in the world of this seed.
std::vector<Fault> faults_of(std::uint64_t seed, std::optional<Fault> only);

Outcome run_world(Stage& stage, const WorldOptions& options);

}  // namespace usher::simulate
