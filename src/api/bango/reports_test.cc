#include "api/test_surface.h"

namespace usher::api {
namespace {

class ReportsTest : public SurfaceTest {
  protected:
    http::Response report(std::string_view path, http::Headers headers, std::string body) {
        return send({.method = "POST",
                     .target = std::string{path},
                     .headers = std::move(headers),
                     .body = std::move(body),
                     .peer = {}});
    }
    static http::Headers basic(std::string_view pair) {
        return {{"Authorization", "Basic " + base::encode_base64(pair)}};
    }
    http::Response good(std::string_view path, std::string body = "{}") {
        return report(path, basic("usher:p4rtner-canary"), std::move(body));
    }
};

constexpr std::string_view kPath = "/bango/v1/reports/demo/ent-1";

TEST_F(ReportsTest, PassesAReportOn) {
    const auto response = good(kPath, R"({"status":"ACTIVE","anything":[1,{"deep":true}]})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    ASSERT_EQ(operations.reports.size(), 1U);
    EXPECT_EQ(operations.reports[0].tenant.text(), "demo");
    EXPECT_EQ(operations.reports[0].entitlement.text(), "ent-1");
}

TEST_F(ReportsTest, ADisabledTenantsReportsCount) {
    EXPECT_EQ(good("/bango/v1/reports/shut/ent-1").status, 200);
    EXPECT_EQ(operations.reports.size(), 1U);
}

TEST_F(ReportsTest, AsksForThePassword) {
    const std::vector<http::Headers> cases{
        {},
        {{"Authorization", ""}},
        {{"Authorization", "Basic"}},
        {{"Authorization", "Basic "}},
        {{"Authorization", "Basic !!!"}},
        {{"Authorization", "Bearer portal"}},
        basic("usher"),
        basic("usher:"),
        basic("usher:wrong"),
        basic(":p4rtner-canary"),
        basic("usher:p4rtner-canary2"),
        basic("USHER:p4rtner-canary"),
        {{"Authorization", "Basic dXNoZXI6cDRydG5lci1jYW5hcnk="},
         {"Authorization", "Basic dXNoZXI6cDRydG5lci1jYW5hcnk="}},
    };
    testing::internal::CaptureStderr();
    for (const auto& headers : cases) {
        const auto response = report(kPath, headers, "{}");
        EXPECT_EQ(response.status, 401);
        EXPECT_EQ(error_code(response), 40101);
        EXPECT_TRUE(header(response, "WWW-Authenticate").starts_with("Basic "));
        EXPECT_TRUE(header(response, "WWW-Authenticate").contains("Bearer "));
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("canary"), std::string::npos);
    EXPECT_EQ(operations.asked(), 0U);
}

TEST_F(ReportsTest, TheSchemesNameHasNoCase) {
    EXPECT_EQ(report(kPath, {{"Authorization", "bASIC dXNoZXI6cDRydG5lci1jYW5hcnk="}}, "{}").status,
              200);
}

TEST_F(ReportsTest, WithoutCredentialsNobodyComesIn) {
    options.partner = {};
    const std::vector<http::Headers> cases{{},
                                           basic(":"),
                                           {{"x-api-key", ""}},
                                           {{"Authorization", "Bearer "}},
                                           {{"Authorization", "Bearer partner"}}};
    for (const auto& headers : cases) EXPECT_EQ(report(kPath, headers, "{}").status, 401);
    EXPECT_EQ(operations.asked(), 0U);
}

TEST_F(ReportsTest, AKeyComesAsAHeaderOfItsOwnOrAsBearer) {
    options.partner = {.api_key = base::Secret{"k3y-canary"}};
    EXPECT_EQ(report(kPath, {{"x-api-key", "k3y-canary"}}, "{}").status, 200);
    EXPECT_EQ(report(kPath, {{"X-Api-Key", "k3y-canary"}}, "{}").status, 200);
    EXPECT_EQ(report(kPath, {{"Authorization", "Bearer k3y-canary"}}, "{}").status, 200);
    EXPECT_EQ(operations.reports.size(), 3U);
    const std::vector<http::Headers> wrong{
        {{"x-api-key", "k3y"}},
        {{"x-api-key", "k3y-canary2"}},
        {{"x-api-key", "k3y-canary"}, {"x-api-key", "k3y-canary"}},
        {{"Authorization", "Basic k3y-canary"}},
        {{"Authorization", "Bearer portal"}},
        basic("k3y-canary:"),
        basic(":k3y-canary"),
    };
    for (const auto& headers : wrong) EXPECT_EQ(report(kPath, headers, "{}").status, 401);
    EXPECT_EQ(operations.reports.size(), 3U);
}

TEST_F(ReportsTest, AnAccessTokenMustBeOfThePartnersClientAndHaveTheRole) {
    options.partner = {.client = "the-partner"};
    const auto with = [&](const std::string& client, const std::string& role) {
        users["it"] = std::make_shared<const auth::Principal>(
            auth::Principal{.subject = "sub", .client = client, .roles = {role}, .expires = {}});
        return report(kPath, {{"Authorization", "Bearer it"}}, "{}").status;
    };
    EXPECT_EQ(with("the-partner", "reportRole"), 200);
    EXPECT_EQ(with("the-partner", "operatorRole"), 401);
    EXPECT_EQ(with("another", "reportRole"), 401);
    EXPECT_EQ(with("", "reportRole"), 401);
    EXPECT_EQ(report(kPath, {{"Authorization", "Bearer nobody"}}, "{}").status, 401);
    EXPECT_EQ(operations.reports.size(), 1U);
    options.report_role = "otherRole";
    EXPECT_EQ(with("the-partner", "reportRole"), 401);
    EXPECT_EQ(with("the-partner", "otherRole"), 200);
    // It opens nothing else.
    http::Headers headers{{"Authorization", "Bearer it"}, {"Content-Type", "application/json"}};
    EXPECT_EQ(send({.method = "PUT",
                    .target = std::string{kUpdatePath},
                    .headers = headers,
                    .body = R"({"status":"ACTIVE"})",
                    .peer = {}})
                  .status,
              403);
}

TEST_F(ReportsTest, ATenantsOwnCredentialsAreTheOnlyOnes) {
    options.tenants[3].reports = {.api_key = base::Secret{"second-key"}};
    constexpr std::string_view kSecond = "/bango/v1/reports/second/ent-1";
    EXPECT_EQ(report(kSecond, {{"x-api-key", "second-key"}}, "{}").status, 200);
    EXPECT_EQ(good(kSecond).status, 401);
    EXPECT_EQ(report(kPath, {{"x-api-key", "second-key"}}, "{}").status, 401);
    EXPECT_EQ(good(kPath).status, 200);
    EXPECT_EQ(good("/bango/v1/reports/nobody/ent-1").status, 200);
    EXPECT_EQ(report("/bango/v1/reports/nobody/ent-1", {{"x-api-key", "second-key"}}, "{}").status,
              401);
}

TEST_F(ReportsTest, ThePathNeedNotNameTheEntitlement) {
    EXPECT_EQ(good("/bango/v1/reports/demo", R"({"entitlementId":"b-1"})").status, 200);
    ASSERT_EQ(operations.reports.size(), 1U);
    EXPECT_TRUE(operations.reports[0].entitlement.empty());
    EXPECT_EQ(operations.reports[0].body, R"({"entitlementId":"b-1"})");
}

TEST_F(ReportsTest, TooManyStraysComeAgainLater) {
    operations.report_answer = std::unexpected{flow::fail(flow::FailureKind::budget_spent)};
    const auto response = good(kPath);
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(error_code(response), 42901);
    EXPECT_FALSE(header(response, "Retry-After").empty());
}

TEST_F(ReportsTest, OnAListenerOfTheirOwnTheyAreFoundThereAlone) {
    options.reports_apart = true;
    EXPECT_EQ(good(kPath).status, 404);
    const auto apart = make_report_handler(
        options, tokens(),
        {.operations = operations, .clock = *clock, .random = *random, .metrics = metrics});
    const auto ask = [&](const std::string& method, std::string_view path) {
        return run(apart({.method = method,
                          .target = std::string{path},
                          .headers = basic("usher:p4rtner-canary"),
                          .body = "{}",
                          .peer = {}}))
            .status;
    };
    EXPECT_EQ(ask("POST", kPath), 200);
    EXPECT_EQ(ask("GET", kUpdatePath), 404);
    EXPECT_EQ(ask("GET", "/metrics"), 404);
}

TEST_F(ReportsTest, ThePartnersPasswordOpensNothingElse) {
    auto headers = basic("usher:p4rtner-canary");
    headers.add("Content-Type", "application/json");
    const auto response = send({.method = "PUT",
                                .target = std::string{kUpdatePath},
                                .headers = headers,
                                .body = R"({"status":"ACTIVE"})",
                                .peer = {}});
    EXPECT_EQ(response.status, 403);
}

TEST_F(ReportsTest, TellsNothingAboutWhatThereIs) {
    operations.report_answer = flow::ReportOutcome::unknown;
    const auto unknown = good(kPath);
    EXPECT_EQ(unknown.status, 200);
    EXPECT_EQ(operations.reports.size(), 1U);
    for (const auto* path : {"/bango/v1/reports/nobody/ent-1", "/bango/v1/reports/demo/a%20b",
                             "/bango/v1/reports/demo/%00"}) {
        const auto response = good(path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.body, unknown.body) << path;
    }
    ASSERT_EQ(operations.reports.size(), 3U) << "what is no id names nothing; the body may";
    EXPECT_TRUE(operations.reports[2].entitlement.empty());
}

TEST_F(ReportsTest, IsRepeatedWhenItCouldNotBeKept) {
    operations.report_answer = std::unexpected{flow::fail(flow::StoreError::not_writable)};
    const auto response = good(kPath);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header(response, "Retry-After"), "1");
}

TEST_F(ReportsTest, RefusesBodiesThatCannotBeRead) {
    for (const auto* body : {"", "{", R"({"a":1,"a":2})", "status=ACTIVE"}) {
        EXPECT_EQ(good(kPath, body).status, 400) << body;
    }
    EXPECT_EQ(good(kPath, "[]").status, 200);
}

}  // namespace
}  // namespace usher::api
