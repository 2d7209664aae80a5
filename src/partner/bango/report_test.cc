#include "partner/bango/report.h"

#include <gtest/gtest.h>

namespace usher::partner::bango {
namespace {

using domain::PartnerStatus;

std::optional<flow::ReportNote> parse(std::string_view body) {
    return parse_report(body, Values{});
}

TEST(ParseReport, SaysWhoseItIs) {
    const auto note = *parse(R"({"entitlementId":"b-1","externalEntitlementId":"ent-1",
        "customerIdentifier":"demo-account-1","merchantAccountKey":"BANGO_US","status":"FAILED",
        "productKey":"MUSIC","dateLastUpdated":"2026-03-01T12:00:00Z",
        "reason":"METADATA_UPDATE"})");
    EXPECT_EQ(note.partner_id.text(), "b-1");
    EXPECT_EQ(note.external_id.text(), "ent-1");
    EXPECT_EQ(note.customer.text(), "demo-account-1");
    EXPECT_EQ(note.merchant.text(), "BANGO_US");
    EXPECT_EQ(note.product_key.text(), "MUSIC");
    EXPECT_EQ(note.status_word, "FAILED");
    EXPECT_EQ(note.reason, "METADATA_UPDATE");
    ASSERT_TRUE(note.view);
    EXPECT_EQ(note.view->status, PartnerStatus::unknown);
}

TEST(ParseReport, KeepsNoSecret) {
    const auto text = parse(R"({"status":"PENDING","activationCode":"s3cret-1",
        "parameters":{"action":"NAVIGATE_TO_URL","url":"https://m.example/?t=s3cret-2",
        "urlExpiry":7},
        "financeData":{"card":"s3cret-3"},"note":"go to https://m.example/s3cret-4",
        "Token":"s3cret-5",
        "list":["https://s3cret-6.example",{"password":"s3cret-7"},1],"msisdn":"s3cret-8",
        "activationUrl":null,"responseCode":"OK"})")
                          ->text;
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("status":"PENDING")"), std::string::npos);
    EXPECT_NE(text.find(R"("action":"NAVIGATE_TO_URL")"), std::string::npos);
    EXPECT_NE(text.find(R"("responseCode":"OK")"), std::string::npos);
    EXPECT_NE(text.find(R"("activationUrl":null)"), std::string::npos);
}

TEST(ParseReport, KeepsNoMoreThanItsBound) {
    std::string long_text;
    for (int i = 0; i < 5000; ++i) long_text += "ü";
    const auto text = parse(R"({"a":")" + long_text + R"("})")->text;
    EXPECT_LE(text.size(), kReportTextBytes);
    EXPECT_GT(text.size(), kReportTextBytes - 4);
    EXPECT_EQ(text.substr(text.size() - 2), "ü") << "whole characters";
}

TEST(ParseReport, ReadsTheFlatRecordWithUnknownFields) {
    const auto report = parse(R"({"responseCode":"OK","responseMessage":"Success","parameters":"",
        "entitlementId":"b-1","externalEntitlementId":"ent-1","status":"ACTIVE-ENDING",
        "productKey":"MUSIC","dateLastUpdated":"2026-03-01T12:00:00","reason":"TERMINATION_PENDING",
        "financeData":{"x":[1,2]},"activationCode":null})");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->partner_id, domain::PartnerEntitlementId{"b-1"});
    EXPECT_EQ(report->external_id, domain::EntitlementId{"ent-1"});
    ASSERT_TRUE(report->view);
    EXPECT_EQ(report->view->status, PartnerStatus::active_ending);
    EXPECT_EQ(report->reason, "TERMINATION_PENDING");
    EXPECT_EQ(report->product_key, domain::ProductKey{"MUSIC"});
}

TEST(ParseReport, HasThePartnersDateWithAndWithoutFraction) {
    const auto noon = base::parse_time("2026-03-01T12:00:00Z");
    ASSERT_TRUE(noon);
    EXPECT_EQ(parse(R"({"status":"ACTIVE","dateLastUpdated":"2026-03-01T12:00:00Z"})")->view->date,
              noon);
    EXPECT_EQ(
        parse(R"({"status":"ACTIVE","dateLastUpdated":"2026-03-01T12:00:00.500Z"})")->view->date,
        *noon + std::chrono::milliseconds{500});
    EXPECT_FALSE(parse(R"({"status":"ACTIVE","dateLastUpdated":"yesterday"})")->view->date);
}

TEST(ParseReport, FallsBackOnTheReasonOnlyWhereItMeansOneStatus) {
    const std::pair<std::string_view, std::optional<PartnerStatus>> cases[] = {
        {"ACTIVATION_SUCCESS", PartnerStatus::active},
        {"RESUMPTION_SUCCESS", PartnerStatus::active},
        {"SUSPENSION_SUCCESS", PartnerStatus::suspended},
        {"TERMINATION_PENDING", PartnerStatus::active_ending},
        {"TERMINATION_SUCCESS", std::nullopt},
        {"PRODUCT_UPDATE", std::nullopt},
        {"METADATA_UPDATE", std::nullopt},
        {"SOMETHING_NEW", std::nullopt},
    };
    for (const auto& [reason, status] : cases) {
        const auto report = parse(R"({"reason":")" + std::string{reason} + R"("})");
        ASSERT_TRUE(report) << reason;
        EXPECT_EQ(report->reason, reason);
        EXPECT_EQ(report->view.transform([](const auto& view) { return view.status; }), status)
            << reason;
    }
    EXPECT_EQ(parse(R"({"reason":"SUSPENSION_SUCCESS","status":"REVOKED"})")->view->status,
              PartnerStatus::revoked);
    EXPECT_EQ(parse(R"({"status":"FAILED"})")->view->status, PartnerStatus::unknown);
}

TEST(ParseReport, TakesTheKeyOfTheReasonFromTheSettings) {
    const auto report = parse_report(R"({"why":"X","reason":"Y"})", Values{.report_reason = "why"});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->reason, "X");
}

TEST(ParseReport, AcceptsAnyObjectAndNothingElse) {
    EXPECT_EQ(parse("{}"), flow::ReportNote{.text = "{}"});
    constexpr auto kOfOtherTypes =
        R"({"entitlementId":7,"status":[],"reason":{},"productKey":true})";
    EXPECT_EQ(parse(kOfOtherTypes), flow::ReportNote{.text = kOfOtherTypes});
    for (const auto* body : {"", "[]", "null", "\"x\"", "{", "{}x", R"({"a":1,"a":2})"}) {
        EXPECT_FALSE(parse(body)) << body;
    }
}

}  // namespace
}  // namespace usher::partner::bango
