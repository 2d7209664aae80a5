// What the answer to a read tells (Bango §2.5, lifecycle §4).
#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "partner/bango/codec.h"

namespace usher::partner::bango {

namespace {

namespace json = boost::json;
using domain::Entitlement;
using domain::PartnerStatus;
using domain::Problem;
using flow::ReadKind;

flow::ReadReply trouble(const Answer& answer, Problem code, std::string problem) {
    return {.kind = ReadKind::trouble,
            .retry_after = answer.retry_after,
            .problem = std::move(problem),
            .problem_code = code,
            .unhealthy = answer.unhealthy};
}

flow::ReadReply found(flow::PartnerRecord record, std::string problem = "") {
    return {.kind = ReadKind::found, .record = std::move(record), .problem = std::move(problem)};
}

std::string why_unusable(const Entitlement& entitlement, const Answer& answer) {
    switch (answer.kind) {
        case AnswerKind::credentials:
            return fmt::format("the partner does not accept our login or address ({})",
                               answer.words());
        case AnswerKind::not_found:
            return fmt::format("the partner does not know {} ({})",
                               entitlement.partner_id.empty()
                                   ? "the path for reading many records"
                                   : "the id that it gave us, or the path is wrong",
                               answer.words());
        case AnswerKind::slow_down:
            return fmt::format("the partner asks us to slow down ({})", answer.words());
        case AnswerKind::success:
        case AnswerKind::not_supported:
        case AnswerKind::limit_reached:
        case AnswerKind::refused:
        case AnswerKind::fault:
            break;
    }
    return fmt::format("the partner's answer to a read is of no use ({})", answer.words());
}

flow::ReadReply unusable(const Entitlement& entitlement, const Answer& answer) {
    const bool names_id = answer.kind == AnswerKind::not_found && !entitlement.partner_id.empty();
    return trouble(answer, names_id ? Problem::id_unknown : problem_of(answer),
                   why_unusable(entitlement, answer));
}

// Of several records that carry our id: a live one first, then one that the partner is unsure of,
// then the newest.
auto rank(const Record& record) {
    const auto status = record.status.value_or(PartnerStatus::unknown);
    const int kind = domain::is_live(status) ? 2 : status == PartnerStatus::unknown ? 1 : 0;
    return std::tuple{kind, record.created, record.updated};
}

flow::ReadReply by_id(const Entitlement& entitlement, const Answer& answer) {
    const auto& record = answer.record;
    if (!record.id.empty() && record.id != entitlement.partner_id) {
        return trouble(answer, Problem::contradiction,
                       "the partner showed another entitlement than the one asked for");
    }
    if (!record.external_id.empty() && record.external_id != entitlement.id.text()) {
        return trouble(answer, Problem::contradiction,
                       "the partner's record carries another id of ours");
    }
    if (!record.status) {
        return trouble(answer, Problem::answer_unclear, "the partner's record has no status");
    }
    return found(to_partner_record(record, entitlement));
}

// The records of a report, under the configured key or as the whole answer. Nothing when one of
// them cannot be read: it might be the one that is looked for.
std::optional<std::vector<Record>> records_of(const Answer& answer, const Values& values) {
    if (!answer.body) return std::nullopt;
    const auto* list = answer.body->is_object()
                           ? base::find_member(answer.body->get_object(), values.report_array)
                           : &*answer.body;
    if (list == nullptr || !list->is_array()) return std::nullopt;
    std::vector<Record> records;
    for (const auto& element : list->get_array()) {
        if (!element.is_object()) return std::nullopt;
        records.push_back(read_record(element.get_object()));
        if (records.back().id.empty()) return std::nullopt;
    }
    return records;
}

bool is_candidate(const Record& record, const Entitlement& entitlement) {
    const bool same_merchant = record.merchant.empty() || record.merchant == entitlement.merchant;
    return record.external_id.empty() && same_merchant &&
           record.product_key == entitlement.product_key && record.status &&
           domain::is_live(*record.status);
}

flow::ReadReply by_customer(const Entitlement& entitlement, const std::vector<Record>& records) {
    std::vector<const Record*> ours;
    flow::ReadReply reply{.kind = ReadKind::not_found};
    for (const auto& record : records) {
        if (record.external_id == entitlement.id.text())
            ours.push_back(&record);
        else if (is_candidate(record, entitlement))
            reply.candidates.push_back(to_partner_record(record, entitlement));
    }
    if (ours.empty()) {
        if (!reply.candidates.empty()) reply.kind = ReadKind::candidates;
        return reply;
    }
    const auto best = std::ranges::max_element(
        ours, [](const Record* a, const Record* b) { return rank(*a) < rank(*b); });
    return found(
        to_partner_record(**best, entitlement),
        ours.size() == 1 ? "" : fmt::format("the partner has {} records with our id", ours.size()));
}

}  // namespace

flow::ReadReply Codec::read_reply(const Entitlement& entitlement, const Answer& answer) const {
    if (answer.kind != AnswerKind::success) return unusable(entitlement, answer);
    if (!entitlement.partner_id.empty()) return by_id(entitlement, answer);
    const auto records = records_of(answer, values_);
    if (!records) {
        return trouble(answer, Problem::answer_unclear,
                       "the partner's report has no readable list of records");
    }
    return by_customer(entitlement, *records);
}

flow::ReadReply Codec::activation_reply(const Entitlement& entitlement,
                                        const Answer& answer) const {
    if (answer.kind != AnswerKind::success) return unusable(entitlement, answer);
    auto record = answer.record;
    // The fresh URL comes for a PENDING entitlement only, and one relay leaves the status out.
    if (!record.status) record.status = PartnerStatus::pending;
    auto reply = by_id(entitlement, Answer{.http_status = answer.http_status, .record = record});
    const bool has_url = reply.record && reply.record->activation;
    if (reply.kind == ReadKind::found && !has_url) {
        return trouble(answer, Problem::answer_unclear, "the partner gave no activation URL");
    }
    return reply;
}

// The link is where other links are, or under the name that the platform gives it.
flow::RecoveryReply Codec::recovery_reply(const Entitlement& entitlement,
                                          const Answer& answer) const {
    flow::RecoveryReply reply;
    switch (answer.kind) {
        case AnswerKind::success:
            break;
        case AnswerKind::not_supported:
            reply.rejection = domain::Rejection::not_supported_by_partner;
            reply.partner_code = answer.record.response_code;
            return reply;
        case AnswerKind::limit_reached:
        case AnswerKind::refused:
            reply.rejection = domain::Rejection::refused_by_partner;
            reply.partner_code = answer.record.response_code;
            return reply;
        case AnswerKind::credentials:
        case AnswerKind::not_found:
        case AnswerKind::slow_down:
        case AnswerKind::fault:
            reply.problem = why_unusable(entitlement, answer);
            reply.problem_code = problem_of(answer);
            return reply;
    }
    std::optional<std::string> named;
    if (answer.body && answer.body->is_object()) {
        named = base::find_string(answer.body->get_object(), "recoveryUrl");
    }
    if (named) reply.url = base::Secret{*std::move(named)};
    if (answer.record.activation) reply.url = answer.record.activation->url;
    if (!reply.url) {
        reply.problem = "the partner gave no recovery URL";
        reply.problem_code = Problem::answer_unclear;
    }
    return reply;
}

flow::ReadReply read_reply(const http::TransportError& error) {
    const auto action = action_reply(error);
    return {.kind = ReadKind::trouble,
            .problem = action.problem,
            .problem_code = action.problem_code,
            .unhealthy = action.unhealthy};
}

std::string_view to_text(ReadKind kind) {
    switch (kind) {
        case ReadKind::found:
            return "found";
        case ReadKind::candidates:
            return "candidates";
        case ReadKind::not_found:
            return "not_found";
        case ReadKind::trouble:
            return "trouble";
    }
    return "";
}

}  // namespace usher::partner::bango
