// Who gets through to the admin listener's routes, whatever they do.
#include "api/test_surface.h"

namespace usher::api {
namespace {

base::Task<Answer> reached(Exchange& exchange, const Surroundings& /*around*/) {
    co_return http::make_response(200, "text/plain",
                                  exchange.tenant == nullptr ? "all" : exchange.tenant->id.text());
}

const std::vector<Route> kRoutes{
    {"GET", "/admin/v1/one", Door::admin_token, BodyRule::none, reached},
    {"GET", "/admin/v1/all", Door::all_tenants_token, BodyRule::none, reached},
    {"GET", "/health/live", Door::open, BodyRule::none, reached}};

class DoorsTest : public SurfaceTest {
  protected:
    http::Response get(std::string_view path, const std::string& user,
                       const http::Headers& extra = {}) {
        Pipeline pipeline{
            kRoutes,
            options,
            tokens(),
            {.operations = operations, .clock = *clock, .random = *random, .metrics = metrics}};
        http::Request request{.method = "GET", .target = std::string{path}, .headers = extra};
        if (!user.empty()) request.headers.add("Authorization", "Bearer " + user);
        return run(pipeline.handle(std::move(request)));
    }
    void expect_refused(const http::Response& response, ErrorCode code) {
        EXPECT_EQ(response.status, http_status(code)) << response.body;
        EXPECT_EQ(error_code(response), number_of(code)) << response.body;
    }
};

TEST_F(DoorsTest, TheAdminRoleActsWithinItsTenants) {
    EXPECT_EQ(get("/admin/v1/one", "admin").body, "demo");
    EXPECT_EQ(get("/admin/v1/one", "admin", {{"nv-tenant-id", "second"}}).body, "second");
    expect_refused(get("/admin/v1/one", "half", {{"nv-tenant-id", "second"}}),
                   ErrorCode::tenant_unknown);
    expect_refused(get("/admin/v1/one", "portal"), ErrorCode::role_missing);
    expect_refused(get("/admin/v1/one", "viewer"), ErrorCode::role_missing);
    expect_refused(get("/admin/v1/one", ""), ErrorCode::token_missing);
    expect_refused(get("/admin/v1/one", "forged"), ErrorCode::token_invalid);
}

TEST_F(DoorsTest, WhatConcernsEveryTenantIsForTokensOfEveryTenant) {
    EXPECT_EQ(get("/admin/v1/all", "admin").body, "all");
    expect_refused(get("/admin/v1/all", "half"), ErrorCode::tenant_unknown);
    expect_refused(get("/admin/v1/all", "portal"), ErrorCode::role_missing);
    options.tenant_claim.clear();
    expect_refused(get("/admin/v1/all", "admin"), ErrorCode::tenant_unknown);
    options.any_tenant = true;
    EXPECT_EQ(get("/admin/v1/all", "half").body, "all");
}

TEST_F(DoorsTest, AnUnknownHostIsRefusedWhateverIsAsked) {
    options.known_hosts = {"usher.internal"};
    for (const auto* path : {"/admin/v1/one", "/health/live", "/nowhere"}) {
        const auto refused = get(path, "admin", {{"Host", "evil.example"}});
        expect_refused(refused, ErrorCode::host_unknown);
        EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "(none)");
    }
    for (const auto* host : {"127.0.0.1:8082", "localhost", "usher.internal"}) {
        EXPECT_EQ(get("/admin/v1/one", "admin", {{"Host", host}}).status, 200) << host;
        EXPECT_EQ(get("/health/live", "", {{"Host", host}}).status, 200) << host;
    }
}

TEST_F(DoorsTest, OnlyHealthAndNumbersAreOpen) {
    for (const auto& route : admin_routes()) {
        const std::string path{route.path};
        const bool open = path.starts_with("/health/") || path == "/metrics";
        EXPECT_EQ(route.door == Door::open, open) << path;
        if (!open) {
            EXPECT_TRUE(path.starts_with("/admin/v1/")) << path;
        }
    }
}

TEST_F(DoorsTest, TheAdminListenerSaysNothingAboutOtherOrigins) {
    const auto asked = send_admin({.method = "OPTIONS",
                                   .target = "/health/live",
                                   .headers = {{"Origin", "https://evil.example"},
                                               {"Access-Control-Request-Method", "GET"}}});
    EXPECT_EQ(asked.status, 405);
    for (const auto& [name, value] : asked.headers) EXPECT_FALSE(name.starts_with("Access-"));
    const auto strange = send_admin(
        {.method = "GET", .target = "/health/live", .headers = {{"Host", "evil.example"}}});
    EXPECT_EQ(error_code(strange), number_of(ErrorCode::host_unknown));
}

}  // namespace
}  // namespace usher::api
