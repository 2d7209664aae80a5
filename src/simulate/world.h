// One simulated world: everything in it follows from its seed. Worlds are run one after another on
// one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulate/faults.h"
#include "simulate/judge.h"
#include "simulate/stage.h"

namespace usher::simulate {

struct WorldOptions {
    std::uint64_t seed = 1;
    std::optional<Fault> only;  // else drawn
    double most_entitlements = 200;
    bool keep_trace = false;
    // For tests: a disk that says it kept what it did not. The judge must find it out.
    bool syncs_lie = false;
};

struct Figures {
    std::uint64_t worlds = 0;
    std::uint64_t entitlements = 0;
    std::uint64_t requests = 0;
    std::uint64_t transactions = 0;  // commands that wrote
    std::uint64_t commits = 0;
    std::uint64_t largest_group = 0;
    std::uint64_t calls = 0;  // to the partner
    std::uint64_t reports = 0;
    std::uint64_t moves = 0;  // by customers and merchants
    std::uint64_t starts = 0;
    std::uint64_t repeats = 0;  // what a partner with a short memory did twice
    FaultCounts faults{};
    std::map<std::string, std::uint64_t> events;   // by kind
    std::map<std::string, std::uint64_t> answers;  // by status and error code

    void add(const Figures& other);
};

struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;
    std::vector<Violation> violations;
    std::vector<std::string> trace;  // when it was to be kept
    Figures figures;
};

Outcome run_world(Stage& stage, const WorldOptions& options);

}  // namespace usher::simulate
