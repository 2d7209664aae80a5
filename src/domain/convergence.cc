#include "domain/convergence.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace usher::domain {

namespace {

// Collects what one decision does; the statuses before and after are compared at the end.
class Settling {
  public:
    explicit Settling(const Convergence& before) : after{before}, before_{before} {}

    Convergence after;

    void say(ChangeKind kind) {
        change_.kind = kind;
        said_ = true;
    }
    void because(PartnerAction action) { change_.action = action; }
    void refuse(Rejection rejection, std::string partner_code) {
        say(ChangeKind::refused);
        change_.rejection = rejection;
        change_.partner_code = std::move(partner_code);
    }

    Decision finish() && {
        Decision decision{.after = std::move(after), .answered = {}, .change = std::nullopt};
        auto& calls = decision.after.calls;
        std::ranges::copy_if(calls, std::back_inserter(decision.answered), is_answered);
        std::erase_if(calls, is_answered);
        if (!said_) return decision;
        change_.status_from = before_.status;
        change_.status_to = decision.after.status;
        change_.partner_from = before_.partner_status;
        change_.partner_to = decision.after.partner_status;
        decision.change = std::move(change_);
        return decision;
    }

  private:
    static bool is_answered(const Call& call) { return call.phase == CallPhase::answered; }

    const Convergence& before_;
    Change change_;
    bool said_ = false;
};

bool any_in(const Convergence& entitlement, CallPhase phase) {
    return std::ranges::any_of(entitlement.calls,
                               [phase](const Call& call) { return call.phase == phase; });
}

bool is_blocked(const Convergence& entitlement) {
    return any_in(entitlement, CallPhase::under_way) || any_in(entitlement, CallPhase::awaited);
}

void make_open(Call& call, const CallLimits& limits, base::Time now) {
    call.phase = CallPhase::open;
    call.horizon = now + limits.horizon;
}

void end_request(Convergence& after) {
    after.intent = false;
    after.refusal.reset();
}

// What both sides now have agrees, perhaps in a finer word: a soft end that has begun is
// ACTIVE-ENDING, one that is over CANCELLED, a purchase that was activated ACTIVE.
bool refine(Convergence& after) {
    const auto partner = after.partner_status;
    if (agree(after.status, partner)) return true;
    switch (meaning(after.status)) {
        case PartnerStatus::cancelled:
            if (partner != PartnerStatus::active_ending) return false;
            break;
        case PartnerStatus::active_ending:
            if (partner != PartnerStatus::cancelled && partner != PartnerStatus::none) return false;
            break;
        case PartnerStatus::pending:
            if (partner != PartnerStatus::active) return false;
            break;
        case PartnerStatus::none:
        case PartnerStatus::unknown:
        case PartnerStatus::active:
        case PartnerStatus::suspended:
        case PartnerStatus::revoked:
            return false;
    }
    after.status = record_word(partner);
    return true;
}

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

Rejection why_no_step(const Convergence& entitlement) {
    const bool waits_for_customer = entitlement.partner_status == PartnerStatus::pending &&
                                    meaning(entitlement.status) == PartnerStatus::active;
    return waits_for_customer ? Rejection::still_pending_at_partner
                              : Rejection::not_supported_by_partner;
}

// The request cannot be carried out: the record goes back to what the partner has.
void give_up_request(Settling& settling, Rejection rejection, std::string partner_code) {
    auto& after = settling.after;
    after.status = record_word(after.partner_status);
    end_request(after);
    settling.refuse(rejection, std::move(partner_code));
}

void go_on_with_request(Settling& settling, ActionSet supported) {
    auto& after = settling.after;
    const auto step = first_step(after.partner_status, after.status, supported);
    if (!step) {
        if (after.refusal) {
            const auto refusal = *after.refusal;
            give_up_request(settling, refusal.rejection, refusal.partner_code);
        } else {
            give_up_request(settling, why_no_step(after), {});
        }
    } else if (after.refusal && after.refusal->action == *step) {
        const auto refusal = *after.refusal;
        give_up_request(settling, refusal.rejection, refusal.partner_code);
    } else {
        // What was refused does not serve the present request: a newer one came meanwhile.
        after.refusal.reset();
    }
}

void follow_partner(Settling& settling, ActionSet supported, base::Time now) {
    auto& after = settling.after;
    after.refusal.reset();
    const auto late = std::ranges::find_if(after.calls, [&](const Call& call) {
        return call.phase != CallPhase::answered && !call.pushed_back && now < call.horizon &&
               can_result_in(call.action, after.partner_status);
    });
    if (late != after.calls.end() &&
        first_step(after.partner_status, after.status, supported).has_value()) {
        late->pushed_back = true;
        after.intent = true;
        settling.say(ChangeKind::pushed_back);
        settling.because(late->action);
        return;
    }
    after.status = record_word(after.partner_status);
    settling.say(ChangeKind::partner_moved);
}

// Decides who wins (lifecycle §5), as far as what is known allows it.
void resolve(Settling& settling, ActionSet supported, base::Time now) {
    auto& after = settling.after;
    if (after.partner_status == PartnerStatus::unknown || after.read_wanted) return;
    if (is_ended(after.partner_status)) {
        adopt_end(settling);
        return;
    }
    if (is_blocked(after)) return;
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
        follow_partner(settling, supported, now);
    }
}

