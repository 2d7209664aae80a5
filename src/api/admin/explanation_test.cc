#include "api/test_surface.h"

namespace usher::api {
namespace {

constexpr std::string_view kOne = "/admin/v1/entitlements/ent-1/explanation";
constexpr std::string_view kSeveral = "/admin/v1/explanations";

flow::Explanation a_full_one() {
    const auto at = *base::parse_time("2026-09-01T10:00:00Z");
    flow::Explanation told;
    told.entitlement = domain::EntitlementId{"ent-1"};
    told.account = domain::AccountId{"account-1"};
    told.product = domain::ProductId{"P"};
    told.partner_id = domain::PartnerEntitlementId{"b-1"};
    told.at = at;
    told.customer = "We are on it.";
    told.asked =
        flow::AskedFor{.status = domain::EntitlementStatus::suspended,
                       .product = domain::ProductId{"Q"},
                       .at = at,
                       .by = {"portal", "operator-portal", domain::CorrelationId{"c-1"}, {}}};
    told.status = domain::EntitlementStatus::suspended;
    told.version = 4;
    told.unsettled_since = at;
    told.partner_status = domain::PartnerStatus::unknown;
    told.partner_said = domain::PartnerStatus::active;
    told.partner_said_at = at;
    told.cause = flow::Cause::login_refused;
    told.also = {flow::Cause::being_read};
    told.evidence = {{.text = "call 2",
                      .at = at,
                      .event = 7,
                      .call = 2,
                      .request_id = domain::RequestId{"r-2"}}};
    told.next = "It is read.";
    told.next_at = at;
    return told;
}

class ExplanationTest : public SurfaceTest {
  protected:
    http::Response get(std::string target, const std::string& user = "admin",
                       http::Headers extra = {}) {
        extra.add("Authorization", "Bearer " + user);
        return send_admin({.method = "GET", .target = std::move(target), .headers = extra});
    }
    http::Response one(const std::string& query = "") { return get(std::string{kOne} + query); }
    http::Response several(const std::string& query) { return get(std::string{kSeveral} + query); }
};

TEST_F(ExplanationTest, TellsEverythingThatIsKnown) {
    operations.explanations = std::vector{a_full_one()};
    const auto response = one();
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = json(response);
    EXPECT_EQ(body.at("customer"), "We are on it.");
    EXPECT_EQ(body.at("asked").at("by"), "portal");
    EXPECT_EQ(body.at("asked").at("correlationId"), "c-1");
    EXPECT_EQ(body.at("held").at("status"), "SUSPENDED");
    EXPECT_EQ(body.at("partner").at("status"), "UNKNOWN");
    EXPECT_EQ(body.at("partner").at("lastSaid"), "ACTIVE");
    EXPECT_EQ(body.at("partner").at("entitlementId"), "b-1");
    EXPECT_EQ(body.at("agree"), false);
    EXPECT_EQ(body.at("cause").at("code"), "login_refused");
    EXPECT_EQ(body.at("also").at(0).at("code"), "being_read");
    EXPECT_EQ(body.at("evidence").at(0).at("event"), 7);
    EXPECT_EQ(body.at("evidence").at(0).at("requestId"), "r-2");
    EXPECT_EQ(body.at("next").at("at"), "2026-09-01T10:00:00.000Z");
    EXPECT_FALSE(body.at("safeAction").as_string().empty());
    EXPECT_FALSE(body.contains("caveat"));
    ASSERT_EQ(operations.explained.size(), 1U);
    EXPECT_EQ(operations.explained[0].tenant.text(), "demo");
    EXPECT_EQ(operations.explained[0].entitlement->text(), "ent-1");
    EXPECT_FALSE(operations.explained[0].at);
}

TEST_F(ExplanationTest, WhatIsNotKnownIsLeftOut) {
    operations.explanations = std::vector{flow::Explanation{}};
    const auto body = json(one());
    for (const auto* name : {"asked", "also", "caveat"}) EXPECT_FALSE(body.contains(name)) << name;
    EXPECT_FALSE(body.at("partner").as_object().contains("lastSaid"));
    EXPECT_FALSE(body.at("next").as_object().contains("at"));
}

TEST_F(ExplanationTest, IsAskedForATimeAnAccountOrAPartnersId) {
    operations.explanations = std::vector<flow::Explanation>{};
    EXPECT_EQ(several("?accountId=account-1&at=2026-09-01T12:00:00%2B02:00").body,
              R"({"explanations":[]})");
    EXPECT_EQ(several("?partnerEntitlementId=b%20%2F1").status, 200);
    ASSERT_EQ(operations.explained.size(), 2U);
    EXPECT_EQ(operations.explained[0].account->text(), "account-1");
    EXPECT_EQ(operations.explained[0].at, base::parse_time("2026-09-01T10:00:00Z"));
    EXPECT_EQ(operations.explained[1].partner_id->text(), "b /1");
}

TEST_F(ExplanationTest, SaysWhatIsWrongWithTheQuestion) {
    const auto expect = [&](const http::Response& response, ErrorCode code, const char* field) {
        EXPECT_EQ(error_code(response), number_of(code)) << response.body;
        EXPECT_EQ(json(response).at("details").at(0).at("field"), field) << response.body;
    };
    expect(one("?at=yesterday"), ErrorCode::query_invalid, "at");
    expect(several(""), ErrorCode::query_invalid, "accountId");
    expect(several("?accountId=a&partnerEntitlementId=b"), ErrorCode::query_invalid, "accountId");
    expect(several("?accountId=a%20b"), ErrorCode::id_malformed, "accountId");
    expect(several("?partnerEntitlementId="), ErrorCode::query_invalid, "partnerEntitlementId");
    expect(get("/admin/v1/entitlements/a%20b/explanation"), ErrorCode::id_malformed,
           "entitlementId");
    EXPECT_TRUE(operations.explained.empty());
}

TEST_F(ExplanationTest, PassesOnWhyItCannotBeTold) {
    operations.explanations = std::unexpected{flow::fail(flow::FailureKind::entitlement_unknown)};
    EXPECT_EQ(error_code(one()), number_of(ErrorCode::entitlement_unknown));
    operations.explanations = std::unexpected{flow::fail(flow::StoreError::damaged)};
    EXPECT_EQ(error_code(several("?accountId=a")), number_of(ErrorCode::store_damaged));
}

TEST_F(ExplanationTest, IsForTheAdminRoleWithinItsTenants) {
    operations.explanations = std::vector<flow::Explanation>{};
    EXPECT_EQ(error_code(get(std::string{kOne}, "portal")), number_of(ErrorCode::role_missing));
    EXPECT_EQ(error_code(get(std::string{kOne}, "half", {{"nv-tenant-id", "second"}})),
              number_of(ErrorCode::tenant_unknown));
    EXPECT_TRUE(operations.explained.empty());
    get(std::string{kSeveral} + "?accountId=a", "admin", {{"nv-tenant-id", "second"}});
    ASSERT_EQ(operations.explained.size(), 1U);
    EXPECT_EQ(operations.explained[0].tenant.text(), "second");
}

}  // namespace
}  // namespace usher::api
