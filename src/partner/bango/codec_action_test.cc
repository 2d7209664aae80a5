// What an answer to an action means: every row of Bango §3 against every action.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "domain/lifecycle.h"
#include "partner/bango/codec.h"
#include "partner/bango/test_values.h"

namespace usher::partner::bango {
namespace {

using domain::ActionOutcome;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::Rejection;

flow::ActionReply answer_to(const domain::Entitlement& entitlement, PartnerAction action,
                            const http::Response& response) {
    const Codec codec{Paths{}, Values{}, ""};
    return codec.action_reply(entitlement, action, codec.read_answer(response, noon()));
}

flow::ActionReply answer_to(PartnerAction action, int status, const std::string& body) {
    return answer_to(an_entitlement(before(action)), action, a_response(status, body));
}

std::string record(std::string_view code, std::string_view status, std::string_view more = "") {
    return fmt::format(
        R"({{"responseCode":"{}","responseMessage":"m","entitlementId":"b-77","status":"{}"{}}})",
        code, status, more);
}

constexpr std::string_view kStep =
    R"(,"parameters":{"action":"NAVIGATE_TO_URL","url":"https://merchant.example/a?t=s3cret",)"
    R"("urlExpiry":"2026-03-02T00:00:00.690Z"})";

struct ErrorRow {
    int http;
    std::string_view code;  // empty: a body that is no JSON
    ActionOutcome outcome;
    std::string_view partner_code;  // of refused
    bool unhealthy;
};

TEST(ActionReply, JudgesEveryErrorForEveryAction) {
    using enum ActionOutcome;
    const ErrorRow rows[] = {
        {400, "BAD_REQUEST", refused, "BAD_REQUEST", false},
        {401, "UNAUTHORIZED", trouble, "", true},
        {403, "FORBIDDEN", trouble, "", true},
        {404, "NOT_FOUND", trouble, "", false},
        {409, "ALREADY_EXISTS", refused, "ALREADY_EXISTS", false},
        {409, "CONFLICT", refused, "CONFLICT", false},
        {429, "TOO_MANY_REQUESTS", trouble, "", true},
        {500, "INTERNAL_ERROR", failed, "", true},
        {503, "SERVICE_UNAVAILABLE", failed, "", true},
        {422, "SOMETHING_NEW", refused, "SOMETHING_NEW", false},
        // Without a body that can be read the status decides.
        {400, "", refused, "HTTP 400", false},
        {401, "", trouble, "", true},
        {403, "", trouble, "", true},
        {404, "", trouble, "", false},
        {405, "", trouble, "", false},
        {408, "", failed, "", true},
        {429, "", trouble, "", true},
        {502, "", failed, "", true},
        {301, "", failed, "", false},
        {200, "", failed, "", false},
        {202, "", failed, "", false},
        // The code wins over a status that it does not fit, but never makes doubt certain.
        {202, "NOT_FOUND", trouble, "", false},
        {200, "BAD_REQUEST", refused, "BAD_REQUEST", false},
        {200, "UNAUTHORIZED", trouble, "", true},
        {200, "INTERNAL_ERROR", failed, "", true},
        {400, "SERVICE_UNAVAILABLE", failed, "", true},
        {400, "OK", failed, "", false},
        {500, "OK", failed, "", true},
        {500, "BAD_REQUEST", failed, "", true},
        {403, "BAD_REQUEST", trouble, "", true},
        {429, "BAD_REQUEST", trouble, "", true},
    };
    for (const auto& row : rows) {
        for (const auto action : domain::kPartnerActions) {
            const auto name = fmt::format("{} {} {}", row.http, row.code, domain::to_text(action));
            const auto body = row.code.empty()
                                  ? std::string{"<html>oops"}
                                  : fmt::format(R"({{"responseCode":"{}"}})", row.code);
            const auto reply = answer_to(action, row.http, body);
            EXPECT_EQ(reply.answer.outcome, row.outcome) << name;
            EXPECT_EQ(reply.answer.partner_code, row.partner_code) << name;
            EXPECT_EQ(reply.unhealthy, row.unhealthy) << name;
            EXPECT_FALSE(reply.answer.bound) << name;
            EXPECT_FALSE(reply.record) << name;
            EXPECT_FALSE(reply.problem.empty()) << name;
            EXPECT_FALSE(reply.answer.result.empty()) << name;
        }
    }
}

TEST(ActionReply, NotAvailableIsFinalUnderAnyHttpStatus) {
    for (const int status : {200, 202, 400, 403, 404, 409, 422, 500, 501, 503}) {
        for (const auto action : domain::kPartnerActions) {
            const auto reply = answer_to(action, status, R"({"responseCode":"NOT_AVAILABLE"})");
            EXPECT_EQ(reply.answer.outcome, ActionOutcome::refused) << status;
            EXPECT_EQ(reply.answer.rejection, Rejection::not_supported_by_partner) << status;
            EXPECT_EQ(reply.answer.partner_code, "NOT_AVAILABLE");
            EXPECT_FALSE(reply.unhealthy);
        }
    }
}

TEST(ActionReply, AReachedLimitIsToldFromABadField) {
    const auto limit =
        R"({"responseCode":"BAD_REQUEST","responseMessage":"maximum number of subscriptions for)"
        R"( user reached"})";
    const auto field =
        R"({"responseCode":"BAD_REQUEST","responseMessage":"productKey parameter is invalid"})";
    const auto reply = answer_to(PartnerAction::create, 400, limit);
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::refused);
    EXPECT_EQ(reply.answer.rejection, Rejection::refused_by_partner);
    EXPECT_EQ(reply.answer.partner_code, kLimitReachedCode);
    EXPECT_EQ(answer_to(PartnerAction::create, 400, field).answer.partner_code, "BAD_REQUEST");
    EXPECT_EQ(answer_to(PartnerAction::cancel, 400, limit).answer.partner_code, "BAD_REQUEST");
}

