// For this room's tests: the operator's surface, and tokens that are plain words.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "api/fake_operations.h"
#include "api/surfaces.h"
#include "base/base64.h"

namespace usher::api {

template <class T>
T run(base::Task<T> task) {
    boost::asio::io_context context;
    std::optional<T> result;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr fault, T value) {
        if (fault) std::rethrow_exception(fault);
        result = std::move(value);
    });
    context.run();
    return std::move(result).value();
}

constexpr std::string_view kUpdatePath = "/crm-gateway/v2/rmg/v1/entitlements/ent-1";
constexpr std::string_view kCreatePath = "/crm-gateway/v2/rmg/v1/entitlements";

class SurfaceTest : public testing::Test {
  protected:
    SurfaceTest() {
        options.tenants = {
            {.id = domain::TenantId{"demo"}, .is_default = true},
            {.id = domain::TenantId{"demo_b"}, .edition = Edition::b},
            {.id = domain::TenantId{"demo_c"}, .edition = Edition::c},
            {.id = domain::TenantId{"second"}},
            {.id = domain::TenantId{"shut"}, .enabled = false},
        };
        options.tenant_claim = "tenants";
        options.customers_apart = true;
        options.partner = {.username = "usher", .password = base::Secret{"p4rtner-canary"}};
        add_user("portal", {"operatorRole"}, {"demo", "demo_b", "demo_c", "shut"});
        add_user("portal2", {"operatorRole"}, {"second"});
        add_user("viewer", {}, {"demo"});
        add_user("admin", {"adminRole"}, {"demo", "demo_b", "demo_c", "second", "shut"});
        add_user("half", {"adminRole"}, {"demo"});
        add_user("stranger", {"operatorRole"}, {"elsewhere"});
    }

    void add_user(const std::string& name, std::set<std::string, std::less<>> roles,
                  std::vector<std::string> tenants) {
        users[name] =
            std::make_shared<const auth::Principal>(auth::Principal{.subject = "sub-" + name,
                                                                    .username = name,
                                                                    .client = "operator-portal",
                                                                    .roles = std::move(roles),
                                                                    .tenants = std::move(tenants),
                                                                    .expires = {}});
    }

    Authenticate tokens() {
        return [this](std::optional<std::string_view> header) {
            return judge(header ? std::optional{std::string{*header}} : std::nullopt);
        };
    }

    base::Task<std::expected<std::shared_ptr<const auth::Principal>, auth::TokenRefusal>> judge(
        std::optional<std::string> header) {
        if (!header) co_return std::unexpected{auth::TokenRefusal::missing};
        if (refusal) co_return std::unexpected{*refusal};
        const auto user = users.find(header->substr(header->find(' ') + 1));
        if (user == users.end()) co_return std::unexpected{auth::TokenRefusal::bad_signature};
        co_return user->second;
    }

    http::Response send(http::Request request) {
        const auto handler = make_operator_handler(options, tokens(),
                                                   {.operations = operations,
                                                    .clock = *clock,
                                                    .random = *random,
                                                    .metrics = metrics,
                                                    .added = added});
        return run(handler(std::move(request)));
    }

    // To the admin listener; with a Host unless one is given.
    http::Response send_admin(http::Request request) {
        if (!request.headers.find("host")) request.headers.add("Host", "127.0.0.1:8082");
        const auto handler = make_admin_handler(options, tokens(),
                                                {.operations = operations,
                                                 .clock = *clock,
                                                 .random = *random,
                                                 .metrics = metrics,
                                                 .added = added});
        return run(handler(std::move(request)));
    }

    // With portal's token, JSON, and the extra fields.
    http::Response call(std::string_view method, std::string_view path, std::string body,
                        http::Headers extra = {}) {
        http::Headers headers{{"Authorization", "Bearer portal"},
                              {"Content-Type", "application/json"}};
        for (const auto& [name, value] : extra) headers.add(name, value);
        return send({.method = std::string{method},
                     .target = std::string{path},
                     .headers = std::move(headers),
                     .body = std::move(body),
                     .peer = "192.0.2.1:1"});
    }

    http::Response update(std::string body, http::Headers extra = {}) {
        return call("PUT", kUpdatePath, std::move(body), std::move(extra));
    }

    static boost::json::object json(const http::Response& response) {
        return boost::json::parse(response.body).as_object();
    }
    static int error_code(const http::Response& response) {
        return static_cast<int>(json(response).at("errorCode").as_int64());
    }
    static std::string header(const http::Response& response, std::string_view name) {
        return std::string{response.headers.find(name).value_or("(none)")};
    }

    Options options;
    std::shared_ptr<flow::TenantBook> added = std::make_shared<flow::TenantBook>();
    FakeOperations operations;
    std::unique_ptr<base::Clock> clock = base::make_system_clock();
    std::unique_ptr<base::Random> random = base::make_seeded_random(1);
    base::Metrics metrics;
    std::map<std::string, std::shared_ptr<const auth::Principal>> users;
    std::optional<auth::TokenRefusal> refusal;
};

}  // namespace usher::api
