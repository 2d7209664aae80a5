// What the answer to an action means for the entitlement (Bango §3, §4, lifecycle §4).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/planted.h"
#include "domain/lifecycle.h"
#include "partner/bango/codec.h"

namespace usher::partner::bango {

namespace {

using domain::ActionOutcome;
using domain::Entitlement;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::Problem;

// The partner's own words, for people. Left out when they might carry a link, which may be secret.
std::string message_of(const Answer& answer) {
    const auto& message = answer.record.response_message;
    if (message.empty() || message.size() > 300 || message.find("://") != std::string::npos) {
        return "";
    }
    return fmt::format(": {}", message);
}

flow::ActionReply reply_of(ActionOutcome outcome, const Answer& answer, std::string problem = {},
                           Problem code = Problem::none) {
    return {.answer = {.outcome = outcome, .result = answer.words()},
            .record = std::nullopt,
            .retry_after = answer.retry_after,
            .problem = std::move(problem),
            .problem_code = code,
            .unhealthy = answer.unhealthy};
}

flow::ActionReply refused(const Answer& answer, domain::Rejection rejection, std::string code) {
    auto reply =
        reply_of(ActionOutcome::refused, answer,
                 fmt::format("the partner refused it ({}){}", answer.words(), message_of(answer)),
                 rejection == domain::Rejection::not_supported_by_partner ? Problem::not_supported
                                                                          : Problem::refused);
    reply.answer.rejection = rejection;
    reply.answer.partner_code = std::move(code);
    return reply;
}

std::string partner_code(const Answer& answer) {
    const auto code = shown_word(answer.record.response_code);
    return code.empty() ? fmt::format("HTTP {}", answer.http_status) : code;
}

// The id that an answer gave us is worth having even when nothing else is clear, as long as the
// record is certainly ours.
flow::ActionReply failed(const Entitlement& entitlement, PartnerAction action,
                         const Answer& answer) {
    auto reply =
        reply_of(ActionOutcome::failed, answer,
                 fmt::format("the partner's answer ({}) does not say whether it happened{}",
                             answer.words(), message_of(answer)),
                 problem_of(answer));
    const auto& record = answer.record;
    const bool is_ours = action == PartnerAction::create && !record.id.empty() &&
                         record.external_id == entitlement.id.text() &&
                         (entitlement.partner_id.empty() || entitlement.partner_id == record.id);
    if (is_ours) {
        reply.record = to_partner_record(record, entitlement);
        reply.record->view.status = PartnerStatus::unknown;
        reply.record->activation.reset();
        reply.answer.bound = true;
    }
    return reply;
}

std::string contradiction_in(const Entitlement& entitlement, const Record& record) {
    if (!record.id.empty() && !entitlement.partner_id.empty() &&
        record.id != entitlement.partner_id) {
        return "the partner answered for another entitlement than the one that was asked for";
    }
    if (!record.external_id.empty() && record.external_id != entitlement.id.text()) {
        return "the partner answered with a record that carries another id of ours";
    }
    return "";
}

enum class Effect { done, customer_must_act, queued, unclear };

// `held` is what the partner was last known to have: an answer that repeats it has not done
// anything yet. Only a create may be repeated on purpose, for a fresh URL.
Effect effect_of(PartnerAction action, const Entitlement& entitlement, const Answer& answer,
                 const Values& values) {
    const auto held = entitlement.convergence.partner_status;
    const auto& record = answer.record;
    const bool is_202 = answer.http_status == 202;
    const bool customer_step = record.response_code == values.client_action_required ||
                               (is_202 && record.activation.has_value());
    if (!record.status) {
        if (customer_step) return Effect::customer_must_act;
        return is_202 ? Effect::queued : Effect::unclear;
    }
    const auto status = *record.status;
    if (status == PartnerStatus::unknown) return Effect::unclear;
    if (domain::is_ended(status)) return Effect::done;
    if (status == PartnerStatus::pending) {
        if (customer_step) return Effect::customer_must_act;
        if (is_202) return Effect::queued;
    }
    if (action == PartnerAction::change_product) {
        const bool shows_it =
            !record.product_key.empty() && record.product_key == entitlement.wanted_product_key;
        return shows_it ? Effect::done : Effect::queued;
    }
    if (action != PartnerAction::create && status == held) return Effect::queued;
    return domain::can_result_in(action, status) ? Effect::done : Effect::queued;
}

}  // namespace

flow::ActionReply Codec::judge_success(const Entitlement& entitlement, PartnerAction action,
                                       const Answer& answer) const {
    const auto& record = answer.record;
    if (auto problem = contradiction_in(entitlement, record); !problem.empty()) {
        auto reply =
            reply_of(ActionOutcome::failed, answer, std::move(problem), Problem::contradiction);
        if (record.external_id != entitlement.id.text()) {
            reply.about_other = domain::EntitlementId{record.external_id};
        }
        return reply;
    }
    if (action == PartnerAction::create && record.id.empty()) {
        return reply_of(ActionOutcome::failed, answer,
                        "the partner's answer to a create carries no id", Problem::answer_unclear);
    }
    auto reply = reply_of(ActionOutcome::confirmed, answer);
    reply.answer.bound = !record.id.empty();
    reply.record = to_partner_record(record, entitlement);
    switch (effect_of(action, entitlement, answer, values_)) {
        case Effect::done:
            break;
        case Effect::customer_must_act:
            reply.record->view.status = PartnerStatus::pending;
            reply.record->activation = record.activation;
            break;
        case Effect::queued:
            reply.answer.outcome = ActionOutcome::accepted;
            break;
        case Effect::unclear:
            reply.answer.outcome = ActionOutcome::failed;
            reply.problem_code =
                record.status_word.empty() ? Problem::answer_unclear : Problem::partner_unsure;
            reply.problem =
                record.status_word.empty()
                    ? "the partner's answer has no status"
                    : fmt::format("the partner does not know whether it happened (status {})",
                                  shown_word(record.status_word));
            break;
    }
    if (reply.answer.outcome == ActionOutcome::confirmed) reply.answer.view = reply.record->view;
    // Without a status the record would only wipe what is held; a create has nothing to lose.
    const bool says_nothing = !record.status && action != PartnerAction::create &&
                              reply.answer.outcome != ActionOutcome::confirmed;
    if (says_nothing) reply.record.reset();
    return reply;
}

flow::ActionReply Codec::action_reply(const Entitlement& entitlement, PartnerAction action,
                                      const Answer& answer) const {
    switch (answer.kind) {
        case AnswerKind::success:
            return judge_success(entitlement, action, answer);
        case AnswerKind::not_supported:
            return refused(answer, domain::Rejection::not_supported_by_partner,
                           partner_code(answer));
        case AnswerKind::limit_reached:
            return refused(answer, domain::Rejection::refused_by_partner,
                           action == PartnerAction::create ? std::string{kLimitReachedCode}
                                                           : partner_code(answer));
        case AnswerKind::refused:
            return refused(answer, domain::Rejection::refused_by_partner, partner_code(answer));
        case AnswerKind::credentials:
            return reply_of(ActionOutcome::trouble, answer,
                            fmt::format("the partner does not accept our login or address ({})",
                                        answer.words()),
                            Problem::login_refused);
        case AnswerKind::not_found:
            return reply_of(
                ActionOutcome::trouble, answer,
                action == PartnerAction::create
                    ? fmt::format("the partner does not know the path for create ({})",
                                  answer.words())
                    : fmt::format("the partner does not know the id that it gave us, or the path "
                                  "is wrong ({})",
                                  answer.words()),
                action == PartnerAction::create ? Problem::path_unknown : Problem::id_unknown);
        case AnswerKind::slow_down:
            return reply_of(ActionOutcome::trouble, answer,
                            fmt::format("the partner asks us to slow down ({})", answer.words()),
                            Problem::slow_down);
        case AnswerKind::fault:
            return failed(entitlement, action, answer);
    }
    return failed(entitlement, action, answer);
}

Problem problem_of(const Answer& answer) {
    switch (answer.kind) {
        case AnswerKind::not_supported:
            return Problem::not_supported;
        case AnswerKind::limit_reached:
        case AnswerKind::refused:
            return Problem::refused;
        case AnswerKind::credentials:
            return Problem::login_refused;
        case AnswerKind::not_found:
            return Problem::path_unknown;
        case AnswerKind::slow_down:
            return Problem::slow_down;
        case AnswerKind::fault:
            return answer.unhealthy ? Problem::partner_fault : Problem::answer_unclear;
        case AnswerKind::success:
            break;
    }
    return Problem::answer_unclear;
}

Problem problem_of(const http::TransportError& error) {
    switch (error.failure) {
        case http::TransportFailure::bad_url:
            return Problem::not_sendable;
        case http::TransportFailure::shut_down:
            return Problem::shutting_down;
        case http::TransportFailure::response_too_large:
        case http::TransportFailure::unreadable:
            return Problem::answer_unclear;
        case http::TransportFailure::tls_failed:
            return Problem::partner_not_trusted;
        case http::TransportFailure::resolve_failed:
        case http::TransportFailure::connect_failed:
            return Problem::partner_unreachable;
        case http::TransportFailure::timed_out:
        case http::TransportFailure::broken:
            return error.may_have_been_sent ? Problem::no_answer : Problem::partner_unreachable;
    }
    return Problem::no_answer;
}

flow::ActionReply action_reply(const http::TransportError& error) {
    flow::ActionReply reply;
    reply.answer.result = http::to_text(error.failure);
    reply.problem = fmt::format("no answer from the partner: {}", http::to_text(error.failure));
    reply.problem_code = problem_of(error);
    const bool may_act =
        error.may_have_been_sent && !base::planted(base::Planted::unanswered_is_not_sent);
    reply.answer.outcome = may_act ? ActionOutcome::lost : ActionOutcome::trouble;
    switch (error.failure) {
        case http::TransportFailure::bad_url:
        case http::TransportFailure::shut_down:
            break;
        case http::TransportFailure::response_too_large:
        case http::TransportFailure::unreadable:
            if (may_act) reply.answer.outcome = ActionOutcome::failed;
            break;
        case http::TransportFailure::resolve_failed:
        case http::TransportFailure::connect_failed:
        case http::TransportFailure::tls_failed:
        case http::TransportFailure::timed_out:
        case http::TransportFailure::broken:
            reply.unhealthy = true;
            break;
    }
    return reply;
}

std::string_view to_text(ActionOutcome outcome) {
    switch (outcome) {
        case ActionOutcome::confirmed:
            return "confirmed";
        case ActionOutcome::accepted:
            return "accepted";
        case ActionOutcome::refused:
            return "refused";
        case ActionOutcome::lost:
            return "lost";
        case ActionOutcome::failed:
            return "failed";
        case ActionOutcome::trouble:
            return "trouble";
    }
    return "";
}

}  // namespace usher::partner::bango