// Whatever stands there is stored and shown to the CRM.
TEST(ActionReply, ACodeIsShownWithoutALinkAndWithoutHalfACharacter) {
    const auto link = answer_to(PartnerAction::suspend, 400,
                                R"({"responseCode":"see https://activate.example/secret"})");
    EXPECT_EQ(link.answer.partner_code, "HTTP 400");
    EXPECT_EQ(link.problem.find("secret"), std::string::npos);
    EXPECT_EQ(link.answer.result, "400");
    const std::string letters(63, 'A');
    const auto cut =
        answer_to(PartnerAction::suspend, 400, R"({"responseCode":")" + letters + "\u00e9\"}");
    EXPECT_EQ(cut.answer.partner_code, letters);
    EXPECT_EQ(cut.answer.result, "400 " + letters);
}

TEST(ActionReply, AChangeOfProductIsDoneWhenTheRecordHasIt) {
    const Codec codec{{}, {}, ""};
    auto entitlement = an_entitlement(PartnerStatus::active);
    entitlement.wanted_product_key = domain::ProductKey{"MORE"};
    const auto outcome = [&](int http, const std::string& body) {
        const auto answer = codec.read_answer(a_response(http, body), {});
        return codec.action_reply(entitlement, PartnerAction::change_product, answer)
            .answer.outcome;
    };
    const std::string head = R"({"responseCode":"OK","entitlementId":"b-77","status":)";
    EXPECT_EQ(outcome(200, head + R"("ACTIVE","productKey":"MORE"})"), ActionOutcome::confirmed);
    EXPECT_EQ(outcome(200, head + R"("ACTIVE","productKey":"MUSIC"})"), ActionOutcome::accepted);
    EXPECT_EQ(outcome(200, head + R"("ACTIVE"})"), ActionOutcome::accepted);
    EXPECT_EQ(outcome(202, head + R"("ACTIVE","productKey":"MUSIC"})"), ActionOutcome::accepted);
    EXPECT_EQ(outcome(202, R"({"responseCode":"CLIENT_ACTION_REQUIRED","entitlementId":"b-77",)"
                           R"("status":"PENDING","productKey":"MORE"})"),
              ActionOutcome::confirmed);
}

