#include "api/test_surface.h"

namespace usher::api {
namespace {

class StatusTest : public SurfaceTest {
  protected:
    StatusTest() {
        const auto now = base::from_micros(1'800'000'000'000'000);
        operations.facts = {
            .now = now,
            .backlog = std::make_shared<const flow::Counted>(
                flow::Counted{.parts = {{.tenant = demo,
                                         .merchant = shop,
                                         .problem = domain::Problem::no_answer,
                                         .due = true,
                                         .count = 1200,
                                         .oldest = now - std::chrono::hours{1}}},
                              .at = now - std::chrono::seconds{3}}),
            .routes = {{.tenant = demo,
                        .merchant = shop,
                        .window = 7.25,
                        .most = 32,
                        .in_flight = 5,
                        .settled_per_minute = 600,
                        .rate_is_known = true}},
            .tenants = {{demo, std::chrono::hours{24}, std::nullopt},
                        {domain::TenantId{"second"}, std::chrono::hours{24}, std::nullopt}},
            .learned = {{.tenant = demo,
                         .merchant = shop,
                         .product = domain::ProductKey{"A B"},
                         .action = domain::PartnerAction::suspend,
                         .since = now,
                         .until = now + std::chrono::hours{24}}}};
    }

    http::Response ask(std::string_view method, std::string_view path, std::string_view body = {},
                       const std::string& user = "half") {
        http::Request request{.method = std::string{method}, .target = std::string{path}};
        if (!user.empty()) request.headers.add("Authorization", "Bearer " + user);
        if (!body.empty()) {
            request.headers.add("Content-Type", "application/json");
            request.body = body;
        }
        return send_admin(std::move(request));
    }
    bool metrics_have(std::string_view line) {
        const auto text = ask("GET", "/metrics", {}, "").body;
        return text.find(std::string{"\n"} + std::string{line} + "\n") != std::string::npos;
    }

    const domain::TenantId demo{"demo"};
    const domain::MerchantId shop{"SHOP"};
};

TEST_F(StatusTest, TellsHowItStandsAndUntilWhen) {
    const auto answer = ask("GET", "/admin/v1/status");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto told = json(answer);
    EXPECT_EQ(told.at("ready"), true);
    EXPECT_EQ(told.at("inTrouble"), false);
    const auto& route = told.at("routes").at(0).as_object();
    EXPECT_EQ(route.at("state"), "healthy");
    EXPECT_EQ(route.at("window"), 7.25);
    EXPECT_EQ(route.at("waiting"), 1200);
    EXPECT_EQ(route.at("etaSeconds"), 120);
    EXPECT_EQ(route.at("eta"), "2027-01-15T08:02:00.000Z");
    EXPECT_EQ(told.at("countedAt"), "2027-01-15T07:59:57.000Z");
    const auto& cause = told.at("tenants").at(0).at("causes").at(0);
    EXPECT_EQ(cause.at("cause"), "no_answer");
    EXPECT_EQ(cause.at("count"), 1200);
    EXPECT_EQ(told.at("actions").at("learned").at(0).at("productKey"), "A B");
    ASSERT_EQ(operations.status_asked.size(), 1U);
    EXPECT_EQ(operations.status_asked.at(0), demo) << "of the token's tenant alone";
}

TEST_F(StatusTest, OfAllOnlyForWhoMayActForAll) {
    EXPECT_EQ(ask("GET", "/admin/v1/all-tenants/status").status, 404);
    EXPECT_EQ(ask("GET", "/admin/v1/status", {}, "portal").status, 403) << "another role";
    EXPECT_EQ(ask("GET", "/admin/v1/status", {}, "").status, 403);
    EXPECT_TRUE(operations.status_asked.empty());
    EXPECT_EQ(ask("GET", "/admin/v1/all-tenants/status", {}, "admin").status, 200);
    EXPECT_EQ(operations.status_asked.at(0), std::nullopt);
}

// A partner or an issuer that is away is trouble and no reason not to be ready; a store is both.
TEST_F(StatusTest, HealthMetricsAndStatusTellTheSame) {
    operations.facts.routes.at(0).state = flow::RouteState::open;
    operations.facts.routes.at(0).problem_code = domain::Problem::partner_unreachable;
    operations.facts.issuer = {.has_keys = true, .answers = false};
    EXPECT_EQ(ask("GET", "/health/ready", {}, "").status, 200);
    EXPECT_EQ(json(ask("GET", "/admin/v1/status")).at("ready"), true);
    EXPECT_EQ(json(ask("GET", "/admin/v1/status")).at("inTrouble"), true);
    EXPECT_TRUE(metrics_have("usher_ready 1"));
    EXPECT_TRUE(metrics_have("usher_issuer_answers 0"));
    EXPECT_TRUE(metrics_have(R"(usher_unsettled{cause="partner_unreachable",tenant="demo"} 1200)"));
    EXPECT_TRUE(metrics_have(R"(usher_route_state{merchant="SHOP",state="open",tenant="demo"} 1)"));
    EXPECT_TRUE(
        metrics_have(R"(usher_route_state{merchant="SHOP",state="healthy",tenant="demo"} 0)"));
    EXPECT_TRUE(metrics_have(R"(usher_oldest_unsettled_seconds{tenant="demo"} 3600)"));
    EXPECT_TRUE(metrics_have(R"(usher_oldest_unsettled_seconds{tenant="second"} 0)"));
    EXPECT_TRUE(metrics_have("usher_backlog_age_seconds 3"));

    operations.takes_writes = std::unexpected{"the disk is full"};
    EXPECT_EQ(ask("GET", "/health/ready", {}, "").status, 503);
    const auto told = json(ask("GET", "/admin/v1/status"));
    EXPECT_EQ(told.at("ready"), false);
    EXPECT_EQ(told.at("store").at("reason"), "the disk is full");
    EXPECT_TRUE(metrics_have("usher_ready 0"));
}

constexpr std::string_view kPin =
    R"({"merchant":"SHOP","productKey":"A B","action":"suspend","supported":true,"reason":"r"})";

TEST_F(StatusTest, APinSaysWhoAndWhyAndWhatItIsAbout) {
    const auto answer = ask("POST", "/admin/v1/actions/pins", kPin);
    EXPECT_EQ(answer.status, 201) << answer.body;
    ASSERT_EQ(operations.pins_placed.size(), 1U);
    const auto& pin = operations.pins_placed.at(0);
    EXPECT_EQ(pin.tenant, demo);
    EXPECT_EQ(pin.merchant, shop);
    EXPECT_EQ(pin.product.text(), "A B");
    EXPECT_EQ(pin.action, domain::PartnerAction::suspend);
    EXPECT_TRUE(pin.supported);
    EXPECT_EQ(pin.by, "half");
    EXPECT_EQ(pin.why, "r");
    EXPECT_EQ(ask("POST", "/admin/v1/all-tenants/actions/pins", kPin).status, 404);
    EXPECT_EQ(ask("POST", "/admin/v1/all-tenants/actions/pins", kPin, "admin").status, 201);
    EXPECT_TRUE(operations.pins_placed.at(1).tenant.empty());
}

TEST_F(StatusTest, APinIsLiftedAndWhatWasLearntForgottenForATenant) {
    const auto body = R"({"action":"suspend","reason":"r"})";
    EXPECT_EQ(ask("POST", "/admin/v1/actions/pins/lift", body).body, R"({"lifted":1})");
    EXPECT_EQ(operations.pins_lifted.at(0).tenant, demo);
    EXPECT_EQ(ask("POST", "/admin/v1/actions/clear", R"({"reason":"r"})").body, R"({"cleared":2})");
    EXPECT_EQ(operations.cleared.at(0).tenant, demo);
    EXPECT_FALSE(operations.cleared.at(0).action);
    EXPECT_EQ(json(ask("GET", "/admin/v1/actions")).at("learned").as_array().size(), 1U);
}

TEST_F(StatusTest, WhatCannotBeMeantChangesNothing) {
    for (const auto* body :
         {R"({"action":"suspend","supported":true})", R"({"action":"suspend","reason":"r"})",
          R"({"action":"stop","supported":true,"reason":"r"})",
          R"({"supported":true,"reason":"r"})",
          R"({"action":"suspend","supported":"yes","reason":"r"})",
          R"({"action":"suspend","supported":true,"reason":"r","merchant":"a b"})"}) {
        EXPECT_EQ(ask("POST", "/admin/v1/actions/pins", body).status, 400) << body;
    }
    EXPECT_EQ(ask("POST", "/admin/v1/actions/pins/lift", R"({"reason":"r"})").status, 400);
    EXPECT_EQ(ask("POST", "/admin/v1/actions/clear", R"({"action":"stop","reason":"r"})").status,
              400);
    EXPECT_TRUE(operations.pins_placed.empty() && operations.pins_lifted.empty() &&
                operations.cleared.empty());
}

}  // namespace
}  // namespace usher::api
