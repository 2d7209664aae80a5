// What a request passes before any call sees it.
#include "api/test_surface.h"

namespace usher::api {
namespace {

constexpr auto kGood = R"({"status":"CANCELLED"})";

class PipelineTest : public SurfaceTest {
  protected:
    http::Response with(http::Headers headers, std::string body = kGood) {
        return send({.method = "PUT",
                     .target = std::string{kUpdatePath},
                     .headers = std::move(headers),
                     .body = std::move(body),
                     .peer = {}});
    }
    http::Response as(const std::string& user, http::Headers extra = {}) {
        http::Headers headers{{"Authorization", "Bearer " + user},
                              {"Content-Type", "application/json"}};
        for (const auto& [name, value] : extra) headers.add(name, value);
        return with(std::move(headers));
    }
    void expect_refused(const http::Response& response, ErrorCode code) {
        EXPECT_EQ(response.status, http_status(code)) << response.body;
        EXPECT_EQ(error_code(response), number_of(code)) << response.body;
        EXPECT_EQ(operations.asked(), 0U);
    }
};

TEST_F(PipelineTest, EchoesTheCallersCorrelationId) {
    EXPECT_EQ(header(update(kGood, {{"X-Correlation-ID", "flow-42"}}), "x-correlation-id"),
              "flow-42");
    const std::string longest(128, '~');
    EXPECT_EQ(header(update(kGood, {{"x-correlation-id", longest}}), "x-correlation-id"), longest);
}

TEST_F(PipelineTest, MakesACorrelationIdWhereTheCallersCannotBeUsed) {
    for (const std::string& bad : {std::string{}, std::string(129, 'a'), std::string{"a b"},
                                   std::string{"a\x7F"}, std::string{"caf\xC3\xA9"}}) {
        const auto echoed = header(update(kGood, {{"x-correlation-id", bad}}), "x-correlation-id");
        EXPECT_EQ(echoed.size(), 36U) << bad;
    }
    const auto twice = header(update(kGood, {{"x-correlation-id", "a"}, {"x-correlation-id", "b"}}),
                              "x-correlation-id");
    EXPECT_EQ(twice.size(), 36U);
}

TEST_F(PipelineTest, EveryAnswerCanBeFoundAndIsNotKept) {
    const http::Headers correlation{{"x-correlation-id", "c-1"}};
    const std::vector<http::Response> answers{update(kGood, correlation),
                                              update("{", correlation),
                                              call("GET", "/nowhere", "", correlation),
                                              call("PATCH", kUpdatePath, "", correlation),
                                              call("PUT", "/%zz", "", correlation),
                                              as("nobody", correlation)};
    for (const auto& response : answers) {
        EXPECT_EQ(header(response, "x-correlation-id"), "c-1") << response.status;
        EXPECT_EQ(header(response, "Cache-Control"), "no-store") << response.status;
    }
}

TEST_F(PipelineTest, RequestIdsAreUnique) {
    std::set<std::string> seen;
    const auto handler = make_operator_handler(
        options, tokens(),
        {.operations = operations, .clock = *clock, .random = *random, .metrics = metrics});
    for (int i = 0; i < 20; ++i) {
        const auto response = run(handler({.method = "GET", .target = "/nowhere"}));
        EXPECT_TRUE(seen.insert(std::string{json(response).at("requestId").as_string()}).second);
    }
}

TEST_F(PipelineTest, UnknownPathsAndMethodsNeedNoToken) {
    const auto nowhere = send({.method = "GET", .target = "/nowhere"});
    expect_refused(nowhere, ErrorCode::route_unknown);
    const auto wrong = send({.method = "PATCH", .target = std::string{kUpdatePath}});
    expect_refused(wrong, ErrorCode::method_not_allowed);
    EXPECT_EQ(header(wrong, "Allow"), "PUT, POST, GET, HEAD, DELETE");
    expect_refused(send({.method = "PUT", .target = "/a%2"}), ErrorCode::malformed_target);
    expect_refused(send({.method = "PUT", .target = "*"}), ErrorCode::malformed_target);
}

TEST_F(PipelineTest, PathsThatOnlyResembleARouteAreUnknown) {
    for (const auto* path :
         {"/", "/crm-gateway", "/crm-gateway/v2/rmg/v1/entitlements/", "/crm-gateway/v2/rmg/v1//x",
          "/crm-gateway/v1/rmg/v1/entitlements/x/y", "/CRM-GATEWAY/v2/rmg/v1/entitlements",
          "/crm-gateway/v2/rmg/v1/entitlements/../../admin"}) {
        const auto response = call("PATCH", path, "");
        EXPECT_TRUE(response.status == 404 || response.status == 405) << path;
    }
    EXPECT_EQ(operations.asked(), 0U);
}

TEST_F(PipelineTest, EveryTokenTroubleIsTold) {
    for (const auto kind : auth::kAllTokenRefusals) {
        refusal = kind;
        const auto response = as("portal");
        expect_refused(response, code_of(kind));
        EXPECT_EQ(response.headers.count("WWW-Authenticate"), 0U);
        EXPECT_EQ(json(response).contains("resultCode"), response.status == 403);
    }
    refusal.reset();
    expect_refused(with({{"Content-Type", "application/json"}}), ErrorCode::token_missing);
    expect_refused(as("nobody"), ErrorCode::token_invalid);
    expect_refused(as("portal", {{"Authorization", "Bearer portal"}}), ErrorCode::token_invalid);
}

TEST_F(PipelineTest, AllBadTokensReadTheSame) {
    std::set<std::string> bodies;
    for (const auto kind : auth::kAllTokenRefusals) {
        if (code_of(kind) != ErrorCode::token_invalid) continue;
        refusal = kind;
        auto body = json(as("portal"));
        body.erase("requestId");
        bodies.insert(boost::json::serialize(body));
    }
    EXPECT_EQ(bodies.size(), 1U);
}

TEST_F(PipelineTest, TheRoleIsNeeded) {
    expect_refused(as("viewer"), ErrorCode::role_missing);
    options.operator_role = "another";
    expect_refused(as("portal"), ErrorCode::role_missing);
}

// Who may not ask, learns neither whether a tenant exists nor whether the body is right.
TEST_F(PipelineTest, NothingIsToldBeforeTokenAndRole) {
    for (const auto* tenant : {"demo", "unknown", "shut", ""}) {
        expect_refused(as("viewer", {{"nv-tenant-id", tenant}}), ErrorCode::role_missing);
        expect_refused(as("nobody", {{"nv-tenant-id", tenant}}), ErrorCode::token_invalid);
    }
    expect_refused(with({{"Authorization", "Bearer viewer"}}, "{"), ErrorCode::role_missing);
    expect_refused(with({{"Authorization", "Bearer viewer"}}, ""), ErrorCode::role_missing);
}

struct TenantCase {
    std::string user;
    std::vector<std::string> header;
    std::string selected;  // or
    std::optional<ErrorCode> refused;
};

TEST_F(PipelineTest, FindsTheTenant) {
    add_user("many", {"operatorRole"}, {"second", "demo_b"});
    add_user("none", {"operatorRole"}, {});
    add_user("gone", {"operatorRole"}, {"no-such"});
    const std::vector<TenantCase> cases{
        {"portal", {"demo_b"}, "demo_b", {}},
        {"portal", {}, "demo", {}},
        {"portal2", {}, "second", {}},
        {"portal2", {"second"}, "second", {}},
        {"portal2", {"demo"}, "", ErrorCode::tenant_unknown},
        {"portal", {"second"}, "", ErrorCode::tenant_unknown},
        {"portal", {"no-such"}, "", ErrorCode::tenant_unknown},
        {"portal", {"DEMO"}, "", ErrorCode::tenant_unknown},
        {"portal", {std::string(10'000, 'x')}, "", ErrorCode::tenant_unknown},
        {"portal", {""}, "", ErrorCode::tenant_header_invalid},
        {"portal", {"demo", "demo"}, "", ErrorCode::tenant_header_invalid},
        {"portal", {"demo", "second"}, "", ErrorCode::tenant_header_invalid},
        {"portal", {"demo, second"}, "", ErrorCode::tenant_unknown},
        {"portal", {"shut"}, "", ErrorCode::tenant_disabled},
        {"portal2", {"shut"}, "", ErrorCode::tenant_unknown},
        {"many", {}, "", ErrorCode::tenant_unknown},  // the default one is not theirs
        {"none", {}, "", ErrorCode::tenant_unknown},
        {"none", {"demo"}, "", ErrorCode::tenant_unknown},
        {"gone", {}, "", ErrorCode::tenant_unknown},
    };
    for (const auto& [user, header, selected, refused] : cases) {
        operations.updates.clear();
        http::Headers extra;
        for (const auto& value : header) extra.add("nv-tenant-id", value);
        const auto response = as(user, extra);
        const auto name = user + " " + (header.empty() ? "-" : header.front().substr(0, 20));
        if (refused) {
            SCOPED_TRACE(name);
            expect_refused(response, *refused);
        } else {
            ASSERT_EQ(response.status, 200) << name << response.body;
            EXPECT_EQ(operations.updates.front().tenant.text(), selected) << name;
        }
    }
}

TEST_F(PipelineTest, UnknownAndForeignTenantsCannotBeToldApart) {
    const auto answer_for = [this](const char* tenant) {
        auto response = as("portal2", {{"nv-tenant-id", tenant}, {"x-correlation-id", "c"}});
        const std::string id{json(response).at("requestId").as_string()};
        response.body.replace(response.body.find(id), id.size(), "ID");
        std::string all = std::to_string(response.status);
        for (const auto& [name, value] : response.headers) all += name + value;
        return all + response.body;
    };
    EXPECT_EQ(answer_for("no-such"), answer_for("demo"));
    EXPECT_EQ(answer_for("no-such"), answer_for("shut"));
}

TEST_F(PipelineTest, WithoutATenantClaimOnlyOneTenantOrAnyIsSafe) {
    options.tenant_claim.clear();
    expect_refused(as("portal"), ErrorCode::tenant_unknown);
    options.any_tenant = true;
    EXPECT_EQ(as("portal2", {{"nv-tenant-id", "demo"}}).status, 200);
    options.any_tenant = false;
    options.tenants.resize(1);
    EXPECT_EQ(as("portal2").status, 200);
}

TEST_F(PipelineTest, WithoutADefaultTenantItMustBeNamed) {
    options.tenants.front().is_default = false;
    expect_refused(as("portal"), ErrorCode::tenant_not_named);
    EXPECT_EQ(as("portal2").status, 200);  // its claim names one
}

TEST_F(PipelineTest, TheBodyMustBeDeclaredAsJson) {
    for (const auto* good : {"application/json", "application/json; charset=utf-8"}) {
        EXPECT_EQ(with({{"Authorization", "Bearer portal"}, {"Content-Type", good}}).status, 200);
    }
    operations.updates.clear();
    for (const auto* bad : {"text/plain", "", "application/x-www-form-urlencoded", "json"}) {
        expect_refused(with({{"Authorization", "Bearer portal"}, {"Content-Type", bad}}),
                       ErrorCode::media_type_unsupported);
    }
    expect_refused(with({{"Authorization", "Bearer portal"}}), ErrorCode::media_type_unsupported);
    expect_refused(update(kGood, {{"Content-Type", "application/json"}}),
                   ErrorCode::media_type_unsupported);
}

TEST_F(PipelineTest, CallsWithoutABodyIgnoreItsType) {
    operations.found = domain::Entitlement{.id = domain::EntitlementId{"ent-1"}};
    const http::Headers headers{{"Authorization", "Bearer portal"}, {"Content-Type", "image/png"}};
    const auto response = send({.method = "GET",
                                .target = std::string{kUpdatePath},
                                .headers = headers,
                                .body = "\x89PNG",
                                .peer = {}});
    EXPECT_EQ(response.status, 200) << response.body;
}

struct BodyCase {
    std::string body;
    ErrorCode code;
};

TEST_F(PipelineTest, RefusesBodiesThatAreNotStrictJson) {
    const auto nested = [](int depth) {
        return R"({"status":"CANCELLED","x":)" + std::string(depth, '[') + std::string(depth, ']') +
               "}";
    };
    const std::vector<BodyCase> cases{
        {"", ErrorCode::body_missing},
        {" ", ErrorCode::body_not_json},
        {"status=CANCELLED", ErrorCode::body_not_json},
        {R"({"status":"CANCELLED"} x)", ErrorCode::body_not_json},
        {R"({"status":"CANCELLED"}{})", ErrorCode::body_not_json},
        {R"({"status":"CANCELLED",})", ErrorCode::body_not_json},
        {R"({'status':'CANCELLED'})", ErrorCode::body_not_json},
        {R"({"status":"CANCELLED")", ErrorCode::body_not_json},
        {"\xEF\xBB\xBF{\"status\":\"CANCELLED\"}", ErrorCode::body_not_json},
        {R"({"status":"\ud800"})", ErrorCode::body_not_json},
        {"{\"status\":\"\xFF\"}", ErrorCode::body_not_json},
        {"{\"status\":\"\xC0\xAF\"}", ErrorCode::body_not_json},
        {R"({"status":"CANCELLED","x":NaN})", ErrorCode::body_not_json},
        {std::string("{\"status\":\"CANCELLED\"}\0", 23), ErrorCode::body_not_json},
        {R"({"status":"CANCELLED","status":"ACTIVE"})", ErrorCode::duplicate_key},
        {R"({"status":"CANCELLED","st\u0061tus":"ACTIVE"})", ErrorCode::duplicate_key},
        {R"({"status":"CANCELLED","x":{"a":1,"a":2}})", ErrorCode::duplicate_key},
        {R"({"status":"CANCELLED\u0000"})", ErrorCode::nul_in_string},
        {R"({"status":"CANCELLED","\u0000":1})", ErrorCode::nul_in_string},
        {R"({"status":"CANCELLED","x":1e999})", ErrorCode::number_out_of_range},
        {nested(64), ErrorCode::body_too_deep},
        {"[]", ErrorCode::body_not_an_object},
        {"null", ErrorCode::body_not_an_object},
        {"\"CANCELLED\"", ErrorCode::body_not_an_object},
        {"{\"x\":\"" + std::string(300 * 1024, 'x') + "\"}", ErrorCode::body_too_large},
    };
    for (const auto& [body, code] : cases) {
        SCOPED_TRACE(body.substr(0, 60));
        expect_refused(update(body), code);
    }
    EXPECT_EQ(update(nested(16)).status, 200);
}

TEST_F(PipelineTest, AFaultBeneathBecomesAnAnswer) {
    operations.fails = true;
    const auto response = update(kGood);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(error_code(response), 50001);
    EXPECT_EQ(response.body.find("planted"), std::string::npos);
}

TEST_F(PipelineTest, LogsARequestWithoutItsSecrets) {
    testing::internal::CaptureStderr();
    const auto response = update(R"({"status":"CANCELLED","reasonCode":"c4nary-body"})",
                                 {{"x-correlation-id", "c-log"}, {"Cookie", "c4nary-cookie"}});
    call("PUT", std::string{kUpdatePath} + "?token=c4nary-query", "{\"c4nary-bad");
    call("GET", "/c4nary-path", "");
    send({.method = "PUT",
          .target = std::string{kUpdatePath},
          .headers = {{"Authorization", "Bearer c4nary-token"}},
          .body = kGood,
          .peer = {}});
    const auto log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(log.find("c4nary"), std::string::npos) << log;
    const auto line = boost::json::parse(log.substr(0, log.find('\n'))).as_object();
    EXPECT_EQ(line.at("event").as_string(), "request");
    EXPECT_EQ(line.at("method").as_string(), "PUT");
    EXPECT_EQ(line.at("route").as_string(), "/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}");
    EXPECT_EQ(line.at("status").as_int64(), response.status);
    EXPECT_EQ(line.at("tenant").as_string(), "demo");
    EXPECT_EQ(line.at("subject").as_string(), "sub-portal");
    EXPECT_EQ(line.at("correlationId").as_string(), "c-log");
    EXPECT_TRUE(line.at("requestId").is_string());
    EXPECT_TRUE(line.at("ms").is_int64());
}

TEST_F(PipelineTest, TheLogNamesTheRealReasonOfTokenTrouble) {
    refusal = auth::TokenRefusal::wrong_issuer;
    testing::internal::CaptureStderr();
    as("portal");
    const auto log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find(auth::to_text(auth::TokenRefusal::wrong_issuer)), std::string::npos) << log;
}

TEST_F(PipelineTest, CountsByRouteAndStatus) {
    update(kGood);
    update("{");
    call("GET", "/nowhere", "");
    const auto text = metrics.text();
    const std::string route = R"(route="/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}",)";
    EXPECT_NE(text.find(route + R"(status="200"} 1)"), std::string::npos) << text;
    EXPECT_NE(text.find(route + R"(status="400"} 1)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(route="none",status="404"} 1)"), std::string::npos) << text;
}

TEST(RenderError, HasTheFormOfTheSurface) {
    const auto random = base::make_seeded_random(1);
    base::Metrics metrics;
    const auto render = make_render_error(*random, metrics);
    const auto response = render(http::ProtocolError::malformed, "There are two Hosts.");
    EXPECT_EQ(response.status, 400);
    const auto body = boost::json::parse(response.body).as_object();
    EXPECT_EQ(body.at("errorCode").as_int64(), 40001);
    const std::string message{body.at("message").as_string()};
    EXPECT_NE(message.find(" There are two Hosts. "), std::string::npos) << message;
    EXPECT_EQ(response.headers.count("x-correlation-id"), 1U);
    EXPECT_EQ(response.headers.find("Cache-Control"), "no-store");
    const auto again = render(http::ProtocolError::malformed, "");
    EXPECT_NE(boost::json::parse(again.body).as_object().at("requestId"), body.at("requestId"));
    EXPECT_NE(metrics.text().find(R"(usher_http_refused_total{status="400"} 2)"),
              std::string::npos);
}

TEST(Routes, EachOperatorCallSaysWhatARoleMustBeGivenForIt) {
    for (const auto& route : operator_routes()) {
        if (route.door == Door::primary_token) continue;  // no role of the operator's opens it
        EXPECT_TRUE(route.right) << route.method << " " << route.path;
        if (route.method != "GET") {
            EXPECT_NE(route.right, Right::read) << route.method << " " << route.path;
        }
    }
}

TEST_F(SurfaceTest, ARoleMayOnlyWhatItIsGiven) {
    add_user("reader", {"operatorReader"}, {"demo"});
    add_user("agent", {"callCentre"}, {"demo"});
    const auto code = [this](const char* who, const char* method, std::string_view path) {
        const auto response = send({.method = method,
                                    .target = std::string{path},
                                    .headers = {{"Authorization", std::string{"Bearer "} + who},
                                                {"Content-Type", "application/json"}},
                                    .body = R"({"status":"SUSPENDED"})",
                                    .peer = {}});
        const bool refused =
            response.status == 403 && response.body.find("40304") != std::string::npos;
        return refused ? "refused" : "let in";
    };
    EXPECT_STREQ(code("reader", "GET", kUpdatePath), "let in");
    EXPECT_STREQ(code("reader", "GET", "/crm-gateway/v1/rmg/v1/entitlements"), "let in");
    EXPECT_STREQ(code("reader", "PUT", kUpdatePath), "refused");
    EXPECT_STREQ(code("reader", "DELETE", kUpdatePath), "refused");
    EXPECT_STREQ(code("reader", "POST", kCreatePath), "refused");
    const std::string link{"/tpes/v1/operator/entitlements/ent-1/activationinfo"};
    EXPECT_STREQ(code("reader", "GET", link), "refused") << "whoever has the link can use it";
    options.roles = {{.name = "callCentre", .may = {Right::read, Right::change}}};
    EXPECT_STREQ(code("agent", "PUT", kUpdatePath), "let in");
    EXPECT_STREQ(code("agent", "GET", link), "let in");
    EXPECT_STREQ(code("agent", "DELETE", kUpdatePath), "refused");
    EXPECT_STREQ(code("reader", "GET", kUpdatePath), "refused") << "the list is another one now";
    EXPECT_TRUE(operations.purchases.empty());
}

}  // namespace
}  // namespace usher::api