TEST(ActionReply, EveryStatusOfASuccessForEveryAction) {
    for (const auto action : domain::kPartnerActions) {
        for (const int http : {200, 201, 202}) {
            for (const auto status : domain::kPartnerStatuses) {
                const auto held = before(action);
                if (status == PartnerStatus::none || status == PartnerStatus::unknown) continue;
                const auto name =
                    fmt::format("{} {} {}", domain::to_text(action), http, domain::to_text(status));
                const auto reply = answer_to(action, http, record("OK", domain::to_text(status)));
                const bool queued_create = status == PartnerStatus::pending && http == 202;
                const bool is_effect = domain::can_result_in(action, status) && status != held;
                const auto expected = (is_effect && !queued_create) || domain::is_ended(status)
                                          ? ActionOutcome::confirmed
                                          : ActionOutcome::accepted;
                EXPECT_EQ(reply.answer.outcome, expected) << name;
                EXPECT_TRUE(reply.answer.bound) << name;
                ASSERT_TRUE(reply.record) << name;
                EXPECT_EQ(reply.record->view.status, status) << name;
                EXPECT_TRUE(reply.problem.empty()) << name;
                if (expected == ActionOutcome::confirmed) {
                    EXPECT_EQ(reply.answer.view.status, status) << name;
                }
            }
        }
    }
}

TEST(ActionReply, CustomerStepIsPendingWithItsUrl) {
    for (const auto action : {PartnerAction::create, PartnerAction::resume}) {
        const auto reply =
            answer_to(action, 202, record("CLIENT_ACTION_REQUIRED", "PENDING", kStep));
        EXPECT_EQ(reply.answer.outcome, ActionOutcome::confirmed);
        EXPECT_EQ(reply.answer.view.status, PartnerStatus::pending);
        EXPECT_TRUE(reply.answer.bound);
        ASSERT_TRUE(reply.record && reply.record->activation);
        EXPECT_EQ(reply.record->activation->url.reveal(), "https://merchant.example/a?t=s3cret");
        EXPECT_EQ(reply.record->activation->expiry, base::parse_time("2026-03-02T00:00:00.690Z"));
    }
}

TEST(ActionReply, CustomerStepWithoutStatusIsPendingToo) {
    const auto body = fmt::format(
        R"({{"responseCode":"CLIENT_ACTION_REQUIRED","entitlementId":"b-1"{}}})", kStep);
    const auto reply = answer_to(PartnerAction::create, 202, body);
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::confirmed);
    EXPECT_EQ(reply.answer.view.status, PartnerStatus::pending);
    EXPECT_EQ(reply.record->id, domain::PartnerEntitlementId{"b-1"});
    EXPECT_TRUE(reply.record->activation);
}

TEST(ActionReply, ARepeatedCreateGivesAFreshUrl) {
    const auto entitlement = an_entitlement(PartnerStatus::pending);
    const auto reply =
        answer_to(entitlement, PartnerAction::create,
                  a_response(202, record("CLIENT_ACTION_REQUIRED", "PENDING", kStep)));
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::confirmed);
    EXPECT_TRUE(reply.record->activation);
}

TEST(ActionReply, ACreateWithoutIdIsNoAnswer) {
    const auto reply =
        answer_to(PartnerAction::create, 200, R"({"responseCode":"OK","status":"ACTIVE"})");
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::failed);
    EXPECT_FALSE(reply.answer.bound);
}

TEST(ActionReply, WithoutStatusOnly202IsAccepted) {
    const auto body = R"({"responseCode":"OK"})";
    EXPECT_EQ(answer_to(PartnerAction::cancel, 202, body).answer.outcome, ActionOutcome::accepted);
    EXPECT_EQ(answer_to(PartnerAction::cancel, 200, body).answer.outcome, ActionOutcome::failed);
    EXPECT_FALSE(answer_to(PartnerAction::cancel, 202, body).record);
}

