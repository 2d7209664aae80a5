#include <string>

#include "domain/explore/moves.h"
#include "domain/explore/partner.h"

namespace usher::domain::explore {

namespace {

std::string_view in_words(Arrival arrival) {
    switch (arrival) {
        case Arrival::first_effect:
        case Arrival::second_effect:
            return "is carried out";
        case Arrival::conflict:
            return "is refused: not from this status";
        case Arrival::not_available:
            return "is refused: not available";
        case Arrival::accepted:
            return "is accepted, to be done later (202)";
        case Arrival::broken:
            return "is answered 5xx";
        case Arrival::unsure:
            return "is answered FAILED";
        case Arrival::rejected:
            return "is refused for good";
        case Arrival::repeated:
            return "is answered as before";
        case Arrival::delayed:
            return "does not arrive yet";
        case Arrival::trouble:
            return "is not let in (401, TLS)";
    }
    return "";
}

std::string action_of(const World& world, const Move& move) {
    const auto& call = world.ours.calls[move.call];
    return std::string{to_text(call.action)} + " #" + std::to_string(call.number);
}

// The call that is under way now; its number may be an old one.
std::string begun(const World& before, const World& after) {
    for (const auto& call : after.ours.calls) {
        if (call.phase != CallPhase::under_way) continue;
        const bool again = call.number <= before.ours.calls.size();
        return std::string{to_text(call.action)} + " #" + std::to_string(call.number) +
               (again ? ", the same again," : "");
    }
    return "";
}

std::string what(const World& before, const Move& move, const World& after) {
    switch (move.kind) {
        case MoveKind::ask:
            return "the operator asks " +
                   std::string{to_text(static_cast<EntitlementStatus>(move.which))};
        case MoveKind::partner_acts:
            return std::string{to_text(static_cast<PartnerMove>(move.which))};
        case MoveKind::begin:
            return begun(before, after) + " is sent and " +
                   std::string{in_words(static_cast<Arrival>(move.which))};
        case MoveKind::deliver:
            return "the answer to " + action_of(before, move) + " is read";
        case MoveKind::lose:
            return "no answer to " + action_of(before, move) + " in time";
        case MoveKind::die:
            return "the process dies with " + action_of(before, move) + " under way";
        case MoveKind::act_late:
            return action_of(before, move) + " acts late: it " +
                   std::string{in_words(static_cast<Arrival>(move.which))};
        case MoveKind::wait_ends:
            return "the wait for " + action_of(before, move) + " ends";
        case MoveKind::horizon:
            return action_of(before, move) + " can act no more";
        case MoveKind::read:
            return "the partner is read";
        case MoveKind::slow_read:
            return "a read is answered, and the answer is slow";
        case MoveKind::read_returns:
            return "that answer arrives";
        case MoveKind::report:
            return "a report arrives: " + std::string{to_text(before.history.at(move.which))} +
                   (move.which == before.date ? "" : ", late");
        case MoveKind::stale_report:
            return "an old report arrives";
        case MoveKind::recover:
            return "the partner is sure again";
        case MoveKind::conclude:
            return "there is no way to what is asked";
    }
    return "";
}

}  // namespace

std::string describe(const World& before, const Move& move, const World& after) {
    const auto& ours = after.ours;
    auto text = what(before, move, after) + " | record " + std::string{to_text(ours.status)} +
                ", known " + std::string{to_text(ours.partner_status)};
    if (ours.intent) text += ", asked for";
    if (ours.read_wanted) text += ", to be read";
    text += "; partner has " + std::string{to_text(after.actual)};
    return text;
}

}  // namespace usher::domain::explore
