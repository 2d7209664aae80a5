#include "api/problem.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/etag.h"

namespace usher::api {

namespace {

constexpr std::string_view kRetryAfterSeconds = "1";
constexpr std::size_t kLongestPartnerCode = 100;

// The argument that a failure is about; empty when it is about none.
std::string_view field_of(flow::FailureKind kind) {
    using flow::FailureKind;
    switch (kind) {
        case FailureKind::account_unknown:
        case FailureKind::account_not_active:
        case FailureKind::account_mismatch:
        case FailureKind::account_not_there:
            return "accountId";
        case FailureKind::product_unknown:
        case FailureKind::product_mismatch:
        case FailureKind::already_entitled:
        case FailureKind::product_not_there:
        case FailureKind::product_of_another_merchant:
            return "productId";
        case FailureKind::product_type_mismatch:
            return "productType";
        case FailureKind::id_taken:
            return "_id";
        case FailureKind::partner_id_taken:
            return "partnerEntitlementId";
        case FailureKind::product_in_use:
            return "providerResourceId";
        case FailureKind::version_mismatch:
            return "If-Match";
        case FailureKind::key_under_way:
        case FailureKind::key_of_another:
            return "Idempotency-Key";
        case FailureKind::rejected:
        case FailureKind::account_ended:
            return "status";
        case FailureKind::entitlement_unknown:
        case FailureKind::not_pending:
        case FailureKind::not_recoverable:
            return "entitlementId";
        case FailureKind::sub_tenant_unknown:
            return "tenantId";
        case FailureKind::bulk_token_refused:
            return "token";
        case FailureKind::bulk_unknown:
            return "bulkId";
        case FailureKind::feed_place_unknown:
        case FailureKind::feed_place_too_old:
            return "after";
        case FailureKind::bulk_out_of_turn:
        case FailureKind::bulk_guarded:
        case FailureKind::only_tried:
        case FailureKind::partner_unavailable:
        case FailureKind::budget_spent:
        case FailureKind::store:
            return "";
    }
    return "";
}

std::string sentence_of(const flow::Failure& failure, ErrorCode code) {
    std::string text{describe(code).meaning};
    if (failure.existing) text += fmt::format(" It is {}.", failure.existing->text());
    if (failure.status) {
        text += fmt::format(" The record's status is {}.", domain::to_text(*failure.status));
    }
    if (!failure.partner_code.empty()) {
        text += fmt::format(" The partner's code is {}.",
                            failure.partner_code.substr(0, kLongestPartnerCode));
    }
    return text;
}

std::string message_of(const Problem& problem) {
    if (!problem.message.empty()) return problem.message;
    const auto& entry = describe(problem.code);
    std::string text;
    for (const auto& detail : problem.details) {
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", detail.field, detail.problem);
    }
    // With several things wrong there is no one remedy; each detail says what is allowed.
    if (problem.details.size() > 1) return text;
    return fmt::format("{} {}", text.empty() ? entry.meaning : text, entry.remedy);
}

boost::json::array details_of(const Problem& problem) {
    boost::json::array all;
    for (const auto& detail : problem.details) {
        all.push_back({{"field", detail.field},
                       {"problem", detail.problem},
                       {"errorCode", number_of(detail.code)}});
    }
    return all;
}

}  // namespace

Problem problem(std::vector<Violation> violations) {
    const auto code = violations.front().code;
    return {.code = code, .message = {}, .details = std::move(violations), .headers = {}};
}

Problem problem(ErrorCode code, std::string field, std::string text) {
    return problem(std::vector{Violation{code, std::move(field), std::move(text)}});
}

Problem problem(flow::StoreError error) {
    return problem(code_of(error));
}

Problem problem(const flow::Failure& failure) {
    const auto code = code_of(failure);
    const auto field = field_of(failure.kind);
    if (field.empty()) return problem(code);
    const auto sentence = sentence_of(failure, code);
    auto made = problem(code, std::string{field}, sentence);
    made.message = fmt::format("{} {}", sentence, describe(code).remedy);
    if (failure.kind == flow::FailureKind::version_mismatch && failure.version) {
        made.headers.set("ETag", write_etag(*failure.version));
    }
    if (failure.again_after) {
        made.headers.set(
            "Retry-After",
            std::to_string(std::chrono::ceil<std::chrono::seconds>(*failure.again_after).count()));
    }
    return made;
}

std::string make_request_id(base::Random& random) {
    constexpr std::size_t kBytes = 12;
    return base::make_token(random, kBytes);
}

http::Response write_error(const Problem& problem, std::string_view request_id) {
    const auto message = message_of(problem);
    const auto status = http_status(problem.code);
    boost::json::object body{{"code", status},
                             {"errorCode", number_of(problem.code)},
                             {"message", message},
                             {"requestId", request_id},
                             {"details", details_of(problem)}};
    if (is_token_trouble(problem.code)) {
        body["resultCode"] = "99999:403";
        body["localeMessage"] = "none";
        body["result"] = message;
    }
    auto response = http::make_response(status, "application/json", boost::json::serialize(body));
    if (status == 503 || status == 429 || problem.code == ErrorCode::key_under_way)
        response.headers.set("Retry-After", std::string{kRetryAfterSeconds});
    for (const auto& [name, value] : problem.headers) response.headers.set(name, value);
    return response;
}

}  // namespace usher::api
