// What an answer, a read or a report does (lifecycle §4), and who wins (§5).
#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "domain/rule_book.h"

namespace usher::domain {

namespace {

// The partner's end is the last word: nothing that we still wait for can act on it any more.
void adopt_end(Settling& settling) {
    auto& after = settling.after;
    for (auto& call : after.calls) {
        if (call.phase == CallPhase::awaited) call.phase = CallPhase::open;
    }
    const auto status_before = after.status;
    const bool asked = after.intent;
    if (!refine(after)) {
        after.status = record_word(after.partner_status);
        if (asked)
            settling.refuse(Rejection::ended_by_partner, {});
        else
            settling.say(ChangeKind::partner_moved);
    } else if (asked) {
        settling.say(ChangeKind::confirmed);
    } else if (after.status != status_before) {
        settling.say(ChangeKind::partner_moved);
    }
    end_request(after);
}

constexpr base::Time kNever = base::Time::max();

Rejection why_no_step(const Convergence& entitlement) {
    const auto wanted = meaning(entitlement.status);
    if (entitlement.partner_status != PartnerStatus::pending) {
        return Rejection::not_supported_by_partner;
    }
    if (wanted == PartnerStatus::active) return Rejection::still_pending_at_partner;
    return wanted == PartnerStatus::suspended ? Rejection::not_active_yet
                                              : Rejection::not_supported_by_partner;
}

void hold(Convergence& after, const PartnerView& view) {
    after.partner_status = view.status;
    if (view.date) after.partner_date = view.date;
}

// The partner has the product that was asked for; where the customer must act for it, it is PENDING
// again.
void see_product(Convergence& after, const PartnerView& view) {
    if (!view.has_wanted_product || view.status == PartnerStatus::unknown) return;
    for (auto& call : after.calls) {
        if (call.action != PartnerAction::change_product) continue;
        call.result = kEffectSeen;
        if (call.phase == CallPhase::awaited) call.phase = CallPhase::open;
    }
    if (!after.product_wanted) return;
    after.product_wanted = false;
    if (refined(after.status, view.status)) return;
    after.intent = view.status == PartnerStatus::pending;
    if (after.intent) after.status = EntitlementStatus::pending;
}

Call* find_call(Convergence& entitlement, std::uint32_t number) {
    const auto found = std::ranges::find(entitlement.calls, number, &Call::number);
    return found == entitlement.calls.end() ? nullptr : &*found;
}

}  // namespace

// The record follows the partner from here on. What a call of the ended request may still do is
// what was asked: to undo it would be a change that nobody wants. And an ending that is the
// partner's own is not started again by us.
template <class Rules>
void RuleBook<Rules>::stop_defending(Convergence& after, EntitlementStatus wished) const {
    if (!rules_.hold(Rule::late_success_is_kept)) return;
    const bool is_ending = after.partner_status == PartnerStatus::active_ending;
    for (auto& call : after.calls) {
        const bool was_refused = after.refusal && after.refusal->action == call.action;
        if (is_ending || was_refused || can_result_in(call.action, meaning(wished))) {
            call.pushed_back = true;
        }
    }
}

// The request cannot be carried out: the record goes back to what the partner has.
template <class Rules>
void RuleBook<Rules>::give_up_request(Settling& settling, Rejection rejection,
                                      std::string partner_code) const {
    auto& after = settling.after;
    stop_defending(after, after.status);
    after.status = record_word(after.partner_status);
    end_request(after);
    settling.refuse(rejection, std::move(partner_code));
}

template <class Rules>
void RuleBook<Rules>::go_on_with_request(Settling& settling, ActionSet supported) const {
    auto& after = settling.after;
    const auto step = first_step(after.partner_status, after.status, supported);
    // What was refused serves the present request, or a newer one came meanwhile.
    bool serves = after.refusal && !rules_.hold(Rule::refusal_serves_the_request);
    if (after.refusal) {
        auto with_it = supported;
        with_it.insert(after.refusal->action);
        const bool is_next =
            first_step(after.partner_status, after.status, with_it) == after.refusal->action;
        serves = serves || (is_next && (!step || *step == after.refusal->action));
    }
    if (serves) {
        const auto refusal = *after.refusal;
        give_up_request(settling, refusal.rejection, refusal.partner_code);
    } else if (!step) {
        give_up_request(settling, why_no_step(after), {});
    } else {
        after.refusal.reset();
    }
}

// Nothing is asked for beside the product, so where the status is another one the request is over.
template <class Rules>
void RuleBook<Rules>::go_on_with_product(Settling& settling, ActionSet supported) const {
    auto& after = settling.after;
    const auto give_up = [&](Rejection rejection, std::string partner_code) {
        if (!agree(after.status, after.partner_status)) {
            after.status = record_word(after.partner_status);
        }
        end_request(after);
        settling.refuse(rejection, std::move(partner_code));
    };
    if (!agree(after.status, after.partner_status)) {
        return give_up(Rejection::product_not_changeable, {});
    }
    if (after.refusal && after.refusal->action == PartnerAction::change_product) {
        const auto refusal = *after.refusal;
        return give_up(refusal.rejection, refusal.partner_code);
    }
    after.refusal.reset();
    if (!supported.contains(PartnerAction::change_product)) {
        give_up(Rejection::not_supported_by_partner, {});
    }
}

template <class Rules>
void RuleBook<Rules>::follow_partner(Settling& settling, ActionSet supported) const {
    auto& after = settling.after;
    after.refusal.reset();
    Call* late = nullptr;
    for (auto& call : after.calls) {
        // What this very decision ended counts: a create that was found is over.
        const bool possible = !call.pushed_back && can_result_in(call.action, after.partner_status);
        // Of several that it may have been, the one that can act for the shortest time: as many
        // are left to be pushed back as can still act.
        if (possible && (late == nullptr || call.horizon < late->horizon)) late = &call;
    }
    if (late != nullptr && rules_.hold(Rule::pushes_late_effects_back) &&
        first_step(after.partner_status, after.status, supported).has_value()) {
        late->pushed_back = true;
        after.intent = true;
        settling.say(ChangeKind::pushed_back);
        settling.because(late->action);
        return;
    }
    stop_defending(after, after.status);
    after.status = record_word(after.partner_status);
    settling.say(ChangeKind::partner_moved);
}

// Decides who wins (lifecycle §5), as far as what is known allows it.
template <class Rules>
void RuleBook<Rules>::resolve(Settling& settling, ActionSet supported) const {
    auto& after = settling.after;
    if (after.partner_status == PartnerStatus::unknown || after.read_wanted) return;
    if (is_ended(after.partner_status)) {
        adopt_end(settling);
        return;
    }
    if (is_blocked(after)) return;
    if (after.product_wanted) return go_on_with_product(settling, supported);
    const auto status_before = after.status;
    if (refine(after)) {
        if (after.intent)
            settling.say(ChangeKind::confirmed);
        else if (after.status != status_before)
            settling.say(ChangeKind::partner_moved);
        end_request(after);
    } else if (after.intent) {
        go_on_with_request(settling, supported);
    } else {
        follow_partner(settling, supported);
    }
}

template <class Rules>
void RuleBook<Rules>::settle_confirmed(Settling& settling, Call& call, const PartnerView& view,
                                       const CallLimits& limits, base::Time now) const {
    auto& after = settling.after;
    call.answer_read = true;
    if (view.status == PartnerStatus::unknown && rules_.hold(Rule::unsure_is_open)) {
        lose(settling, call, limits, now);
        return;
    }
    call.phase = CallPhase::answered;
    // The partner answers a repeated request id with its first answer, which may be long past.
    const bool replayed = was_sent_before(call) && rules_.hold(Rule::reads_replayed_answers);
    if (replayed) after.read_wanted = true;
    if (!replayed || after.partner_status == PartnerStatus::none) {
        hold(after, view);
        see_product(after, view);
        settling.say(view.status == PartnerStatus::unknown ? ChangeKind::lost : ChangeKind::learnt);
    }
    for (auto& other : after.calls) {
        const bool created_too = other.action == PartnerAction::create &&
                                 call.action == PartnerAction::create && !after.read_wanted &&
                                 rules_.hold(Rule::found_means_created);
        if (created_too || !rules_.hold(Rule::confirmed_leaves_others)) {
            other.phase = CallPhase::answered;
        }
    }
}

template <class Rules>
Decision RuleBook<Rules>::settle_action(const Convergence& before, std::uint32_t number,
                                        const ActionAnswer& answer, ActionSet supported,
                                        const CallLimits& limits, base::Time now) const {
    Settling settling{before};
    auto& after = settling.after;
    auto* call = find_call(after, number);
    if (call == nullptr || call->phase != CallPhase::under_way) return no_decision(before);
    settling.because(call->action);
    call->result = answer.result;
    after.bound = after.bound || answer.bound;
    switch (answer.outcome) {
        case ActionOutcome::confirmed:
            settle_confirmed(settling, *call, answer.view, limits, now);
            break;
        case ActionOutcome::accepted:
            call->phase = CallPhase::awaited;
            call->answer_read = true;
            call->deadline = now + limits.awaited;
            if (base::planted(base::Planted::deadline_never)) call->deadline = kNever;
            call->horizon = now + limits.horizon;
            settling.say(ChangeKind::accepted);
            break;
        case ActionOutcome::refused:
            // A replayed refusal is about the past: the next try, with a new id, will tell.
            if (!was_sent_before(*call) || !rules_.hold(Rule::reads_replayed_answers)) {
                after.refusal = PartnerRefusal{call->action, answer.rejection, answer.partner_code};
            }
            // The partner refused this send; an earlier one may still act.
            call->phase = was_sent_before(*call) && rules_.hold(Rule::trouble_ends_only_its_send)
                              ? CallPhase::open
                              : CallPhase::answered;
            call->answer_read = true;
            after.read_wanted = true;
            break;
        case ActionOutcome::failed:
        case ActionOutcome::lost:
            call->answer_read = call->answer_read || answer.outcome == ActionOutcome::failed;
            lose(settling, *call, limits, now);
            break;
        case ActionOutcome::trouble:
            call->phase = was_sent_before(*call) && rules_.hold(Rule::trouble_ends_only_its_send)
                              ? CallPhase::open
                              : CallPhase::answered;
            break;
    }
    resolve(settling, supported);
    return std::move(settling).finish();
}

// An awaited call whose effect shows is waited for no longer. It stays open: the partner may have
// moved there by itself, and the call may act on what comes after. Only a create is over for good:
// nobody else creates, and there is one record at most.
template <class Rules>
void RuleBook<Rules>::look_for_effects(PartnerStatus known_before, Convergence& after) const {
    for (auto& call : after.calls) {
        const bool is_new = known_before != after.partner_status;
        const bool created = call.action == PartnerAction::create &&
                             is_live(after.partner_status) &&
                             rules_.hold(Rule::found_means_created);
        const bool shows = is_new && can_result_in(call.action, after.partner_status);
        if (created || shows) call.result = kEffectSeen;
        if (created) call.phase = CallPhase::answered;
        if (created && is_live(known_before)) call.pushed_back = true;
        if (call.phase != CallPhase::awaited) continue;
        if (shows) call.phase = CallPhase::open;
        if (!rules_.hold(Rule::waits_until_the_deadline)) call.phase = CallPhase::answered;
    }
}

namespace {

// Calls that could act no more when this look began: it has shown what came of them.
void end_expired(Convergence& after, base::Time look_begun) {
    for (auto& call : after.calls) {
        if (call.phase != CallPhase::open || look_begun < call.horizon) continue;
        call.phase = CallPhase::answered;
        if (call.result != kEffectSeen) call.result = "never answered";
    }
}

}  // namespace

template <class Rules>
Decision RuleBook<Rules>::settle_read(const Convergence& before, const ReadAnswer& answer,
                                      ActionSet supported) const {
    Settling settling{before};
    auto& after = settling.after;
    if (any_in(before, CallPhase::under_way)) return no_decision(before);
    if (answer.outcome == ReadOutcome::lost) return no_decision(before);
    if (before.heard_at && answer.begun <= *before.heard_at &&
        rules_.hold(Rule::reads_after_news)) {
        after.read_wanted = true;
        return std::move(settling).finish();
    }
    if (answer.outcome == ReadOutcome::found) {
        after.bound = true;
        hold(after, answer.view);
        see_product(after, answer.view);
    } else {
        const bool too_early = std::ranges::any_of(after.calls, [&](const Call& call) {
            return call.action == PartnerAction::create && answer.begun < call.deadline;
        });
        if (before.bound) return no_decision(before);
        if (too_early) {
            // It may still be made; so nothing is learnt, nor is what was known in doubt.
            if (before.partner_status == PartnerStatus::none) after.read_wanted = false;
            end_expired(after, answer.begun);
            return std::move(settling).finish();
        }
        after.partner_status = PartnerStatus::none;
    }
    after.read_wanted = false;
    look_for_effects(before.partner_status, after);
    if (before.partner_status != after.partner_status) {
        settling.say(after.partner_status == PartnerStatus::unknown ? ChangeKind::lost
                                                                    : ChangeKind::learnt);
    }
    resolve(settling, supported);
    end_expired(after, answer.begun);
    return std::move(settling).finish();
}

template <class Rules>
Decision RuleBook<Rules>::receive_report(const Convergence& before, const PartnerView& view,
                                         ActionSet supported, base::Time now) const {
    const bool known = before.partner_status != PartnerStatus::unknown &&
                       before.partner_status != PartnerStatus::none && !before.read_wanted;
    const bool repeat = known && view.date && before.partner_date == view.date &&
                        before.partner_status == view.status;
    if (repeat) return no_decision(before);
    const bool newer = (view.date && before.partner_date && *before.partner_date < *view.date) ||
                       !rules_.hold(Rule::reports_by_date);
    const bool quiet = before.calls.empty() || !rules_.hold(Rule::reports_when_quiet);
    Settling settling{before};
    auto& after = settling.after;
    after.heard_at = now;
    if (!known || !newer || !quiet || view.status == PartnerStatus::unknown) {
        after.read_wanted = true;
        return std::move(settling).finish();
    }
    hold(after, view);
    if (before.partner_status != after.partner_status) settling.say(ChangeKind::learnt);
    resolve(settling, supported);
    return std::move(settling).finish();
}

template <class Rules>
Decision RuleBook<Rules>::conclude(const Convergence& before, ActionSet supported) const {
    Settling settling{before};
    resolve(settling, supported);
    return std::move(settling).finish();
}

template class RuleBook<ServedRules>;
template class RuleBook<AllRulesBut>;

namespace {

constexpr RuleBook<ServedRules> kBook;

}  // namespace

Decision settle_action(const Convergence& before, std::uint32_t number, const ActionAnswer& answer,
                       ActionSet supported, const CallLimits& limits, base::Time now) {
    return kBook.settle_action(before, number, answer, supported, limits, now);
}

Decision settle_read(const Convergence& before, const ReadAnswer& answer, ActionSet supported) {
    return kBook.settle_read(before, answer, supported);
}

Decision receive_report(const Convergence& before, const PartnerView& view, ActionSet supported,
                        base::Time now) {
    return kBook.receive_report(before, view, supported, now);
}

Decision conclude(const Convergence& before, ActionSet supported) {
    return kBook.conclude(before, supported);
}

}  // namespace usher::domain
