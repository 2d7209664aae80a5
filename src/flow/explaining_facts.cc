// The evidence in sentences.
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "flow/explaining.h"

namespace usher::flow {

namespace {

using domain::CallPhase;
using domain::ChangeKind;
using domain::to_text;

// What a request was for.
std::string wish_text(domain::EntitlementStatus status, const domain::ProductId& product) {
    return product.empty() ? std::string{to_text(status)} : "the product " + product.text();
}

std::string refusal_text(const domain::Change& change, const domain::ProductId& product) {
    const auto code = change.partner_code.empty()
                          ? std::string{}
                          : fmt::format(", its code {}", change.partner_code);
    return fmt::format("the request for {} ended: {}{}", wish_text(change.status_from, product),
                       change.rejection ? to_text(*change.rejection) : "refused", code);
}

std::string text_of(const domain::Event& event) {
    const auto& change = event.change;
    switch (change.kind) {
        case ChangeKind::requested:
            return wish_text(change.status_to, event.product) + " was asked for";
        case ChangeKind::confirmed:
            return fmt::format("the partner confirmed: both sides have {}",
                               to_text(change.partner_to));
        case ChangeKind::accepted:
            return "the partner accepted the call and will carry it out later";
        case ChangeKind::lost:
            return "the outcome of a call became uncertain";
        case ChangeKind::learnt:
            return fmt::format("the partner was found to have {}", to_text(change.partner_to));
        case ChangeKind::refused:
            return refusal_text(change, event.product);
        case ChangeKind::partner_moved:
            return fmt::format("the partner moved by itself, from {} to {}",
                               to_text(change.status_from), to_text(change.status_to));
        case ChangeKind::pushed_back:
            return fmt::format(
                "a late effect of an overtaken call is being undone: the partner "
                "has {}",
                to_text(change.partner_to));
        case ChangeKind::retried:
            return "a person asked for another try";
        case ChangeKind::product_moved:
            return event.initiator == domain::Initiator::op
                       ? "the partner has the product that was asked for"
                       : "the partner changed the product";
        case ChangeKind::imported:
            return fmt::format("{} was taken over from the operator's own records",
                               to_text(change.status_to));
    }
    return "";
}

std::string_view text_of(const domain::Call& call) {
    switch (call.phase) {
        case CallPhase::under_way:
            return "is under way";
        case CallPhase::awaited:
            return "was accepted and is awaited";
        case CallPhase::open:
            return call.result == domain::kEffectSeen
                       ? "had its effect, and is kept in mind until it can act no more"
                       : "may have acted or may still act; its outcome was never learnt";
        case CallPhase::answered:
            return "is over";
    }
    return "";
}

// Beside what calls and history say.
void add_standing(std::vector<Fact>& facts, const Evidence& evidence) {
    const auto& row = evidence.row;
    if (!row.last_problem.empty() && !domain::is_settled(row)) {
        facts.push_back({.text = fmt::format("the last try met: {} ({} tries without progress)",
                                             row.last_problem, row.attempts)});
    }
    if (const auto& paused = evidence.route.paused) {
        facts.push_back({.text = fmt::format("calls to {} are paused by {}: {}",
                                             row.merchant.text(), paused->by, paused->why),
                         .at = paused->since});
    }
    if (!evidence.route.healthy) {
        facts.push_back({.text = fmt::format("calls to {} are held back until a probe succeeds: {}",
                                             row.merchant.text(), evidence.route.problem)});
    }
    if (evidence.not_writable) {
        facts.push_back({.text = fmt::format("the store: {}", *evidence.not_writable)});
    }
}

std::string_view text_of(ReportOutcome outcome) {
    switch (outcome) {
        case ReportOutcome::read_wanted:
            return "so it was read";
        case ReportOutcome::nothing_new:
            return "which was known";
        case ReportOutcome::another_record:
            return "for another record than ours, so it was read";
        case ReportOutcome::found_otherwise:
            return "without our id, so it was read";
        case ReportOutcome::unknown:
            return "which fits nothing";
    }
    return "";
}

void add_reports(std::vector<Fact>& facts, const Evidence& evidence) {
    for (const auto& report : evidence.reports | std::views::reverse) {
        const auto& word = report.status_word.empty() ? report.reason : report.status_word;
        facts.push_back(
            {.text = fmt::format("the partner reported {}, {}", word.empty() ? "something" : word,
                                 text_of(report.outcome)),
             .at = report.received});
    }
}

void add_refusal(std::vector<Fact>& facts, const domain::Entitlement& row) {
    if (row.convergence.refusal) {
        const auto& refusal = *row.convergence.refusal;
        facts.push_back({.text = fmt::format("the partner refused {}, its code {}",
                                             to_text(refusal.action), refusal.partner_code)});
    }
    if (row.last_refusal) {
        const auto& refusal = *row.last_refusal;
        facts.push_back(
            {.text = fmt::format(
                 "the last refusal: {} was asked for, {}{}",
                 wish_text(refusal.asked, row.refused_product), to_text(refusal.rejection),
                 refusal.partner_code.empty() ? "" : ", code " + refusal.partner_code),
             .at = refusal.at});
    }
}

}  // namespace

Fact fact_of(const domain::Event& event) {
    auto text = text_of(event);
    if (!event.note.empty()) text += fmt::format(" ({})", event.note);
    if (!event.asker.comment.empty()) text += fmt::format(", \"{}\"", event.asker.comment);
    return {.text = std::move(text), .at = event.at, .event = event.position, .call = event.call};
}

Fact fact_of(const domain::Call& call) {
    const bool told = call.result.empty() || call.result == domain::kEffectSeen;
    const auto result = told ? std::string{} : fmt::format(", result: {}", call.result);
    return {.text = fmt::format("call {}, {}, {}{}", call.number, to_text(call.action),
                                text_of(call), result),
            .at = call.begun,
            .call = call.number,
            .request_id = call.request_id};
}

// What decided and what came after it, then the calls that can still matter, then the rest.
std::vector<Fact> facts_of(const Evidence& evidence) {
    constexpr std::size_t kMostEvents = 8;
    constexpr std::size_t kMostCalls = 8;
    std::vector<Fact> facts;
    const auto& history = evidence.history;
    const auto* request = newest_request(history);
    auto from = history.begin();
    if (request != nullptr) from += request - history.data();
    if (static_cast<std::size_t>(history.end() - from) > kMostEvents) {
        facts.push_back(fact_of(*from));
        from = history.end() - (kMostEvents - 1);
    }
    for (; from != history.end(); ++from) facts.push_back(fact_of(*from));

    std::vector<Fact> calls;
    for (const auto& call : evidence.calls | std::views::reverse) {
        const bool newest = &call == &evidence.calls.back();
        if (calls.size() >= kMostCalls) break;
        if (newest || call.phase != CallPhase::answered ||
            (request != nullptr && request->at <= call.begun)) {
            calls.push_back(fact_of(call));
        }
    }
    std::ranges::reverse(calls);
    std::ranges::move(calls, std::back_inserter(facts));
    add_refusal(facts, evidence.row);
    if (evidence.row.deleted_at) {
        facts.push_back({.text = "the operator deleted it, and no call of the operator's finds it "
                                 "any more",
                         .at = evidence.row.deleted_at});
    }
    add_reports(facts, evidence);
    add_standing(facts, evidence);
    return facts;
}

}  // namespace usher::flow