TEST(ActionReply, FailedAndUnknownWordsAreDoubt) {
    for (const auto* word : {"FAILED", "NONE", "UNKNOWN", "Active", "HALF_DONE"}) {
        for (const auto action : domain::kPartnerActions) {
            const auto reply = answer_to(action, 200, record("OK", word));
            EXPECT_EQ(reply.answer.outcome, ActionOutcome::failed) << word;
            EXPECT_TRUE(reply.answer.bound) << word;
            EXPECT_EQ(reply.record->view.status, PartnerStatus::unknown) << word;
            EXPECT_EQ(reply.record->status_word, word);
        }
    }
}

TEST(ActionReply, AnAnswerForAnotherEntitlementBindsNothing) {
    const auto entitlement = an_entitlement(PartnerStatus::active);
    for (const auto* body :
         {R"({"responseCode":"OK","entitlementId":"b-99","status":"SUSPENDED"})",
          R"({"responseCode":"OK","entitlementId":"b-77","externalEntitlementId":"ent-2",)"
          R"("status":"SUSPENDED"})"}) {
        const auto reply = answer_to(entitlement, PartnerAction::suspend, a_response(200, body));
        EXPECT_EQ(reply.answer.outcome, ActionOutcome::failed);
        EXPECT_FALSE(reply.answer.bound);
        EXPECT_FALSE(reply.record);
        EXPECT_FALSE(reply.problem.empty());
    }
}

TEST(ActionReply, AFailedCreateIsBoundOnlyByARecordThatIsOurs) {
    const auto ours = answer_to(PartnerAction::create, 500,
                                R"({"responseCode":"INTERNAL_ERROR","entitlementId":"b-1",)"
                                R"("externalEntitlementId":"ent-1","status":"FAILED"})");
    EXPECT_EQ(ours.answer.outcome, ActionOutcome::failed);
    EXPECT_TRUE(ours.answer.bound);
    ASSERT_TRUE(ours.record);
    EXPECT_EQ(ours.record->id, domain::PartnerEntitlementId{"b-1"});
    const auto perhaps = answer_to(PartnerAction::create, 500,
                                   R"({"responseCode":"INTERNAL_ERROR","entitlementId":"b-1"})");
    EXPECT_FALSE(perhaps.answer.bound);
    EXPECT_FALSE(perhaps.record);
}

TEST(ActionReply, KeepsTheEndDateAndThePartnersOwnDate) {
    const auto reply =
        answer_to(PartnerAction::cancel, 200,
                  record("OK", "ACTIVE-ENDING",
                         R"(,"dateEnded":"2026-04-01T00:00:00Z",)"
                         R"("dateLastUpdated":"2026-03-01T11:59:59.120Z","newField":{"a":[]})"));
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::confirmed);
    EXPECT_EQ(reply.record->ends_at, base::parse_time("2026-04-01T00:00:00Z"));
    EXPECT_EQ(reply.answer.view.date, base::parse_time("2026-03-01T11:59:59.120Z"));
    EXPECT_EQ(reply.record->merchant, domain::MerchantId{"BANGO_US"});
}

TEST(ActionReply, ASecondCancelThatOnlyRepeatsTheEndingIsNotDoneYet) {
    const auto entitlement = an_entitlement(PartnerStatus::active_ending);
    const auto reply = answer_to(entitlement, PartnerAction::cancel,
                                 a_response(200, record("OK", "ACTIVE-ENDING")));
    EXPECT_EQ(reply.answer.outcome, ActionOutcome::accepted);
}