Decision unchanged(const Convergence& before) {
    return {.after = before, .answered = {}, .change = std::nullopt};
}

void hold(Convergence& after, const PartnerView& view) {
    after.partner_status = view.status;
    if (view.date) after.partner_date = view.date;
}

Call* find_call(Convergence& entitlement, std::uint32_t number) {
    const auto found = std::ranges::find(entitlement.calls, number, &Call::number);
    return found == entitlement.calls.end() ? nullptr : &*found;
}

}  // namespace

Request ask(const Convergence& before, EntitlementStatus to, ActionSet supported) {
    const auto verdict = judge(before.status, before.partner_status, to);
    const auto nothing = unchanged(before);
    if (verdict.answer != Answer::accepted) return {verdict, nothing};
    Settling settling{before};
    auto& after = settling.after;
    settling.say(ChangeKind::requested);
    after.status = verdict.becomes;
    // Another word for what is there already asks nothing of the partner.
    if (meaning(before.status) == meaning(to)) return {verdict, std::move(settling).finish()};
    after.intent = true;
    after.refusal.reset();
    // Only the customer can activate; all we can do is look whether that has happened.
    if (before.partner_status == PartnerStatus::pending && meaning(to) == PartnerStatus::active) {
        after.read_wanted = true;
    }
    const bool known = after.partner_status != PartnerStatus::unknown && !after.read_wanted;
    if (known && !is_blocked(after)) {
        if (refine(after))
            end_request(after);
        else if (!first_step(after.partner_status, to, supported)) {
            return {{Answer::refused, before.status, Rejection::not_supported_by_partner}, nothing};
        }
    }
    return {verdict, std::move(settling).finish()};
}

Step plan(const Convergence& entitlement, ActionSet supported) {
    if (any_in(entitlement, CallPhase::under_way)) return {};
    // Never send again before reading.
    if (entitlement.partner_status == PartnerStatus::unknown || entitlement.read_wanted) {
        return {StepKind::read, std::nullopt};
    }
    if (!entitlement.intent || any_in(entitlement, CallPhase::awaited)) return {};
    auto settled = entitlement;
    if (is_ended(entitlement.partner_status) || refine(settled)) return {};
    const auto step = first_step(entitlement.partner_status, entitlement.status, supported);
    if (!step) return {StepKind::refused, std::nullopt};
    return {StepKind::act, step};
}

Begun begin_call(const Convergence& before, PartnerAction action, const RequestId& fresh_id,
                 const std::string& body_digest, const CallLimits& limits, base::Time now) {
    auto after = before;
    const auto again = std::ranges::find_if(after.calls, [&](const Call& call) {
        return call.phase == CallPhase::open && call.action == action && !call.answer_read &&
               call.body_digest == body_digest;
    });
    if (again != after.calls.end()) {
        again->phase = CallPhase::under_way;
        again->sent_before = true;
        again->deadline = now + limits.call;
        const auto call = *again;
        return {std::move(after), call};
    }
    const Call call{.number = ++after.last_call,
                    .action = action,
                    .phase = CallPhase::under_way,
                    .request_id = fresh_id,
                    .begun = now,
                    .deadline = now + limits.call,
                    .horizon = now + limits.horizon,
                    .body_digest = body_digest};
    after.calls.push_back(call);
    return {std::move(after), call};
}

Decision settle_action(const Convergence& before, std::uint32_t number, const ActionAnswer& answer,
                       ActionSet supported, const CallLimits& limits, base::Time now) {
    Settling settling{before};
    auto& after = settling.after;
    auto* call = find_call(after, number);
    if (call == nullptr || call->phase != CallPhase::under_way) return unchanged(before);
    settling.because(call->action);
    call->result = answer.result;
    after.bound = after.bound || answer.bound;
    switch (answer.outcome) {
        case ActionOutcome::confirmed:
            call->phase = CallPhase::answered;
            call->answer_read = true;
            hold(after, answer.view);
            settling.say(after.partner_status == PartnerStatus::unknown ? ChangeKind::lost
                                                                        : ChangeKind::learnt);
            break;
        case ActionOutcome::accepted:
            call->phase = CallPhase::awaited;
            call->answer_read = true;
            call->deadline = now + limits.awaited;
            settling.say(ChangeKind::accepted);
            break;
        case ActionOutcome::refused:
            call->phase = CallPhase::answered;
            call->answer_read = true;
            after.refusal = PartnerRefusal{call->action, answer.rejection, answer.partner_code};
            after.read_wanted = true;
            break;
        case ActionOutcome::failed:
        case ActionOutcome::lost:
            call->answer_read = call->answer_read || answer.outcome == ActionOutcome::failed;
            make_open(*call, limits, now);
            after.partner_status = PartnerStatus::unknown;
            settling.say(ChangeKind::lost);
            break;
        case ActionOutcome::trouble:
            call->phase = call->sent_before ? CallPhase::open : CallPhase::answered;
            break;
    }
    resolve(settling, supported, now);
    return std::move(settling).finish();
}

