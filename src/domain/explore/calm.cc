#include "domain/explore/calm.h"

#include <algorithm>

namespace usher::domain::explore {

namespace {

std::optional<std::uint8_t> find(const World& world, CallPhase phase) {
    const auto& calls = world.ours.calls;
    const auto found = std::ranges::find(calls, phase, &Call::phase);
    if (found == calls.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - calls.begin());
}

// The planned call does as it is told: what is not supported shows by situations of its own.
Move send(const World& world, const Decider& decider) {
    std::vector<Move> moves;
    list_moves(world, decider, {.fine = true, .open_calls = world.flights.size() + 1}, moves);
    return *std::ranges::find_if(moves, [](const Move& move) {
        return move.kind == MoveKind::begin &&
               static_cast<Arrival>(move.which) != Arrival::not_available;
    });
}

}  // namespace

World fall_calm(const World& world) {
    auto calm = world;
    calm.unsure = false;
    for (auto& flight : calm.flights) {
        flight.travelling = false;
        flight.queued = false;
    }
    return calm;
}

std::optional<Move> calm_step(const World& world, const Decider& decider) {
    if (world.read) return Move{MoveKind::read_returns};
    if (const auto call = find(world, CallPhase::under_way)) {
        const bool answered = world.flights[*call].said != Said::nothing;
        return Move{answered ? MoveKind::deliver : MoveKind::lose, 0, *call};
    }
    const auto step = decider.plan(world.ours, world.supported);
    switch (step.kind) {
        case StepKind::read:
            return Move{MoveKind::read};
        case StepKind::act:
            return send(world, decider);
        case StepKind::refused:
            return Move{MoveKind::conclude};
        case StepKind::none:
            break;
    }
    if (const auto call = find(world, CallPhase::awaited)) {
        return Move{MoveKind::wait_ends, 0, *call};
    }
    // The sweep.
    if (!is_known(world)) return Move{MoveKind::read};
    if (const auto call = find(world, CallPhase::open)) return Move{MoveKind::horizon, 0, *call};
    return std::nullopt;
}

}  // namespace usher::domain::explore
