#include <fmt/format.h>
#include <gtest/gtest.h>

#include "partner/bango/codec.h"
#include "partner/bango/test_values.h"

namespace usher::partner::bango {
namespace {

using domain::PartnerStatus;
using flow::ReadKind;

flow::ReadReply read(const domain::Entitlement& entitlement, int status, const std::string& body,
                     Values values = {}) {
    const Codec codec{Paths{}, std::move(values), ""};
    return codec.read_reply(entitlement, codec.read_answer(a_response(status, body), noon()));
}

flow::ReadReply read_activation(const std::string& body) {
    const Codec codec{Paths{}, Values{}, ""};
    return codec.activation_reply(an_entitlement(PartnerStatus::pending),
                                  codec.read_answer(a_response(200, body), noon()));
}

const auto kBound = an_entitlement(PartnerStatus::active);
const auto kUnbound = an_entitlement(PartnerStatus::none);

std::string listed(std::string_view id, std::string_view status, std::string_view external,
                   std::string_view created = "2026-01-01T00:00:00",
                   std::string_view product = "MUSIC", std::string_view merchant = "BANGO_US") {
    return fmt::format(
        R"({{"entitlementId":"{}","status":"{}","externalEntitlementId":{},"dateCreated":"{}",)"
        R"("productKey":"{}","merchantAccountKey":"{}"}})",
        id, status, external.empty() ? "null" : fmt::format("\"{}\"", external), created, product,
        merchant);
}

std::string report(std::initializer_list<std::string> records) {
    return fmt::format(R"({{"responseCode":"OK","entitlements":[{}]}})", fmt::join(records, ","));
}

TEST(ReadById, FindsEveryStatus) {
    for (const auto* word :
         {"PENDING", "ACTIVE", "SUSPENDED", "ACTIVE-ENDING", "CANCELLED", "REVOKED"}) {
        const auto reply = read(kBound, 200,
                                fmt::format(R"({{"responseCode":"OK","entitlementId":"b-77",)"
                                            R"("status":"{}","dateLastUpdated":)"
                                            R"("2026-02-01T00:00:00.5Z"}})",
                                            word));
        EXPECT_EQ(reply.kind, ReadKind::found) << word;
        EXPECT_EQ(domain::to_text(reply.record->view.status), word);
        EXPECT_EQ(reply.record->view.date, base::parse_time("2026-02-01T00:00:00.5Z"));
        EXPECT_FALSE(reply.record->activation);
    }
}

TEST(ReadById, FailedIsFoundAndUnknown) {
    const auto reply = read(kBound, 200, R"({"entitlementId":"b-77","status":"FAILED"})");
    EXPECT_EQ(reply.kind, ReadKind::found);
    EXPECT_EQ(reply.record->view.status, PartnerStatus::unknown);
    EXPECT_EQ(reply.record->status_word, "FAILED");
}

TEST(ReadById, TroubleIsNeverAStatus) {
    struct Row {
        int http;
        const char* body;
        bool unhealthy;
        domain::Problem problem;
    };
    using domain::Problem;
    const Row rows[] = {
        {404, R"({"responseCode":"NOT_FOUND"})", false, Problem::id_unknown},
        {200, R"({"responseCode":"NOT_FOUND"})", false, Problem::id_unknown},
        {401, "", true, Problem::login_refused},
        {429, "", true, Problem::slow_down},
        {500, "", true, Problem::partner_fault},
        {302, "", false, Problem::answer_unclear},
        {200, "garbage", false, Problem::answer_unclear},
        {200, "", false, Problem::answer_unclear},
        {200, R"({"responseCode":"OK"})", false, Problem::answer_unclear},
        {200, "[]", false, Problem::answer_unclear},
        {200, R"({"entitlementId":"b-99","status":"ACTIVE"})", false, Problem::contradiction},
        {200, R"({"entitlementId":"b-77","externalEntitlementId":"ent-2","status":"ACTIVE"})",
         false, Problem::contradiction},
        {400, R"({"responseCode":"NOT_AVAILABLE"})", false, Problem::not_supported},
    };
    for (const auto& row : rows) {
        const auto reply = read(kBound, row.http, row.body);
        EXPECT_EQ(reply.kind, ReadKind::trouble) << row.http << row.body;
        EXPECT_EQ(reply.unhealthy, row.unhealthy) << row.http << row.body;
        EXPECT_EQ(to_text(reply.problem_code), to_text(row.problem)) << row.http << row.body;
        EXPECT_FALSE(reply.record);
        EXPECT_FALSE(reply.problem.empty());
    }
}

TEST(ReadByCustomer, FindsTheRecordThatCarriesOurIdWhateverItsProduct) {
    const auto reply =
        read(kUnbound, 200,
             report({listed("b-1", "ACTIVE", ""), listed("b-2", "ACTIVE", "ent-9"),
                     listed("b-3", "ACTIVE", "ent-1", "2026-01-01T00:00:00", "MUSIC_PREMIUM")}));
    EXPECT_EQ(reply.kind, ReadKind::found);
    EXPECT_EQ(reply.record->id, domain::PartnerEntitlementId{"b-3"});
    EXPECT_EQ(reply.record->product_key, domain::ProductKey{"MUSIC_PREMIUM"});
    EXPECT_EQ(reply.record->external_id, "ent-1");
}

TEST(ReadByCustomer, OfSeveralPrefersTheLiveThenTheNewest) {
    const auto found = [](std::initializer_list<std::string> records) {
        const auto reply = read(kUnbound, 200, report(records));
        EXPECT_EQ(reply.kind, ReadKind::found);
        EXPECT_FALSE(reply.problem.empty());
        return reply.record->id.text();
    };
    EXPECT_EQ(found({listed("b-1", "CANCELLED", "ent-1", "2026-02-01T00:00:00"),
                     listed("b-2", "PENDING", "ent-1", "2026-01-01T00:00:00"),
                     listed("b-3", "FAILED", "ent-1", "2026-03-01T00:00:00")}),
              "b-2");
    EXPECT_EQ(found({listed("b-1", "CANCELLED", "ent-1", "2026-02-01T00:00:00"),
                     listed("b-2", "FAILED", "ent-1", "2026-01-01T00:00:00")}),
              "b-2");
    EXPECT_EQ(found({listed("b-1", "ACTIVE", "ent-1", "2026-02-01T00:00:00"),
                     listed("b-2", "ACTIVE", "ent-1", "2026-01-01T00:00:00")}),
              "b-1");
}

TEST(ReadByCustomer, CandidatesAreLiveOfThatProductAndNobodys) {
    const auto reply =
        read(kUnbound, 200,
             report({listed("b-1", "ACTIVE", ""), listed("b-2", "PENDING", ""),
                     listed("b-3", "CANCELLED", ""), listed("b-4", "FAILED", ""),
                     listed("b-5", "ACTIVE", "ent-2"),
                     listed("b-6", "ACTIVE", "", "2026-01-01T00:00:00", "OTHER"),
                     listed("b-7", "ACTIVE", "", "2026-01-01T00:00:00", "MUSIC", "ELSEWHERE")}));
    EXPECT_EQ(reply.kind, ReadKind::candidates);
    ASSERT_EQ(reply.candidates.size(), 2U);
    EXPECT_EQ(reply.candidates[0].id, domain::PartnerEntitlementId{"b-1"});
    EXPECT_EQ(reply.candidates[1].id, domain::PartnerEntitlementId{"b-2"});
    EXPECT_FALSE(reply.record);
}

TEST(ReadByCustomer, NothingOfOursIsNotFound) {
    EXPECT_EQ(read(kUnbound, 200, report({})).kind, ReadKind::not_found);
    EXPECT_EQ(read(kUnbound, 200, "[]").kind, ReadKind::not_found);
    EXPECT_EQ(read(kUnbound, 200, report({listed("b-3", "CANCELLED", "")})).kind,
              ReadKind::not_found);
}

TEST(ReadByCustomer, AListThatCannotBeReadProvesNothing) {
    for (const auto* body :
         {"", "{}", R"({"responseCode":"OK"})", R"({"entitlements":{}})", R"({"entitlements":[1]})",
          R"({"entitlements":[{"status":"ACTIVE"}]})", R"({"records":[]})",
          R"({"responseCode":"NOT_FOUND","entitlements":[]})"}) {
        EXPECT_EQ(read(kUnbound, 200, body).kind, ReadKind::trouble) << body;
    }
    const auto unknown = read(kUnbound, 404, R"({"responseCode":"NOT_FOUND"})");
    EXPECT_EQ(unknown.kind, ReadKind::trouble);
    EXPECT_EQ(unknown.problem_code, domain::Problem::path_unknown) << "no id was asked for";
    EXPECT_EQ(read(kUnbound, 200, R"({"records":[]})", Values{.report_array = "records"}).kind,
              ReadKind::not_found);
}

TEST(ReadRecovery, IsALinkARefusalOrTrouble) {
    const Codec codec{Paths{}, Values{}, ""};
    const auto read_recovery = [&codec](int status, const std::string& body) {
        return codec.recovery_reply(kBound, codec.read_answer(a_response(status, body), noon()));
    };
    EXPECT_EQ(codec.recovery(kBound).path, "/v1/entitlement/b-77/recoveryInfo");
    for (const auto* body :
         {R"({"entitlementId":"b-77","parameters":{"url":"https://merchant.example/r"}})",
          R"({"recoveryUrl":"https://merchant.example/r"})"}) {
        EXPECT_EQ(read_recovery(200, body).url->reveal(), "https://merchant.example/r") << body;
    }
    const auto unsupported = read_recovery(400, R"({"responseCode":"NOT_AVAILABLE"})");
    EXPECT_EQ(unsupported.rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_EQ(unsupported.partner_code, "NOT_AVAILABLE");
    const auto refused = read_recovery(400, R"({"responseCode":"BAD_REQUEST"})");
    EXPECT_EQ(refused.rejection, domain::Rejection::refused_by_partner);
    for (const auto& [status, body] : {std::pair{500, ""}, std::pair{404, ""}, std::pair{401, ""},
                                       std::pair{200, "{}"}, std::pair{200, "x"}}) {
        const auto reply = read_recovery(status, body);
        EXPECT_FALSE(reply.url || reply.rejection) << status << body;
        EXPECT_NE(reply.problem_code, domain::Problem::none) << status << body;
    }
}

TEST(ReadActivation, GivesTheFreshUrl) {
    const auto relayed = read_activation(
        R"({"entitlementId":"b-77","responseCode":"200","parameters":{"action":"NAVIGATE_TO_URL",)"
        R"("url":"https://merchant.example/a","urlExpiry":"2025-08-15T09:32:51.690Z"}})");
    EXPECT_EQ(relayed.kind, ReadKind::found);
    EXPECT_EQ(relayed.record->view.status, PartnerStatus::pending);
    EXPECT_EQ(relayed.record->activation->url.reveal(), "https://merchant.example/a");
    EXPECT_EQ(relayed.record->activation->expiry, base::parse_time("2025-08-15T09:32:51.690Z"));
    EXPECT_EQ(relayed.record->id, domain::PartnerEntitlementId{"b-77"});
}

TEST(ReadActivation, ElseIsTrouble) {
    for (const auto* body :
         {R"({"entitlementId":"b-77","status":"ACTIVE"})", R"({"entitlementId":"b-77"})",
          R"({"entitlementId":"b-77","parameters":{"url":""}})",
          R"({"entitlementId":"b-99","parameters":{"url":"https://merchant.example/a"}})",
          R"({"responseCode":"CONFLICT"})", "x"}) {
        const auto reply = read_activation(body);
        EXPECT_EQ(reply.kind, ReadKind::trouble) << body;
        EXPECT_FALSE(reply.record) << body;
    }
}

}  // namespace
}  // namespace usher::partner::bango
