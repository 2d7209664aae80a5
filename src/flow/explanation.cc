#include "flow/explanation.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "flow/explaining.h"

namespace usher::flow {

namespace {

using domain::CallPhase;
using domain::ChangeKind;
using domain::PartnerStatus;

struct Said {
    std::optional<PartnerStatus> status;
    std::optional<base::Time> at;
};

bool tells_of_partner(const domain::Event& event) {
    switch (event.change.kind) {
        case ChangeKind::confirmed:
        case ChangeKind::learnt:
        case ChangeKind::refused:
        case ChangeKind::partner_moved:
        case ChangeKind::pushed_back:
            return event.change.partner_to != PartnerStatus::unknown;
        case ChangeKind::requested:
        case ChangeKind::accepted:
        case ChangeKind::lost:
        case ChangeKind::retried:
        case ChangeKind::product_moved:
        case ChangeKind::imported:
            return false;
    }
    return false;
}

// Its last word: what it has, or what it was known to have before the doubt.
Said last_said(const domain::Entitlement& row, const std::vector<domain::Event>& history) {
    Said said;
    for (const auto& event : history | std::views::reverse) {
        const auto& change = event.change;
        if (tells_of_partner(event)) {
            said = {change.partner_to, event.at};
            break;
        }
        if (change.kind == ChangeKind::lost && change.partner_from != PartnerStatus::unknown) {
            said.status = change.partner_from;
        }
    }
    const auto known = row.convergence.partner_status;
    if (known != PartnerStatus::unknown && known != PartnerStatus::none) said.status = known;
    if (row.partner_said_at) said.at = row.partner_said_at;
    if (said.status == PartnerStatus::none) said.status.reset();
    return said;
}

bool is_under_way(const Evidence& evidence) {
    const auto& row = evidence.row;
    return row.claim.lease_until && evidence.now < *row.claim.lease_until;
}

// The newest accepted call that is waited for.
const domain::Call* awaited_call(const domain::Convergence& convergence) {
    const domain::Call* newest = nullptr;
    for (const auto& call : convergence.calls) {
        if (call.phase == CallPhase::awaited) newest = &call;
    }
    return newest;
}

std::string step_in_words(const Evidence& evidence) {
    const auto& convergence = evidence.row.convergence;
    const auto step = domain::plan(convergence, evidence.supported);
    switch (step.kind) {
        case domain::StepKind::read:
            return "what the partner has is read";
        case domain::StepKind::act:
            return fmt::format("{} is sent to the partner", domain::to_text(*step.action));
        case domain::StepKind::refused:
            return "the request is given up: no supported action leads there";
        case domain::StepKind::none:
            break;
    }
    if (const auto* call = awaited_call(convergence)) {
        return fmt::format("the partner is looked at again; call {} counts as lost at {}",
                           call->number, base::format_time(call->deadline));
    }
    return "the partner is looked at again";
}

void tell_next(Explanation& told, const Evidence& evidence) {
    const auto& row = evidence.row;
    told.next_at = row.due_at;
    if (!row.due_at) {
        told.next = "nothing is left to do";
        return;
    }
    const auto step = step_in_words(evidence);
    if (is_under_way(evidence)) {
        told.next =
            "the answer to the call under way is written down; without one by then, what the "
            "partner has is read";
    } else if (evidence.not_writable) {
        told.next = "nothing before the store takes changes again; then " + step;
    } else if (evidence.route.paused) {
        told.next = "nothing before a person resumes it; then " + step;
    } else if (evidence.route.healthy) {
        told.next = step;
    } else {
        told.next = "the way to the partner is probed; once it is open again, " + step;
        const auto probe = evidence.route.next_probe.value_or(*row.due_at);
        told.next_at = std::max(*row.due_at, probe);
    }
}

void tell_row(Explanation& told, const domain::Entitlement& row) {
    told.entitlement = row.id;
    told.account = row.account;
    told.product = row.product;
    told.partner_id = row.partner_id;
    told.status = row.convergence.status;
    told.version = row.version;
    told.unsettled_since = row.unsettled_since;
    told.partner_status = row.convergence.partner_status;
    told.agree = !row.convergence.intent &&
                 domain::agree(row.convergence.status, row.convergence.partner_status) &&
                 row.other_product_key.empty();
}

Explanation begin(const Evidence& evidence) {
    Explanation told;
    told.at = evidence.now;
    tell_row(told, evidence.row);
    const auto said = last_said(evidence.row, evidence.history);
    told.partner_said = said.status;
    told.partner_said_at = said.status ? said.at : std::nullopt;
    if (const auto* request = newest_request(evidence.history)) {
        told.asked = AskedFor{.status = request->change.status_to,
                              .product = request->product,
                              .at = request->at,
                              .by = request->asker};
    }
    return told;
}

void tell_causes(Explanation& told, std::vector<Cause> causes) {
    told.cause = causes.front();
    causes.erase(causes.begin());
    told.also = std::move(causes);
    told.customer = customer_line(told.cause, told.asked ? told.asked->status : told.status,
                                  told.asked && !told.asked->product.empty());
}

// The row as the history tells it, as far as it does.
domain::Entitlement row_at(const Evidence& evidence, const domain::Event& last) {
    auto row = evidence.row;
    auto& convergence = row.convergence;
    convergence.status = last.change.status_to;
    convergence.partner_status = last.change.partner_to;
    convergence.read_wanted = convergence.partner_status == PartnerStatus::unknown;
    convergence.refusal.reset();
    convergence.calls.clear();
    row.version = last.version;
    row.due_at.reset();
    row.claim.lease_until.reset();
    row.partner_said_at.reset();
    row.unsettled_since.reset();
    row.last_problem.clear();
    row.problem = domain::Problem::none;
    if (row.last_refusal && last.at < row.last_refusal->at) row.last_refusal.reset();
    if (row.deleted_at && last.at < *row.deleted_at) row.deleted_at.reset();
    // What is kept of it is of now.
    row.activation.reset();
    return row;
}

bool is_open(const std::vector<domain::Event>& history) {
    const auto* decided = deciding_event(history);
    return decided != nullptr && decided->change.kind == ChangeKind::requested &&
           !domain::agree(history.back().change.status_to, history.back().change.partner_to);
}

// Causes that history alone can show.
Cause cause_then(const Evidence& then) {
    const auto kind = then.history.back().change.kind;
    const bool is_doubted = kind == ChangeKind::lost || kind == ChangeKind::imported;
    if (!then.row.convergence.intent && !is_doubted) return causes_of(then).front();
    switch (kind) {
        case ChangeKind::accepted:
            return Cause::accepted_and_awaited;
        case ChangeKind::lost:
        case ChangeKind::learnt:
        case ChangeKind::pushed_back:
        case ChangeKind::imported:
            return Cause::being_read;
        case ChangeKind::requested:
        case ChangeKind::confirmed:
        case ChangeKind::refused:
        case ChangeKind::partner_moved:
        case ChangeKind::retried:
        case ChangeKind::product_moved:
            break;
    }
    return Cause::not_kept;
}

}  // namespace

Explanation explain(const Evidence& evidence) {
    auto told = begin(evidence);
    tell_causes(told, causes_of(evidence));
    told.evidence = facts_of(evidence);
    tell_next(told, evidence);
    return told;
}

std::optional<Explanation> explain_at(const Evidence& evidence, base::Time at) {
    Evidence then = evidence;
    const auto after = [at](const auto& moment) { return moment > at; };
    std::erase_if(then.history, [&](const auto& event) { return after(event.at); });
    std::erase_if(then.calls, [&](const auto& call) { return after(call.begun); });
    if (then.history.empty()) return std::nullopt;
    then.now = at;
    then.route = {};
    then.not_writable.reset();
    then.row = row_at(evidence, then.history.back());
    then.row.convergence.intent = is_open(then.history);

    auto told = begin(then);
    tell_causes(told, {cause_then(then)});
    told.evidence = facts_of(then);
    told.next_at.reset();
    told.next = "what came after that is in the explanation of now";
    told.caveat =
        "Told from the history and the calls. Kept of a call is how it ended at last, and not "
        "when; reads that changed nothing, and why calls were held back, are not kept.";
    return told;
}

}  // namespace usher::flow
