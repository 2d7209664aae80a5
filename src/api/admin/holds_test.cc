#include "api/test_surface.h"

namespace usher::api {
namespace {

class HoldsTest : public SurfaceTest {
  protected:
    http::Response ask(std::string_view method, std::string_view path, std::string_view body = {},
                       const std::string& user = "half") {
        http::Request request{.method = std::string{method}, .target = std::string{path}};
        request.headers.add("Authorization", "Bearer " + user);
        if (!body.empty()) {
            request.headers.add("Content-Type", "application/json");
            request.body = body;
        }
        return send_admin(std::move(request));
    }
    std::string body_of(const http::Response& response) { return response.body; }
};

constexpr std::string_view kPause = R"({"kind":"paused","merchant":"M","reason":"upgrade"})";

TEST_F(HoldsTest, APauseIsOfTheTenantAndSaysWhoAndWhy) {
    EXPECT_EQ(ask("POST", "/admin/v1/holds", kPause).status, 201);
    ASSERT_EQ(operations.placed.size(), 1U);
    const auto& hold = operations.placed.at(0);
    EXPECT_EQ(hold.tenant.text(), "demo");
    EXPECT_EQ(hold.merchant.text(), "M");
    EXPECT_EQ(hold.kind, flow::HoldKind::paused);
    EXPECT_EQ(hold.by, "half");
    EXPECT_EQ(hold.why, "upgrade");
}

TEST_F(HoldsTest, OnlyWhoMayActForAllPausesAll) {
    EXPECT_EQ(ask("POST", "/admin/v1/all-tenants/holds", kPause).status, 404);
    EXPECT_TRUE(operations.placed.empty());
    EXPECT_EQ(ask("POST", "/admin/v1/all-tenants/holds", kPause, "admin").status, 201);
    EXPECT_TRUE(operations.placed.at(0).tenant.empty());
    EXPECT_EQ(ask("POST", "/admin/v1/holds", kPause, "portal").status, 403) << "another role";
}

TEST_F(HoldsTest, WhatUsherPlacesItselfIsOnlyLifted) {
    const auto body = R"({"kind":"endings","reason":"they are true"})";
    EXPECT_EQ(ask("POST", "/admin/v1/holds", body).status, 400);
    EXPECT_TRUE(operations.placed.empty());
    EXPECT_EQ(body_of(ask("POST", "/admin/v1/holds/lift", body)), R"({"lifted":1})");
    ASSERT_EQ(operations.lifted.size(), 1U);
    EXPECT_EQ(operations.lifted.at(0).kind, flow::HoldKind::endings);
    EXPECT_EQ(operations.lifted.at(0).by, "half");
}

TEST_F(HoldsTest, AReasonMustBeGiven) {
    for (const auto* body : {R"({"kind":"paused"})", R"({"kind":"paused","reason":""})",
                             R"({"kind":"stopped","reason":"r"})", R"({"reason":"r"})",
                             R"({"kind":"paused","reason":"r","merchant":"a b"})"}) {
        EXPECT_EQ(ask("POST", "/admin/v1/holds", body).status, 400) << body;
        EXPECT_EQ(ask("POST", "/admin/v1/holds/lift", body).status, 400) << body;
    }
    EXPECT_EQ(ask("POST", "/admin/v1/entitlements/ent-1/retry", R"({"reason":""})").status, 400);
    EXPECT_TRUE(operations.placed.empty() && operations.lifted.empty() &&
                operations.retried.empty());
}

TEST_F(HoldsTest, ATenantSeesItsOwnHoldsAndThoseOfAll) {
    operations.in_force = {
        {.kind = flow::HoldKind::restored, .by = "usher", .why = "a copy"},
        {.tenant = domain::TenantId{"demo"}, .kind = flow::HoldKind::paused, .by = "ann"},
        {.tenant = domain::TenantId{"second"}, .kind = flow::HoldKind::paused, .by = "secret"}};
    const auto mine = body_of(ask("GET", "/admin/v1/holds"));
    EXPECT_NE(mine.find("restored"), std::string::npos);
    EXPECT_NE(mine.find("ann"), std::string::npos);
    EXPECT_EQ(mine.find("secret"), std::string::npos);
    EXPECT_NE(body_of(ask("GET", "/admin/v1/all-tenants/holds", {}, "admin")).find("secret"),
              std::string::npos);
}

TEST_F(HoldsTest, ARetryIsOfOneEntitlement) {
    const auto path = "/admin/v1/entitlements/ent-1/retry";
    EXPECT_EQ(body_of(ask("POST", path, R"({"reason":"mended"})")), R"({"retried":true})");
    ASSERT_EQ(operations.retried.size(), 1U);
    EXPECT_EQ(operations.retried.at(0).entitlement.text(), "ent-1");
    EXPECT_EQ(operations.retried.at(0).why, "mended");
    operations.retry_answer = std::unexpected{flow::fail(flow::FailureKind::entitlement_unknown)};
    EXPECT_EQ(ask("POST", path, R"({"reason":"mended"})").status, 404);
}

TEST_F(HoldsTest, WhatIsNotSettledIsListedInPages) {
    operations.unsettled_rows = {{.entitlement = domain::EntitlementId{"ent-1"},
                                  .status = domain::EntitlementStatus::suspended,
                                  .partner_status = domain::PartnerStatus::unknown,
                                  .problem = domain::Problem::no_answer,
                                  .attempts = 3}};
    const auto page =
        body_of(ask("GET", "/admin/v1/unsettled?problem=no_answer&after=ent-0&limit=1"));
    EXPECT_NE(page.find(R"("next":"ent-1")"), std::string::npos) << page;
    EXPECT_NE(page.find(R"("problem":"no_answer")"), std::string::npos) << page;
    ASSERT_EQ(operations.unsettled_asked.size(), 1U);
    EXPECT_EQ(operations.unsettled_asked.at(0).after.text(), "ent-0");
    EXPECT_EQ(operations.unsettled_asked.at(0).problem, domain::Problem::no_answer);
    EXPECT_EQ(operations.unsettled_asked.at(0).limit, 1U);
    EXPECT_EQ(body_of(ask("GET", "/admin/v1/unsettled")).find("next\":\"ent"), std::string::npos)
        << "the last page";
    for (const auto* query : {"limit=0", "limit=1001", "limit=x", "problem=none_such",
                              "problem=", "after=a%20b", "after="}) {
        EXPECT_EQ(ask("GET", std::string{"/admin/v1/unsettled?"} + query).status, 400) << query;
    }
}

}  // namespace
}  // namespace usher::api
