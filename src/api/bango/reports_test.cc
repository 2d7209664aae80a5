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
    EXPECT_EQ(report(kPath, basic(":"), "{}").status, 401);
    EXPECT_EQ(report(kPath, {}, "{}").status, 401);
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
    operations.report_answer = std::unexpected{flow::fail(flow::FailureKind::entitlement_unknown)};
    const auto unknown = good(kPath);
    EXPECT_EQ(unknown.status, 200);
    EXPECT_EQ(operations.reports.size(), 1U);
    for (const auto* path : {"/bango/v1/reports/nobody/ent-1", "/bango/v1/reports/demo/a%20b",
                             "/bango/v1/reports/demo/%00"}) {
        const auto response = good(path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.body, unknown.body) << path;
    }
    EXPECT_EQ(operations.reports.size(), 1U);
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
