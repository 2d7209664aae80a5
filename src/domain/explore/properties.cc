#include "domain/explore/properties.h"

#include <algorithm>

#include "domain/explore/partner.h"
#include "domain/lifecycle.h"

namespace usher::domain::explore {

namespace {

using Status = PartnerStatus;

bool is_quiet(const Convergence& ours) {
    return ours.partner_status != Status::unknown && !ours.read_wanted &&
           !is_any(ours, CallPhase::under_way) && !is_any(ours, CallPhase::awaited);
}

// The reason given for a refusal is the true one.
bool is_true_reason(const Convergence& before, const Change& change, ActionSet supported) {
    const auto partner = change.partner_to;
    const auto wish = before.status;
    switch (*change.rejection) {
        case Rejection::not_supported_by_partner:
            return distance(partner, wish, ActionSet::all()) && !distance(partner, wish, supported);
        case Rejection::still_pending_at_partner:
            return partner == Status::pending && meaning(wish) == Status::active;
        case Rejection::not_active_yet:
            return partner == Status::pending && meaning(wish) == Status::suspended;
        case Rejection::ended_by_partner:
            return is_ended(partner);
        case Rejection::refused_by_partner:
            return before.refusal && serves(before.refusal->action, partner, wish, supported);
        case Rejection::pending_is_never_asked:
        case Rejection::ending_cannot_be_suspended:
        case Rejection::already_ended:
        case Rejection::revoked_is_final:
        case Rejection::product_not_changeable:  // nobody in there asks for another product
        case Rejection::change_under_way:
            return false;
    }
    return false;
}

void check_change(const Convergence& before, const Decision& decision, Broken& broken) {
    const auto& after = decision.after;
    const bool differs =
        before.status != after.status || before.partner_status != after.partner_status;
    if (!decision.change) {
        if (differs) broken.say("every change of either side is told");
        return;
    }
    const auto& change = *decision.change;
    const bool true_ends =
        change.status_from == before.status && change.status_to == after.status &&
        change.partner_from == before.partner_status && change.partner_to == after.partner_status;
    if (!true_ends) broken.say("what is told is what changed");
}

}  // namespace

bool fulfils_wish(EntitlementStatus status, EntitlementStatus wish) {
    const auto is = meaning(status);
    switch (meaning(wish)) {
        case Status::pending:  // a purchase, whatever the partner has made of it since
            return is_live(is);
        case Status::active_ending:
        case Status::cancelled:
            return is == Status::active_ending || is == Status::cancelled;
        case Status::none:
        case Status::unknown:
        case Status::active:
        case Status::suspended:
        case Status::revoked:
            return is == meaning(wish);
    }
    return false;
}

// The record leaves what the operator asked for: only with good reason.
void check_giving_way(const World& world, const Decision& decision, Broken& broken) {
    const auto& before = world.ours;
    const auto& after = decision.after;
    const bool told = decision.change && (decision.change->kind == ChangeKind::refused ||
                                          decision.change->kind == ChangeKind::partner_moved);
    if (!told) broken.say("the record gives way only with the words refused or partner_moved");
    const auto& judgement = world.judgement;
    const bool possible =
        distance(after.partner_status, before.status, world.supported).has_value();
    if (judgement.operator_wish && !judgement.partner_acted && !judgement.refused && possible) {
        broken.say("the last request comes true unless the partner moves or refuses");
    }
}

void check_decision(const World& world, const Decision& decision, bool asked, Broken& broken) {
    const auto& before = world.ours;
    const auto& after = decision.after;
    check_change(before, decision, broken);
    if (before.bound && (!after.bound || after.partner_status == Status::none)) {
        broken.say("what the partner has made is never taken for not made");
    }
    if (before.partner_date &&
        (!after.partner_date || *after.partner_date < *before.partner_date)) {
        broken.say("what is known never becomes older");
    }
    if (asked) return;
    if (!fulfils_wish(after.status, before.status)) check_giving_way(world, decision, broken);
    const bool refused = decision.change && decision.change->kind == ChangeKind::refused;
    if (refused && !is_true_reason(before, *decision.change, world.supported)) {
        broken.say("a refusal gives its true reason, and is of what is asked now");
    }
    if (before.intent && !after.intent && !decision.change) {
        broken.say("the end of a request is told");
    }
}

void check_verdict(const World& before, EntitlementStatus to, const Request& request,
                   Broken& broken) {
    const auto& ours = before.ours;
    const auto& verdict = request.verdict;
    const auto partner = ours.partner_status;
    if (verdict.answer != Answer::accepted && request.decision.after != ours) {
        broken.say("a request that is not accepted changes nothing");
    }
    if (verdict.answer == Answer::refused) {
        const bool blames_product = verdict.rejection == Rejection::not_supported_by_partner;
        if (blames_product && !distance(partner, to, ActionSet::all())) {
            broken.say("a refusal gives its true reason, and is of what is asked now");
        }
        return;
    }
    if (is_quiet(ours) && is_ended(partner) && !is_ended(to)) {
        broken.say("what the partner has ended is not asked back");
    }
}

void check_call(const World& before, PartnerAction action, bool repeated, Broken& broken) {
    const auto& ours = before.ours;
    if (!is_quiet(ours) || before.judgement.unread) {
        broken.say("nothing is sent before what is open was read");
    }
    if (action == PartnerAction::create && ours.bound) {
        broken.say("nothing is created twice");
    }
    if (!serves(action, ours.partner_status, ours.status, before.supported)) {
        broken.say("every call serves what is asked now");
    }
    const bool ends = action == PartnerAction::cancel || action == PartnerAction::revoke;
    if (ends && !before.judgement.operator_wish)
        broken.say("nothing ends that nobody asked to end");
    for (std::size_t i = 0; i < ours.calls.size(); ++i) {
        const auto& flight = before.flights[i];
        const bool same = ours.calls[i].action == action && !ours.calls[i].answer_read;
        if (same && !repeated && flight.travelling && flight.said == Said::nothing) {
            broken.say("one intended call has one request id, so one effect");
        }
    }
}

void check_situation(const World& world, const Decider& decider, Broken& broken) {
    const auto& ours = world.ours;
    const auto step = decider.plan(ours, world.supported);
    const bool waits = is_any(ours, CallPhase::under_way) || is_any(ours, CallPhase::awaited);
    if (ours.intent && !waits && step.kind == StepKind::none) {
        broken.say("an open request has a next step");
    }
    const bool changes = step.kind == StepKind::act || step.kind == StepKind::refused;
    if (!ours.intent && changes) broken.say("no call without a request");
    if (!is_quiet(ours)) return;
    if (!ours.intent && !agree(ours.status, ours.partner_status)) {
        broken.say("what is known to differ is asked for or followed");
    }
    if (is_ended(ours.partner_status) && (ours.intent || !is_ended(ours.status))) {
        broken.say("the partner has the last word about an end");
    }
}

void check_rest(const World& world, Broken& broken) {
    const auto& ours = world.ours;
    if (ours.partner_status != world.actual) broken.say("at rest we know what the partner has");
    if (ours.intent || ours.read_wanted || !ours.calls.empty()) {
        broken.say("at rest nothing is open");
    }
    if (!agree(ours.status, world.actual)) broken.say("at rest both sides agree");
}

}  // namespace usher::domain::explore
