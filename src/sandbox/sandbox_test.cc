// The sandbox with its sockets, talked to by the real client.
#include "sandbox/sandbox.h"

#include <filesystem>
#include <functional>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace usher::sandbox {
namespace {

namespace json = boost::json;

class SandboxTest : public ::testing::Test {
  protected:
    SandboxTest() { std::filesystem::create_directories(folder_); }
    ~SandboxTest() override { std::filesystem::remove_all(folder_); }

    // Starts the sandbox, lets `work` talk to it, and ends it.
    void with_sandbox(const std::string& state_file, const std::function<base::Task<>()>& work) {
        boost::asio::io_context context;
        const auto client = http::make_curl_client(context, *clock_, {});
        client_ = client.get();
        auto started = Sandbox::start(context, *clock_, *random_, *client,
                                      {.listen = "127.0.0.1:0", .state_file = state_file});
        ASSERT_TRUE(started) << started.error();
        sandbox_ = std::move(*started);
        std::exception_ptr problem;
        boost::asio::co_spawn(
            context,
            [&]() -> base::Task<> {
                co_await work();
                co_await sandbox_->drain(deadline());
            },
            [&](const std::exception_ptr& error) {
                problem = error;
                context.stop();
            });
        context.run();
        if (problem) std::rethrow_exception(problem);
        sandbox_.reset();
    }

    base::Monotonic deadline() const { return clock_->monotonic() + std::chrono::seconds{30}; }

    base::Task<std::expected<http::Response, http::TransportError>> send(std::string method,
                                                                         std::string path,
                                                                         std::string body = "") {
        http::OutgoingRequest request{.method = std::move(method),
                                      .url = sandbox_->base_url() + path,
                                      .body = std::move(body),
                                      .deadline = deadline()};
        if (path.starts_with("/bango/v1/")) {
            request.basic = http::BasicCredentials{"usher", base::Secret{"usher"}};
        }
        co_return co_await client_->send(std::move(request));
    }

    // An answer with this status, as JSON.
    base::Task<json::value> get(std::string method, std::string path, std::string body = "",
                                int status = 200) {
        const auto answer = co_await send(std::move(method), path, std::move(body));
        EXPECT_TRUE(answer) << path;
        if (!answer) co_return nullptr;
        EXPECT_EQ(answer->status, status) << answer->body;
        co_return json::parse(answer->body);
    }

    // A purchase that reports to the sandbox's own CRM route.
    std::string purchase() const {
        return json::serialize(
            json::object{{"customerIdentifier", "demo-account-1"},
                         {"merchantAccountKey", "BANGO_US"},
                         {"productKey", "MUSIC"},
                         {"notificationUrl", sandbox_->base_url() + "/crm/reports"}});
    }

    const std::filesystem::path folder_ = std::filesystem::path{::testing::TempDir()} /
                                          base::make_token(*base::make_system_random(), 9);
    std::unique_ptr<base::Clock> clock_ = base::make_system_clock();
    std::unique_ptr<base::Random> random_ = base::make_system_random();
    http::Client* client_ = nullptr;
    std::unique_ptr<Sandbox> sandbox_;
};

TEST_F(SandboxTest, SellsActivatesAndReports) {
    with_sandbox("", [this]() -> base::Task<> {
        const auto created = co_await get("POST", "/bango/v1/entitlement", purchase(), 202);
        const std::string url{created.at("parameters").at("url").get_string()};
        EXPECT_TRUE(url.starts_with(sandbox_->base_url() + "/bango/activate/")) << url;
        const auto page = co_await send("GET", url.substr(sandbox_->base_url().size()));
        EXPECT_EQ(page->status, 200);

        json::value received = json::array{};
        while (received.get_array().empty()) {
            received = co_await get("GET", "/sandbox/crm/received");
        }
        EXPECT_EQ(received.at(0).at("headers").at("Authorization").get_string(),
                  "Basic " + base::encode_base64("usher:usher"));
        const auto report = json::parse(received.at(0).at("body").get_string());
        EXPECT_EQ(report.at("reason"), "ACTIVATION_SUCCESS");
        EXPECT_EQ(report.at("entitlementId"), created.at("entitlementId"));
    });
}

TEST_F(SandboxTest, BreaksTheConnectionWhenTold) {
    with_sandbox("", [this]() -> base::Task<> {
        co_await get("PUT", "/sandbox/partner/faults",
                     R"({"rules":[{"action":"create","effect":"lose-answer","times":1}]})");
        const auto lost = co_await send("POST", "/bango/v1/entitlement", purchase());
        EXPECT_FALSE(lost);
        const auto held = co_await get("GET", "/sandbox/partner/entitlements");
        EXPECT_EQ(held.get_array().size(), 1U);
        const auto calls = co_await get("GET", "/sandbox/partner/calls");
        EXPECT_TRUE(calls.at(0).at("answer").is_null());
    });
}

TEST_F(SandboxTest, IsFoundAsItWasLeft) {
    const std::string file = folder_ / "sandbox.db";
    json::value certs;
    json::value held;
    const std::string certs_path = std::string{Issuer::kPath} + "/protocol/openid-connect/certs";
    with_sandbox(file, [&]() -> base::Task<> {
        co_await get("POST", "/bango/v1/entitlement", purchase(), 202);
        certs = co_await get("GET", certs_path);
        held = co_await get("GET", "/sandbox/partner/entitlements");
    });
    ASSERT_EQ(held.get_array().size(), 1U);
    with_sandbox(file, [&]() -> base::Task<> {
        EXPECT_EQ(co_await get("GET", certs_path), certs);
        EXPECT_EQ(co_await get("GET", "/sandbox/partner/entitlements"), held);
    });
}

TEST_F(SandboxTest, SaysWhatItDoesNotServe) {
    with_sandbox("", [this]() -> base::Task<> {
        const auto answer = co_await get("GET", "/elsewhere", "", 404);
        EXPECT_EQ(answer.at("code"), 404);
        co_await get("GET", "/crm/events", "", 405);
        const auto discovery =
            co_await get("GET", std::string{Issuer::kPath} + "/.well-known/openid-configuration");
        EXPECT_EQ(discovery.at("issuer").get_string(), sandbox_->issuer_url());
    });
}

}  // namespace
}  // namespace usher::sandbox