TEST(ActionReply, ProblemsShowThePartnersWordsButNoLinks) {
    const auto words = answer_to(PartnerAction::cancel, 400,
                                 R"({"responseCode":"BAD_REQUEST","responseMessage":"too late"})");
    EXPECT_NE(words.problem.find("too late"), std::string::npos);
    const auto link = answer_to(
        PartnerAction::cancel, 400,
        R"({"responseCode":"BAD_REQUEST","responseMessage":"see https://m.example/a?t=s3cret"})");
    EXPECT_EQ(link.problem.find("s3cret"), std::string::npos);
}

TEST(ActionReply, TransportFailures) {
    using enum http::TransportFailure;
    struct Row {
        http::TransportFailure failure;
        bool may_have_been_sent;
        ActionOutcome outcome;
        bool unhealthy;
        domain::Problem problem;
    };
    using domain::Problem;
    const Row rows[] = {
        {bad_url, false, ActionOutcome::trouble, false, Problem::not_sendable},
        {resolve_failed, false, ActionOutcome::trouble, true, Problem::partner_unreachable},
        {connect_failed, false, ActionOutcome::trouble, true, Problem::partner_unreachable},
        {tls_failed, false, ActionOutcome::trouble, true, Problem::partner_not_trusted},
        {timed_out, false, ActionOutcome::trouble, true, Problem::partner_unreachable},
        {timed_out, true, ActionOutcome::lost, true, Problem::no_answer},
        {broken, true, ActionOutcome::lost, true, Problem::no_answer},
        {broken, false, ActionOutcome::trouble, true, Problem::partner_unreachable},
        {response_too_large, true, ActionOutcome::failed, false, Problem::answer_unclear},
        {unreadable, true, ActionOutcome::failed, false, Problem::answer_unclear},
        {shut_down, true, ActionOutcome::lost, false, Problem::shutting_down},
        {shut_down, false, ActionOutcome::trouble, false, Problem::shutting_down},
    };
    for (const auto& row : rows) {
        const auto reply = action_reply(
            http::TransportError{row.failure, row.may_have_been_sent, "detail with s3cret"});
        EXPECT_EQ(reply.answer.outcome, row.outcome) << http::to_text(row.failure);
        EXPECT_EQ(reply.unhealthy, row.unhealthy) << http::to_text(row.failure);
        EXPECT_EQ(reply.problem_code, row.problem) << http::to_text(row.failure);
        EXPECT_FALSE(reply.problem.empty());
        EXPECT_EQ(reply.problem.find("s3cret"), std::string::npos);
    }
}

TEST(ActionReply, NamesWhatIsWrongByItsCode) {
    using domain::Problem;
    struct Row {
        PartnerAction action;
        int http;
        std::string body;
        Problem problem;
    };
    const Row rows[] = {
        {PartnerAction::cancel, 200, record("OK", "CANCELLED"), Problem::none},
        {PartnerAction::cancel, 202, R"({"responseCode":"OK"})", Problem::none},
        {PartnerAction::cancel, 401, "", Problem::login_refused},
        {PartnerAction::cancel, 403, "", Problem::login_refused},
        {PartnerAction::cancel, 404, R"({"responseCode":"NOT_FOUND"})", Problem::id_unknown},
        {PartnerAction::create, 404, "", Problem::path_unknown},
        {PartnerAction::cancel, 429, "", Problem::slow_down},
        {PartnerAction::cancel, 500, "", Problem::partner_fault},
        {PartnerAction::cancel, 503, R"({"responseCode":"SERVICE_UNAVAILABLE"})",
         Problem::partner_fault},
        {PartnerAction::cancel, 302, "", Problem::answer_unclear},
        {PartnerAction::cancel, 200, "<html>", Problem::answer_unclear},
        {PartnerAction::cancel, 200, R"({"responseCode":"OK"})", Problem::answer_unclear},
        {PartnerAction::create, 200, R"({"responseCode":"OK","status":"ACTIVE"})",
         Problem::answer_unclear},
        {PartnerAction::cancel, 200, record("OK", "FAILED"), Problem::partner_unsure},
        {PartnerAction::cancel, 200, R"({"entitlementId":"b-99","status":"CANCELLED"})",
         Problem::contradiction},
        {PartnerAction::cancel, 400, R"({"responseCode":"BAD_REQUEST"})", Problem::refused},
        {PartnerAction::cancel, 400, R"({"responseCode":"NOT_AVAILABLE"})", Problem::not_supported},
    };
    for (const auto& row : rows) {
        const auto reply = answer_to(row.action, row.http, row.body);
        EXPECT_EQ(to_text(reply.problem_code), to_text(row.problem)) << row.http << row.body;
        EXPECT_EQ(reply.problem.empty(), row.problem == Problem::none) << row.http << row.body;
    }
}

TEST(ActionReply, SaysWhichOtherEntitlementItWasAbout) {
    const auto other = answer_to(PartnerAction::create, 202,
                                 R"({"entitlementId":"b-9","externalEntitlementId":"e-9",
                                     "status":"PENDING"})");
    EXPECT_EQ(to_text(other.problem_code), to_text(domain::Problem::contradiction));
    EXPECT_EQ(other.about_other.text(), "e-9");
    const auto nobody = answer_to(PartnerAction::cancel, 200, R"({"entitlementId":"b-9"})");
    EXPECT_TRUE(nobody.about_other.empty());
}

