// Every situation of a small world that can come about within a budget of requests, partner moves
// and faults: each step and each rest is checked against lifecycle §7. From every situation the
// calm that follows when nothing more goes wrong is played to its end.
// Runs on the calling thread and holds some hundred bytes for each situation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/explore/decider.h"
#include "domain/explore/moves.h"

namespace usher::domain::explore {

// A property that does not hold, and how to get there, one line for each step.
struct Violation {
    std::string rule;
    std::vector<std::string> trace;
};

struct Result {
    std::uint64_t states = 0;  // distinct situations, without budgets and what judges them
    std::uint64_t transitions = 0;
    std::optional<Violation> violation;  // the first one met; the search ends with it
};

struct Bounds {
    Budget budget;
    Grain grain;
};

// Spends less before more, so that a violation is shown with the fewest requests, moves and faults.
Result explore(const Decider& decider, const Bounds& bounds);

// Fewer things, but in any order and all at once; an action may turn out not to be supported at any
// time, so that every set of supported actions is in it.
inline constexpr Bounds kFine{.budget = {.requests = 2, .partner_moves = 2, .faults = 2},
                              .grain = {.fine = true}};
// Many things, one after the other.
inline constexpr Bounds kWide{.budget = {.requests = 4, .partner_moves = 3, .faults = 3},
                              .grain = {.fine = false, .open_calls = 2, .unsupported_costs = 1}};
// The least in which every rule that is left out shows.
inline constexpr Bounds kPlanted{.budget = {.requests = 2, .partner_moves = 1, .faults = 2},
                                 .grain = {.fine = true}};

struct Planted {
    Rule left_out{};
    std::optional<Violation> violation;  // none: the rule is not needed, or the search too small
};

// Leaves the rules out one by one. Each must be found to be needed.
std::vector<Planted> explore_planted(const Bounds& bounds);

// What `usher explore` prints: the functions that serve, finely and widely, and the rules left out.
struct Exploration {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::vector<Violation> violations;
    std::vector<Planted> planted;
};

Exploration explore_everything(const Bounds& fine = kFine, const Bounds& wide = kWide,
                               const Bounds& planted = kPlanted);

}  // namespace usher::domain::explore
