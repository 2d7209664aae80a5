#include "flow/explaining.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

namespace usher::flow {

namespace {

using domain::CallPhase;
using domain::ChangeKind;
using domain::PartnerStatus;

bool is_another_reason(const domain::Event& event) {
    return event.change.kind == ChangeKind::requested && event.version > 1 &&
           event.change.status_from == event.change.status_to && event.product.empty();
}

bool decides(const domain::Event& event) {
    switch (event.change.kind) {
        case ChangeKind::requested:
            return !is_another_reason(event);
        case ChangeKind::confirmed:
        case ChangeKind::refused:
        case ChangeKind::partner_moved:
            return true;
        case ChangeKind::accepted:
        case ChangeKind::lost:
        case ChangeKind::learnt:
        case ChangeKind::pushed_back:
        case ChangeKind::retried:
        case ChangeKind::product_moved:
        case ChangeKind::imported:
            return false;
    }
    return false;
}

const domain::Event* newest_where(const std::vector<domain::Event>& history, auto holds) {
    for (const auto& event : history | std::views::reverse) {
        if (holds(event)) return &event;
    }
    return nullptr;
}

Cause cause_of_refusal(domain::Rejection rejection) {
    if (rejection == domain::Rejection::ended_by_partner) return Cause::ended_by_partner;
    if (rejection == domain::Rejection::not_supported_by_partner) {
        return Cause::action_not_supported;
    }
    return Cause::request_refused;
}

Cause cause_of_activity(const domain::Entitlement& row, base::Time now) {
    if (row.valid_from && now < *row.valid_from) return Cause::not_valid_yet;
    if (row.expiry_date && *row.expiry_date <= now) return Cause::validity_over;
    return Cause::active_everywhere;
}

Cause cause_of_ending(const domain::Event* decided) {
    if (decided == nullptr || decided->change.kind != ChangeKind::partner_moved) {
        return Cause::ended_by_operator;
    }
    const bool was_ending = decided->change.status_from == domain::EntitlementStatus::active_ending;
    return was_ending ? Cause::ended_on_date : Cause::ended_by_partner;
}

// Both sides agree: who brought it here?
Cause settled_cause(const Evidence& evidence) {
    const auto& row = evidence.row;
    const auto* decided = deciding_event(evidence.history);
    const auto meant = domain::meaning(row.convergence.status);
    if (meant == PartnerStatus::pending) {
        const bool expired =
            row.activation && row.activation->expiry && *row.activation->expiry <= evidence.now;
        return expired ? Cause::activation_expired : Cause::customer_must_activate;
    }
    if (decided != nullptr && decided->change.kind == ChangeKind::refused) {
        return cause_of_refusal(
            decided->change.rejection.value_or(domain::Rejection::refused_by_partner));
    }
    const bool moved = decided != nullptr && decided->change.kind == ChangeKind::partner_moved;
    switch (meant) {
        case PartnerStatus::active:
            return cause_of_activity(row, evidence.now);
        case PartnerStatus::active_ending:
            return Cause::ending_on_date;
        case PartnerStatus::suspended:
            return moved ? Cause::suspended_by_partner : Cause::suspended_by_operator;
        case PartnerStatus::cancelled:
        case PartnerStatus::revoked:
        case PartnerStatus::none:
        case PartnerStatus::unknown:
        case PartnerStatus::pending:
            break;
    }
    return cause_of_ending(decided);
}

bool has_call_in(const domain::Convergence& convergence, CallPhase phase) {
    return std::ranges::any_of(convergence.calls,
                               [phase](const auto& call) { return call.phase == phase; });
}

bool agrees(const domain::Convergence& convergence) {
    return !convergence.intent && !has_call_in(convergence, CallPhase::under_way) &&
           !has_call_in(convergence, CallPhase::awaited) &&
           domain::agree(convergence.status, convergence.partner_status);
}

void add(std::vector<Cause>& causes, Cause cause) {
    if (std::ranges::find(causes, cause) == causes.end()) causes.push_back(cause);
}

// What stands between us and the partner, whatever is asked: the outermost first.
void add_obstacles(std::vector<Cause>& causes, const Evidence& evidence) {
    if (evidence.not_writable) add(causes, Cause::store_not_writable);
    if (evidence.route.paused) add(causes, Cause::paused);
    if (evidence.route.healthy) return;
    const auto code = evidence.route.problem_code;
    add(causes, code == domain::Problem::none ? Cause::no_answer : cause_of(code));
}

// How far the step that is due has come.
Cause cause_of_progress(const Evidence& evidence) {
    const auto& row = evidence.row;
    const auto& convergence = row.convergence;
    if (has_call_in(convergence, CallPhase::awaited)) return Cause::accepted_and_awaited;
    const bool claimed = row.claim.lease_until && evidence.now < *row.claim.lease_until;
    if (claimed && has_call_in(convergence, CallPhase::under_way)) return Cause::call_under_way;
    if (convergence.partner_status == PartnerStatus::unknown || convergence.read_wanted) {
        return Cause::being_read;
    }
    if (claimed) return Cause::call_under_way;
    return evidence.route.full ? Cause::waiting_for_turn : Cause::just_recorded;
}

}  // namespace

const domain::Event* newest_request(const std::vector<domain::Event>& history) {
    return newest_where(history, [](const auto& event) {
        return event.change.kind == ChangeKind::requested && !is_another_reason(event);
    });
}

const domain::Event* deciding_event(const std::vector<domain::Event>& history) {
    return newest_where(history, decides);
}

const domain::Call* never_confirmed_call(const Evidence& evidence) {
    const auto* request = newest_request(evidence.history);
    for (const auto& call : evidence.row.convergence.calls | std::views::reverse) {
        const bool candidate = call.phase == CallPhase::open && call.answer_read &&
                               call.result != domain::kEffectSeen &&
                               (request == nullptr || request->at <= call.begun);
        if (!candidate) continue;
        const bool accepted = std::ranges::any_of(evidence.history, [&](const auto& event) {
            return event.change.kind == ChangeKind::accepted && event.call == call.number;
        });
        if (accepted) return &call;
    }
    return nullptr;
}

std::vector<Cause> causes_of(const Evidence& evidence) {
    const auto& row = evidence.row;
    std::vector<Cause> causes;
    const bool settled = domain::is_settled(row);
    // A look that is due, after a report for instance, makes an agreement doubtful only when it
    // does not come about.
    const bool quiet = agrees(row.convergence) && row.problem == domain::Problem::none &&
                       evidence.route.healthy && !evidence.route.paused && !evidence.not_writable;
    if (settled || quiet) add(causes, settled_cause(evidence));
    add_obstacles(causes, evidence);
    if (settled) return causes;
    if (row.problem != domain::Problem::none) add(causes, cause_of(row.problem));
    if (never_confirmed_call(evidence) != nullptr) add(causes, Cause::never_confirmed);
    // What stands in the way of the product alone leaves nothing else to be told.
    if (domain::is_settled(row.convergence) && !causes.empty()) return causes;
    const auto progress = cause_of_progress(evidence);
    // After a try that failed the next one is not simply waiting for its turn.
    if (causes.empty() || progress != Cause::just_recorded) add(causes, progress);
    return causes;
}

std::string_view change_in_plain_words(domain::EntitlementStatus asked) {
    switch (domain::meaning(asked)) {
        case PartnerStatus::pending:
            return "setting up your subscription";
        case PartnerStatus::active:
            return "switching your subscription on";
        case PartnerStatus::suspended:
            return "pausing your subscription";
        case PartnerStatus::active_ending:
        case PartnerStatus::cancelled:
        case PartnerStatus::revoked:
            return "ending your subscription";
        case PartnerStatus::none:
        case PartnerStatus::unknown:
            break;
    }
    return "the last change to your subscription";
}

std::string customer_line(Cause cause, domain::EntitlementStatus asked, bool other_product) {
    constexpr std::string_view kPlace = "{change}";
    std::string line{describe(cause).customer};
    const auto place = line.find(kPlace);
    if (place != std::string::npos) {
        const auto words =
            other_product ? "changing your subscription" : change_in_plain_words(asked);
        line.replace(place, kPlace.size(), words);
    }
    return line;
}

}  // namespace usher::flow