TEST(ActionReply, KeepsTheIdOfADoubtfulAnswerAndNotItsLink) {
    const auto reply = answer_to(PartnerAction::create, 408,
                                 R"({"entitlementId":"b-1","externalEntitlementId":"ent-1",
                                     "status":"PENDING","parameters":{"action":"REDIRECT",
                                     "url":"https://activate.example/t"}})");
    ASSERT_TRUE(reply.record);
    EXPECT_EQ(reply.record->id.text(), "b-1");
    EXPECT_FALSE(reply.record->activation);
}

TEST(ActionReply, HandsRetryAfterOn) {
    auto response = a_response(429, "");
    response.headers.add("retry-after", "7");
    const auto reply =
        answer_to(an_entitlement(PartnerStatus::active), PartnerAction::cancel, response);
    EXPECT_EQ(reply.retry_after, std::chrono::seconds{7});
}

TEST(ParseRetryAfter, TakesSecondsAndDates) {
    using std::chrono::seconds;
    const auto now = noon();
    EXPECT_EQ(parse_retry_after("0", now), seconds{0});
    EXPECT_EQ(parse_retry_after("120", now), seconds{120});
    EXPECT_EQ(parse_retry_after("99999999999999999999", now), std::chrono::days{1});
    EXPECT_EQ(parse_retry_after("Sun, 01 Mar 2026 12:00:30 GMT", now), seconds{30});
    EXPECT_EQ(parse_retry_after("Sun, 01 Mar 2026 11:00:00 GMT", now), seconds{0});
    for (const auto* text : {"", "-1", "1.5", "soon", "Sun, 01 Mrz 2026 12:00:30 GMT",
                             "Sun, 31 Feb 2026 12:00:30 GMT"}) {
        EXPECT_FALSE(parse_retry_after(text, now)) << text;
    }
}

TEST(DescribeError, ShowsTheMetadataWithoutCustomerOrLinks) {
    const auto describe = [](const std::string& body) {
        return describe_error(read_answer(a_response(500, body), Values{}, noon()));
    };
    EXPECT_EQ(describe(R"({"responseCode":"X","customerIdentifier":"c","parameters":{"url":"u"},)"
                       R"("errorSource":{"who":"merchant"}})"),
              R"({"responseCode":"X","errorSource":{"who":"merchant"}})");
    EXPECT_EQ(describe(R"({"responseMessage":"at https://a.example/t"})"), "");
    EXPECT_EQ(describe("<html>"), "");
    std::string umlauts;
    for (int i = 0; i < 1'500; ++i) umlauts += "ü";
    const auto cut = describe(R"({"a":")" + umlauts + R"("})");
    EXPECT_LE(cut.size(), 2'000U);
    EXPECT_TRUE(cut.ends_with("ü"));
}

}  // namespace
}  // namespace usher::partner::bango
