#include "domain/convergence.h"

#include <algorithm>
#include <utility>

#include "domain/rule_book.h"

namespace usher::domain {

template <class Rules>
Request RuleBook<Rules>::ask(const Convergence& before, EntitlementStatus to,
                             ActionSet supported) const {
    const auto verdict = judge(before.status, before.partner_status, to);
    const auto nothing = no_decision(before);
    if (verdict.answer != Answer::accepted) return {verdict, nothing};
    Settling settling{before};
    auto& after = settling.after;
    settling.say(ChangeKind::requested);
    after.status = verdict.becomes;
    // Another word for what is there already asks nothing of the partner.
    if (meaning(before.status) == meaning(to)) return {verdict, std::move(settling).finish()};
    after.intent = true;
    after.product_wanted = false;
    after.refusal.reset();
    // From now on every call that is still open is an overtaken one.
    for (auto& call : after.calls) call.pushed_back = false;
    // Only the customer can activate; all we can do is look whether that has happened.
    if (before.partner_status == PartnerStatus::pending && meaning(to) == PartnerStatus::active) {
        after.read_wanted = true;
    }
    const bool known = after.partner_status != PartnerStatus::unknown && !after.read_wanted;
    if (known && !is_blocked(after) && rules_.hold(Rule::settles_at_once)) {
        if (refine(after))
            end_request(after);
        else if (!first_step(after.partner_status, to, supported)) {
            return {{Answer::refused, before.status, Rejection::not_supported_by_partner}, nothing};
        }
    }
    return {verdict, std::move(settling).finish()};
}

namespace {

bool has_product(const Convergence& entitlement) {
    return entitlement.partner_status == PartnerStatus::active &&
           meaning(entitlement.status) == PartnerStatus::active;
}

Step plan_product(const Convergence& entitlement, ActionSet supported) {
    if (!has_product(entitlement) || !supported.contains(PartnerAction::change_product)) {
        return {StepKind::refused, std::nullopt};
    }
    return {StepKind::act, PartnerAction::change_product};
}

// A call whose effect was seen, and that was sent once, has nothing left to do.
bool may_change_product(const Call& call) {
    const bool is_over = call.result == kEffectSeen && !call.sent_before;
    return call.action == PartnerAction::change_product && !is_over;
}

std::optional<Rejection> why_not_another_product(const Convergence& before, ActionSet supported) {
    if (is_ended(before.status) || is_ended(before.partner_status)) return Rejection::already_ended;
    if (meaning(before.status) != PartnerStatus::active) return Rejection::product_not_changeable;
    if (before.intent || std::ranges::any_of(before.calls, may_change_product)) {
        return Rejection::change_under_way;
    }
    if (!supported.contains(PartnerAction::change_product)) {
        return Rejection::not_supported_by_partner;
    }
    return std::nullopt;
}

}  // namespace

Request ask_product(const Convergence& before, ActionSet supported) {
    if (const auto rejection = why_not_another_product(before, supported)) {
        return {{Answer::refused, before.status, rejection}, no_decision(before)};
    }
    Settling settling{before};
    auto& after = settling.after;
    settling.say(ChangeKind::requested);
    after.intent = true;
    after.product_wanted = true;
    after.refusal.reset();
    return {{Answer::accepted, before.status, std::nullopt}, std::move(settling).finish()};
}

template <class Rules>
Step RuleBook<Rules>::plan(const Convergence& entitlement, ActionSet supported) const {
    if (any_in(entitlement, CallPhase::under_way)) return {};
    // Never send again before reading.
    if (entitlement.partner_status == PartnerStatus::unknown || entitlement.read_wanted) {
        return {StepKind::read, std::nullopt};
    }
    if (!entitlement.intent || any_in(entitlement, CallPhase::awaited)) return {};
    if (is_ended(entitlement.partner_status)) return {};
    if (entitlement.product_wanted) return plan_product(entitlement, supported);
    if (refined(entitlement.status, entitlement.partner_status)) return {};
    const auto step = first_step(entitlement.partner_status, entitlement.status, supported);
    if (!step) return {StepKind::refused, std::nullopt};
    return {StepKind::act, step};
}

template <class Rules>
Begun RuleBook<Rules>::begin_call(const Convergence& before, PartnerAction action,
                                  const RequestId& fresh_id, const std::string& body_digest,
                                  const CallLimits& limits, base::Time now) const {
    auto after = before;
    const auto again = std::ranges::find_if(after.calls, [&](const Call& call) {
        const bool answered = call.answer_read && rules_.hold(Rule::fresh_id_after_an_answer);
        return call.phase == CallPhase::open && call.action == action && !answered &&
               call.body_digest == body_digest;
    });
    if (again != after.calls.end() && rules_.hold(Rule::same_id_while_unanswered)) {
        again->phase = CallPhase::under_way;
        again->sent_before = true;
        again->deadline = now + limits.call;
        Begun begun{.after = {}, .call = *again};
        begun.after = std::move(after);
        return begun;
    }
    const Call call{.number = ++after.last_call,
                    .action = action,
                    .phase = CallPhase::under_way,
                    .request_id = fresh_id,
                    .begun = now,
                    .deadline = now + limits.call,
                    .body_digest = body_digest};
    after.calls.push_back(call);
    return {std::move(after), call};
}

template <class Rules>
void RuleBook<Rules>::make_open(Call& call, const CallLimits& limits, base::Time now) const {
    call.phase = rules_.hold(Rule::keeps_open_calls) ? CallPhase::open : CallPhase::answered;
    call.horizon = now + limits.horizon;
}

template <class Rules>
void RuleBook<Rules>::lose(Settling& settling, Call& call, const CallLimits& limits,
                           base::Time now) const {
    make_open(call, limits, now);
    settling.say(ChangeKind::lost);
    settling.because(call.action);
    if (rules_.hold(Rule::lost_means_unknown)) {
        settling.after.partner_status = PartnerStatus::unknown;
    }
}

template <class Rules>
Decision RuleBook<Rules>::pass_time(const Convergence& before, const CallLimits& limits,
                                    base::Time now) const {
    Settling settling{before};
    for (auto& call : settling.after.calls) {
        if (call.phase == CallPhase::awaited && call.deadline <= now) {
            lose(settling, call, limits, now);
        } else if (call.phase == CallPhase::open && call.horizon <= now) {
            // Its last effect may not have been seen yet: one more look, then it is over.
            if (call.result == kEffectSeen) {
                call.phase = CallPhase::answered;
            } else {
                settling.after.read_wanted = true;
            }
        }
    }
    return std::move(settling).finish();
}

template <class Rules>
Decision RuleBook<Rules>::take_over(const Convergence& before, const CallLimits& limits,
                                    base::Time now) const {
    Settling settling{before};
    for (auto& call : settling.after.calls) {
        if (call.phase == CallPhase::under_way) lose(settling, call, limits, now);
    }
    return std::move(settling).finish();
}

template class RuleBook<ServedRules>;
template class RuleBook<AllRulesBut>;

namespace {

constexpr RuleBook<ServedRules> kBook;

}  // namespace

Request ask(const Convergence& before, EntitlementStatus to, ActionSet supported) {
    return kBook.ask(before, to, supported);
}

Step plan(const Convergence& entitlement, ActionSet supported) {
    return kBook.plan(entitlement, supported);
}

Begun begin_call(const Convergence& before, PartnerAction action, const RequestId& fresh_id,
                 const std::string& body_digest, const CallLimits& limits, base::Time now) {
    return kBook.begin_call(before, action, fresh_id, body_digest, limits, now);
}

Decision pass_time(const Convergence& before, const CallLimits& limits, base::Time now) {
    return kBook.pass_time(before, limits, now);
}

Decision take_over(const Convergence& before, const CallLimits& limits, base::Time now) {
    return kBook.take_over(before, limits, now);
}

bool is_settled(const Convergence& entitlement) {
    return !entitlement.intent && !entitlement.read_wanted && !is_blocked(entitlement) &&
           agree(entitlement.status, entitlement.partner_status);
}

}  // namespace usher::domain
