#include "domain/explore/moves.h"

#include <algorithm>
#include <cstdlib>

#include "domain/explore/partner.h"

namespace usher::domain::explore {

namespace {

// One word for each meaning: SUBSCRIBED and UNSUBSCRIBED only change the record.
constexpr std::array kAskedWords{EntitlementStatus::pending,   EntitlementStatus::active,
                                 EntitlementStatus::suspended, EntitlementStatus::active_ending,
                                 EntitlementStatus::cancelled, EntitlementStatus::revoked};

template <class Enum>
std::uint8_t number_of(Enum value) {
    return static_cast<std::uint8_t>(value);
}

bool is_fault(Arrival arrival) {
    return arrival >= Arrival::accepted;
}

// Of the open ones that could have the same effect.
bool is_oldest(const World& world, std::size_t call) {
    const auto& calls = world.ours.calls;
    return std::ranges::none_of(
        calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(call), [&](const Call& older) {
            return older.phase == CallPhase::open && group_of(older) == group_of(calls[call]);
        });
}

bool has_action(const World& world, std::size_t call, MoveKind kind) {
    const auto& ours = world.ours.calls[call];
    const auto& flight = world.flights[call];
    switch (kind) {
        case MoveKind::act_late:
            return flight.queued || (flight.travelling && flight.said == Said::nothing &&
                                     ours.phase != CallPhase::under_way);
        case MoveKind::wait_ends:
            return ours.phase == CallPhase::awaited;
        case MoveKind::horizon:
            // It is read again until then, so that nothing of it is left unseen. What was opened
            // first is over first.
            return is_oldest(world, call) && !flight.queued &&
                   (!flight.travelling || flight.said != Said::nothing) && is_known(world);
        case MoveKind::deliver:
        case MoveKind::lose:
        case MoveKind::die:
            return ours.phase == CallPhase::under_way;
        case MoveKind::ask:
        case MoveKind::partner_acts:
        case MoveKind::begin:
        case MoveKind::read:
        case MoveKind::slow_read:
        case MoveKind::read_returns:
        case MoveKind::report:
        case MoveKind::stale_report:
        case MoveKind::recover:
        case MoveKind::conclude:
            break;
    }
    return false;
}

void list_arrivals(const World& world, PartnerAction action, MoveKind kind, std::uint8_t call,
                   std::vector<Move>& moves) {
    const auto add = [&](Arrival arrival) { moves.push_back({kind, number_of(arrival), call}); };
    if (action != PartnerAction::create) {
        add(Arrival::not_available);
        if (!world.supported.contains(action)) return;
    }
    const auto results = effects(action, world.actual);
    if (results.empty()) {
        add(Arrival::conflict);
        return;
    }
    add(Arrival::first_effect);
    if (results.size() > 1) add(Arrival::second_effect);
    if (kind == MoveKind::act_late) return;
    add(Arrival::accepted);
    add(Arrival::broken);
    add(Arrival::unsure);
    add(Arrival::rejected);
}

void list_late_effects(const World& world, std::uint8_t call, std::vector<Move>& moves) {
    const auto action = world.ours.calls[call].action;
    if (!world.flights[call].queued) {
        list_arrivals(world, action, MoveKind::act_late, call, moves);
        return;
    }
    if (!world.supported.contains(action)) return;
    const auto results = effects(action, world.actual);
    const auto count = static_cast<std::uint8_t>(results.size());
    for (std::uint8_t result = 0; result < count; ++result) {
        moves.push_back({MoveKind::act_late, result, call});
    }
}

void list_call_moves(const World& world, std::uint8_t call, const Grain& grain,
                     std::vector<Move>& moves) {
    if (has_action(world, call, MoveKind::deliver)) {
        const auto said = world.flights[call].said;
        if (said != Said::nothing) moves.push_back({MoveKind::deliver, 0, call});
        if (said != Said::trouble) {
            moves.push_back({MoveKind::lose, 0, call});
            if (grain.fine) moves.push_back({MoveKind::die, 0, call});
        }
    }
    if (has_action(world, call, MoveKind::act_late)) list_late_effects(world, call, moves);
    for (const auto kind : {MoveKind::wait_ends, MoveKind::horizon}) {
        if (has_action(world, call, kind)) moves.push_back({kind, 0, call});
    }
}

bool is_repeat(const World& world, const Decider& decider, PartnerAction action) {
    return decider.begin_call(world.ours, action).call.number <= world.flights.size();
}

// Whether the request id was used before, and what the partner said to it.
void list_begins(const World& world, const Decider& decider, PartnerAction action,
                 std::vector<Move>& moves) {
    const auto number = decider.begin_call(world.ours, action).call.number;
    const bool known =
        number <= world.flights.size() && world.flights[number - 1].said != Said::nothing;
    if (known) {
        moves.push_back({MoveKind::begin, number_of(Arrival::repeated)});
        return;
    }
    list_arrivals(world, action, MoveKind::begin, 0, moves);
    moves.push_back({MoveKind::begin, number_of(Arrival::delayed)});
    moves.push_back({MoveKind::begin, number_of(Arrival::trouble)});
}

bool is_fresh(const World& world) {
    return world.ours.partner_status == world.actual && !world.ours.read_wanted && !world.unsure &&
           (world.actual == PartnerStatus::none || held_date(world) == world.date);
}

void list_our_moves(const World& world, const Decider& decider, const Grain& grain,
                    std::vector<Move>& moves) {
    if (is_any(world.ours, CallPhase::under_way)) return;
    if (world.read) {
        moves.push_back({MoveKind::read_returns});
        return;
    }
    const auto step = decider.plan(world.ours, world.supported);
    const bool has_room = world.ours.calls.size() < grain.open_calls ||
                          (step.action && is_repeat(world, decider, *step.action));
    if (step.kind == StepKind::act && has_room) list_begins(world, decider, *step.action, moves);
    if (step.kind == StepKind::refused) moves.push_back({MoveKind::conclude});
    // A read that shows what is known changes nothing; a slow one may.
    if (!is_fresh(world)) moves.push_back({MoveKind::read});
    if (grain.fine) moves.push_back({MoveKind::slow_read});
}

void list_reports(const World& world, const Grain& grain, std::vector<Move>& moves) {
    const auto held = held_date(world);
    if (world.actual == PartnerStatus::none) return;
    if (held != world.date) moves.push_back({MoveKind::report, world.date});
    if (!grain.fine) return;
    const auto before = static_cast<std::uint8_t>(world.date - 1);
    if (before > held && before > 1 && world.history.at(before) != PartnerStatus::none) {
        moves.push_back({MoveKind::report, before});
    }
    if (held != 0 && !world.ours.read_wanted) moves.push_back({MoveKind::stale_report});
}

void change_partner(World& world, PartnerStatus to) {
    if (world.actual == to) return;
    world.actual = to;
    world.history.at(++world.date) = to;
}

// What the call does at the partner, now.
void take_effect(World& world, std::size_t call, Arrival arrival) {
    const auto action = world.ours.calls[call].action;
    const auto results = effects(action, world.actual);
    change_partner(world, results[arrival == Arrival::second_effect ? 1 : 0]);
}

void arrive(World& world, std::size_t call, Arrival arrival) {
    auto& flight = world.flights[call];
    if (arrival == Arrival::repeated) return;
    if (arrival == Arrival::trouble) {
        flight.said = Said::trouble;
        return;
    }
    flight.travelling = arrival == Arrival::delayed;
    switch (arrival) {
        case Arrival::first_effect:
        case Arrival::second_effect:
            take_effect(world, call, arrival);
            flight.said = Said::done;
            flight.status = world.actual;
            flight.date = world.date;
            break;
        case Arrival::conflict:
            flight.said = Said::conflict;
            break;
        case Arrival::not_available:
            flight.said = Said::not_available;
            break;
        case Arrival::accepted:
            flight.said = Said::accepted;
            flight.queued = true;
            break;
        case Arrival::broken:
            flight.said = Said::broken;
            flight.queued = true;
            break;
        case Arrival::unsure:
            flight.said = Said::unsure;
            flight.queued = true;
            world.unsure = true;
            break;
        case Arrival::rejected:
            flight.said = Said::rejected;
            break;
        case Arrival::repeated:
        case Arrival::delayed:
        case Arrival::trouble:
            break;
    }
}

ActionAnswer answer_of(const Flight& flight) {
    switch (flight.said) {
        case Said::done:
            return {.outcome = ActionOutcome::confirmed,
                    .view = {flight.status, as_time(flight.date)},
                    .bound = true};
        case Said::accepted:
            return {.outcome = ActionOutcome::accepted};
        case Said::broken:
            return {.outcome = ActionOutcome::failed};
        case Said::unsure:
            return {.outcome = ActionOutcome::confirmed, .view = {PartnerStatus::unknown, {}}};
        case Said::not_available:
            return {.outcome = ActionOutcome::refused,
                    .rejection = Rejection::not_supported_by_partner};
        case Said::conflict:
        case Said::rejected:
            return {.outcome = ActionOutcome::refused};
        case Said::trouble:
            return {.outcome = ActionOutcome::trouble};
        case Said::nothing:
            break;
    }
    std::abort();
}

// Takes over what was decided; the partner's side of calls that ended is forgotten with them.
void take(World& world, const Decision& decision, bool asked, Broken& broken) {
    check_decision(world, decision, asked, broken);
    Flights flights;
    for (const auto& call : decision.after.calls) {
        const bool is_old = call.number <= world.flights.size();
        flights.push_back(is_old ? world.flights[call.number - 1] : Flight{});
    }
    for (const auto& call : world.ours.calls) {
        const auto& flight = world.flights[call.number - 1];
        const bool may_act = flight.queued || (flight.travelling && flight.said == Said::nothing);
        const bool gone = std::ranges::find(decision.after.calls, call.number, &Call::number) ==
                          decision.after.calls.end();
        // There is one record at most: a second create finds the first one's.
        const bool is_done =
            call.action == PartnerAction::create && world.actual != PartnerStatus::none;
        if (gone && may_act && !is_done) broken.say("no call is forgotten that may still act");
    }
    const bool fulfils = fulfils_wish(decision.after.status, world.ours.status);
    world.ours = decision.after;
    world.flights = flights;
    // What it followed is nobody's wish here any more.
    if (!asked && !fulfils) world.judgement.operator_wish = false;
}

void ask(World& world, EntitlementStatus to, const Decider& decider, Broken& broken) {
    const auto request = decider.ask(world.ours, to, world.supported);
    check_verdict(world, to, request, broken);
    if (request.verdict.answer != Answer::accepted) return;
    auto& judgement = world.judgement;
    if (is_known(world)) judgement.partner_acted = false;
    judgement.refused = false;
    judgement.operator_wish = true;
    take(world, request.decision, true, broken);
    if (decider.plan(world.ours, world.supported).kind == StepKind::refused) {
        broken.say("what cannot be done is refused at once");
    }
}

void begin(World& world, Arrival arrival, const Decider& decider, Broken& broken) {
    const auto action = *decider.plan(world.ours, world.supported).action;
    const auto begun = decider.begin_call(world.ours, action);
    const bool repeated = begun.call.number <= world.flights.size();
    check_call(world, action, repeated, broken);
    world.ours = begun.after;
    if (!repeated) world.flights.push_back({});
    arrive(world, begun.call.number - 1, arrival);
}

void deliver(World& world, std::size_t call, const Decider& decider, Broken& broken) {
    const auto flight = world.flights[call];
    if (flight.said == Said::trouble) world.flights[call].said = Said::nothing;
    const auto action = world.ours.calls[call].action;
    const bool first_send = world.ours.calls[call].horizon == base::Time{};
    if (flight.said == Said::not_available) world.supported.erase(action);
    const bool refused = flight.said == Said::rejected || flight.said == Said::conflict;
    if (refused && first_send &&
        serves(action, world.ours.partner_status, world.ours.status, world.supported)) {
        world.judgement.refused = true;
    }
    if (flight.said == Said::broken || flight.said == Said::unsure) world.judgement.unread = true;
    take(world,
         decider.settle_action(world.ours, world.ours.calls[call].number, answer_of(flight),
                               world.supported),
         false, broken);
}

void settle_without_answer(World& world, const Move& move, const Decider& decider, Broken& broken) {
    const auto number = world.ours.calls[move.call].number;
    world.judgement.unread = true;
    if (move.kind == MoveKind::lose) {
        take(world,
             decider.settle_action(world.ours, number, {.outcome = ActionOutcome::lost},
                                   world.supported),
             false, broken);
    } else {
        take(world, decider.take_over(world.ours), false, broken);
    }
}

void pass_time(World& world, const Move& move, const Decider& decider, Broken& broken) {
    auto& call = world.ours.calls[move.call];
    if (move.kind == MoveKind::wait_ends) {
        call.deadline = present();
        world.judgement.unread = true;
        take(world, decider.pass_time(world.ours), false, broken);
        return;
    }
    call.horizon = present();
    take(world, decider.pass_time(world.ours), false, broken);
    // Seen already, it needs no more looks.
    if (!world.ours.read_wanted) return;
    world.ours.heard_at.reset();
    const Read look{world.actual, world.date, world.unsure, false};
    take(world, decider.settle_read(world.ours, answer_of(look), world.supported), false, broken);
}

void return_read(World& world, const Decider& decider, Broken& broken) {
    const auto read = *world.read;
    world.read.reset();
    world.ours.heard_at.reset();
    if (read.overheard) world.ours.heard_at = present();
    take(world, decider.settle_read(world.ours, answer_of(read), world.supported), false, broken);
    if (!world.ours.read_wanted) world.judgement.unread = false;
}

void report(World& world, const Move& move, const Decider& decider, Broken& broken) {
    PartnerView view;
    if (move.kind == MoveKind::stale_report) {
        view = {PartnerStatus::active, as_time(0)};
    } else {
        view = {world.history.at(move.which), as_time(move.which)};
    }
    take(world, decider.receive_report(world.ours, view, world.supported), false, broken);
    if (world.read && world.ours.heard_at) world.read->overheard = true;
}

void act_late(World& world, const Move& move) {
    auto& flight = world.flights[move.call];
    const auto arrival = static_cast<Arrival>(move.which);
    if (flight.queued) {
        flight.queued = false;
        take_effect(world, move.call, arrival);
    } else {
        arrive(world, move.call, arrival);
    }
}

void change(World& world, const Move& move, const Decider& decider, Broken& broken) {
    switch (move.kind) {
        case MoveKind::ask:
            return ask(world, static_cast<EntitlementStatus>(move.which), decider, broken);
        case MoveKind::partner_acts:
            world.judgement.partner_acted = true;
            return change_partner(world,
                                  *moved(static_cast<PartnerMove>(move.which), world.actual));
        case MoveKind::begin:
            return begin(world, static_cast<Arrival>(move.which), decider, broken);
        case MoveKind::deliver:
            return deliver(world, move.call, decider, broken);
        case MoveKind::lose:
        case MoveKind::die:
            return settle_without_answer(world, move, decider, broken);
        case MoveKind::act_late:
            return act_late(world, move);
        case MoveKind::wait_ends:
        case MoveKind::horizon:
            return pass_time(world, move, decider, broken);
        case MoveKind::slow_read:
            world.read = Read{world.actual, world.date, world.unsure, false};
            return;
        case MoveKind::read:
            world.read = Read{world.actual, world.date, world.unsure, false};
            return return_read(world, decider, broken);
        case MoveKind::read_returns:
            return return_read(world, decider, broken);
        case MoveKind::report:
        case MoveKind::stale_report:
            return report(world, move, decider, broken);
        case MoveKind::recover:
            world.unsure = false;
            return;
        case MoveKind::conclude:
            return take(world, decider.conclude(world.ours, world.supported), false, broken);
    }
}

}  // namespace

Budget cost(const World& world, const Move& move, const Grain& grain) {
    switch (move.kind) {
        case MoveKind::ask:
            return {1, 0, 0};
        case MoveKind::partner_acts:
            return {0, 1, 0};
        case MoveKind::stale_report:
        case MoveKind::slow_read:
            return {0, 0, 1};
        case MoveKind::lose:
        case MoveKind::die:
            // A delayed request was paid for.
            return {0, 0,
                    static_cast<std::uint8_t>(world.flights[move.call].said != Said::nothing)};
        case MoveKind::begin:
            if (static_cast<Arrival>(move.which) == Arrival::not_available) {
                return {0, 0, grain.unsupported_costs};
            }
            return {0, 0, static_cast<std::uint8_t>(is_fault(static_cast<Arrival>(move.which)))};
        case MoveKind::deliver:
        case MoveKind::act_late:
        case MoveKind::wait_ends:
        case MoveKind::horizon:
        case MoveKind::read:
        case MoveKind::read_returns:
        case MoveKind::report:
        case MoveKind::recover:
        case MoveKind::conclude:
            break;
    }
    return {};
}

void list_moves(const World& world, const Decider& decider, const Grain& grain,
                std::vector<Move>& moves) {
    moves.clear();
    list_our_moves(world, decider, grain, moves);
    const bool sent = is_any(world.ours, CallPhase::under_way);
    const auto count = static_cast<std::uint8_t>(world.ours.calls.size());
    for (std::uint8_t call = 0; call < count; ++call) {
        const bool is_this = world.ours.calls[call].phase == CallPhase::under_way;
        if (grain.fine || !sent || is_this) list_call_moves(world, call, grain, moves);
    }
    if (sent && !grain.fine) return;
    if (world.unsure) moves.push_back({MoveKind::recover});
    list_reports(world, grain, moves);
    for (const auto move : kPartnerMoves) {
        if (moved(move, world.actual)) moves.push_back({MoveKind::partner_acts, number_of(move)});
    }
    for (const auto to : kAskedWords) moves.push_back({MoveKind::ask, number_of(to)});
}

bool is_idle(const World& world, const Move& move, const Decider& decider, Broken& broken) {
    if (move.kind != MoveKind::ask) return false;
    const auto to = static_cast<EntitlementStatus>(move.which);
    const auto request = decider.ask(world.ours, to, world.supported);
    if (request.verdict.answer == Answer::accepted) return false;
    check_verdict(world, to, request, broken);
    return true;
}

World apply(const World& world, const Move& move, const Decider& decider, Broken& broken) {
    auto after = world;
    change(after, move, decider, broken);
    after.ours.heard_at.reset();
    normalise(after);
    if (broken.property.empty()) check_situation(after, decider, broken);
    return after;
}

}  // namespace usher::domain::explore