Decision settle_read(const Convergence& before, const ReadAnswer& answer, ActionSet supported,
                     base::Time now) {
    Settling settling{before};
    auto& after = settling.after;
    if (any_in(before, CallPhase::under_way)) return unchanged(before);
    switch (answer.outcome) {
        case ReadOutcome::lost:
            return unchanged(before);
        case ReadOutcome::not_found: {
            if (before.bound) return unchanged(before);
            const bool too_early = std::ranges::any_of(after.calls, [&](const Call& call) {
                return call.action == PartnerAction::create && answer.begun < call.deadline;
            });
            if (too_early) return unchanged(before);
            after.partner_status = PartnerStatus::none;
            break;
        }
        case ReadOutcome::found:
            after.bound = true;
            hold(after, answer.view);
            break;
    }
    after.read_wanted = false;
    for (auto& call : after.calls) {
        const bool took_effect = call.phase == CallPhase::awaited &&
                                 before.partner_status != after.partner_status &&
                                 can_result_in(call.action, after.partner_status);
        if (took_effect) {
            call.phase = CallPhase::answered;
            call.result = "seen";
        }
    }
    if (before.partner_status != after.partner_status) {
        settling.say(after.partner_status == PartnerStatus::unknown ? ChangeKind::lost
                                                                    : ChangeKind::learnt);
    }
    resolve(settling, supported, now);
    return std::move(settling).finish();
}

Decision receive_report(const Convergence& before, const PartnerView& view, ActionSet supported,
                        base::Time now) {
    const bool known = before.partner_status != PartnerStatus::unknown &&
                       before.partner_status != PartnerStatus::none && !before.read_wanted;
    const bool repeat = known && view.date && before.partner_date == view.date &&
                        before.partner_status == view.status;
    if (repeat) return unchanged(before);
    const bool newer = view.date && before.partner_date && *before.partner_date < *view.date;
    Settling settling{before};
    auto& after = settling.after;
    if (!known || !newer || !before.calls.empty() || view.status == PartnerStatus::unknown) {
        after.read_wanted = true;
        return std::move(settling).finish();
    }
    hold(after, view);
    if (before.partner_status != after.partner_status) settling.say(ChangeKind::learnt);
    resolve(settling, supported, now);
    return std::move(settling).finish();
}

Decision pass_time(const Convergence& before, const CallLimits& limits, base::Time now) {
    Settling settling{before};
    auto& after = settling.after;
    for (auto& call : after.calls) {
        if (call.phase == CallPhase::awaited && call.deadline <= now) {
            make_open(call, limits, now);
            after.partner_status = PartnerStatus::unknown;
            settling.say(ChangeKind::lost);
            settling.because(call.action);
        } else if (call.phase == CallPhase::open && call.horizon <= now) {
            call.phase = CallPhase::answered;
            call.result = "never answered";
        }
    }
    return std::move(settling).finish();
}

Decision take_over(const Convergence& before, const CallLimits& limits, base::Time now) {
    Settling settling{before};
    auto& after = settling.after;
    for (auto& call : after.calls) {
        if (call.phase != CallPhase::under_way) continue;
        make_open(call, limits, now);
        after.partner_status = PartnerStatus::unknown;
        settling.say(ChangeKind::lost);
        settling.because(call.action);
    }
    return std::move(settling).finish();
}

Decision conclude(const Convergence& before, ActionSet supported, base::Time now) {
    Settling settling{before};
    resolve(settling, supported, now);
    return std::move(settling).finish();
}

bool is_settled(const Convergence& entitlement) {
    return !entitlement.intent && !entitlement.read_wanted && !is_blocked(entitlement) &&
           agree(entitlement.status, entitlement.partner_status);
}

namespace {

constexpr std::array kChangeKinds{ChangeKind::requested,     ChangeKind::confirmed,
                                  ChangeKind::accepted,      ChangeKind::lost,
                                  ChangeKind::learnt,        ChangeKind::refused,
                                  ChangeKind::partner_moved, ChangeKind::pushed_back};

}  // namespace

std::string_view to_text(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::requested:
            return "requested";
        case ChangeKind::confirmed:
            return "confirmed";
        case ChangeKind::accepted:
            return "accepted";
        case ChangeKind::lost:
            return "lost";
        case ChangeKind::learnt:
            return "learnt";
        case ChangeKind::refused:
            return "refused";
        case ChangeKind::partner_moved:
            return "partner_moved";
        case ChangeKind::pushed_back:
            return "pushed_back";
    }
    return "";
}

std::optional<ChangeKind> parse_change_kind(std::string_view text) {
    const auto* found =
        std::ranges::find(kChangeKinds, text, [](ChangeKind kind) { return to_text(kind); });
    if (found == kChangeKinds.end()) return std::nullopt;
    return *found;
}

}  // namespace usher::domain
