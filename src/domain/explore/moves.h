// What can happen in the explored world, one step at a time, and what each step does to it.
#pragma once

#include <string>
#include <vector>

#include "domain/explore/decider.h"
#include "domain/explore/properties.h"
#include "domain/explore/world.h"

namespace usher::domain::explore {

enum class MoveKind : std::uint8_t {
    ask,           // the operator asks for EntitlementStatus{which}
    partner_acts,  // PartnerMove{which}
    begin,         // the planned call is recorded and claimed, and arrives: Arrival{which}
    deliver,       // that answer is read
    lose,          // no answer is read in time
    die,           // the process ends between claim and answer; another takes over
    act_late,      // what travels or is queued acts
    wait_ends,     // the deadline of an accepted call passes
    horizon,       // what is open cannot act any more
    read,
    slow_read,  // something may happen between its answer there and its arrival here
    read_returns,
    report,  // about what the partner had at date `which`
    stale_report,
    recover,   // the partner is sure again
    conclude,  // the plan says refused
};

// What becomes of a request. Nothing that happens elsewhere looks at the moment between its leaving
// and its arrival, so these are one step.
enum class Arrival : std::uint8_t {
    first_effect,
    second_effect,
    conflict,
    not_available,
    repeated,  // the partner knows its id, and answers as it did before
    accepted,  // from here on: faults
    broken,
    unsure,
    rejected,
    delayed,  // or lost
    trouble,  // the partner does not talk to us at all (401, TLS)
};

struct Move {
    MoveKind kind{};
    std::uint8_t which = 0;  // a status, a partner's move, an Arrival, a date
    std::uint8_t call = 0;   // index
};

// How finely what happens at the same time is told apart.
struct Grain {
    // Fine: everything may happen between a call and its answer, a read and its answer; late and
    // old reports come. Coarse: calls and
    // reads are answered before anything else happens, unless they are lost; a report is of what
    // the partner has; a process that dies is a lost answer.
    bool fine = true;
    std::size_t open_calls = 4;          // at once
    std::uint8_t unsupported_costs = 0;  // faults, when an action turns out not to be supported
};

// What exploration spends: a move that costs nothing may happen at any time.
struct Budget {
    std::uint8_t requests = 0;
    std::uint8_t partner_moves = 0;
    std::uint8_t faults = 0;
};

Budget cost(const World& world, const Move& move, const Grain& grain);

// All moves that are possible in `world`, whatever they cost.
void list_moves(const World& world, const Decider& decider, const Grain& grain,
                std::vector<Move>& moves);

// True for a request that changes nothing; it is checked nevertheless.
bool is_idle(const World& world, const Move& move, const Decider& decider, Broken& broken);

// What the world is after `move`, normalised. Writes what the step broke to `broken`.
World apply(const World& world, const Move& move, const Decider& decider, Broken& broken);

// In words: what happened, and what both sides are afterwards.
std::string describe(const World& before, const Move& move, const World& after);

}  // namespace usher::domain::explore
