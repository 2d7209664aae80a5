#include "api/test_surface.h"

namespace usher::api {
namespace {

class HealthTest : public SurfaceTest {
  protected:
    http::Response get(std::string_view path, std::string_view method = "GET") {
        return send_admin({.method = std::string{method},
                           .target = std::string{path},
                           .headers = {{"x-correlation-id", "c"}}});
    }
};

TEST_F(HealthTest, TellsThatItLives) {
    operations.takes_writes = std::unexpected{"the store is full"};
    const auto response = get("/health/live");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"status":"live"})");
    EXPECT_EQ(header(response, "x-correlation-id"), "c");
}

TEST_F(HealthTest, TellsWhetherItIsReadyAndWhyNot) {
    EXPECT_EQ(get("/health/ready").body, R"({"status":"ready"})");
    operations.takes_writes = std::unexpected{"The store is full."};
    const auto response = get("/health/ready");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, R"({"status":"not ready","reason":"The store is full."})");
}

TEST_F(HealthTest, ShowsTheNumbers) {
    update(R"({"status":"ACTIVE"})");
    const auto response = get("/metrics");
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(header(response, "Content-Type").starts_with("text/plain; version=0.0.4"));
    EXPECT_NE(response.body.find("usher_http_requests_total"), std::string::npos);
}

TEST_F(HealthTest, TheOperatorsCallsAreNotHere) {
    EXPECT_EQ(get("/").status, 404);
    EXPECT_EQ(get("/%").status, 400);
    EXPECT_EQ(get(kUpdatePath).status, 404);
    const auto wrong = get("/metrics", "POST");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(header(wrong, "Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace usher::api
