#include "cli/admin_client.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/client.h"

namespace usher::cli {

namespace {

constexpr const char* kHowToGet =
    "`usher token --url ISSUER --user NAME` prints one; it needs the admin role and the tenant";

std::expected<std::string, AdminTrouble> find_token(const AdminAccess& access) {
    std::string token;
    if (!access.token_file.empty()) {
        std::ifstream file{access.token_file};
        if (!file || !std::getline(file, token)) {
            return std::unexpected{AdminTrouble{
                2, fmt::format("cannot read a token from {}: give --token-file a file that holds "
                               "one",
                               access.token_file)}};
        }
    } else if (const auto* given = std::getenv("USHER_TOKEN"); given != nullptr) {
        token = given;
    }
    while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back())) != 0) {
        token.pop_back();
    }
    if (!token.empty()) return token;
    return std::unexpected{AdminTrouble{
        2, fmt::format("there is no access token: set USHER_TOKEN or give --token-file; {}",
                       kHowToGet)}};
}

using Sent = std::expected<http::Response, http::TransportError>;

Sent send(http::OutgoingRequest request) {
    constexpr base::Duration kTimeout = std::chrono::seconds{30};
    boost::asio::io_context context;
    const auto clock = base::make_system_clock();
    const auto client = http::make_curl_client(context, *clock, {});
    request.deadline = clock->monotonic() + kTimeout;
    std::optional<Sent> sent;
    boost::asio::co_spawn(context, client->send(std::move(request)),
                          [&](const std::exception_ptr& error, Sent result) {
                              if (error) std::rethrow_exception(error);
                              sent.emplace(std::move(result));
                              context.stop();
                          });
    context.run();
    return std::move(*sent);
}

AdminTrouble trouble_of(const AdminAccess& access, const http::Response& response) {
    constexpr int kNoSuchRoute = 40401;
    const auto body = base::parse_json(response.body);
    const auto* object = body ? body->if_object() : nullptr;
    const auto message = object == nullptr ? std::nullopt : base::find_string(*object, "message");
    const auto* code = object == nullptr ? nullptr : base::find_member(*object, "errorCode");
    if (!message || code == nullptr || *code == kNoSuchRoute) {
        return {1,
                fmt::format("{} answered {} and not as Usher's admin listener does: name that one "
                            "with --url or USHER_ADMIN_URL",
                            access.url, response.status)};
    }
    boost::system::error_code inexact;
    const auto number = code->to_number<int>(inexact);
    if (response.status == 403) {
        return {1, fmt::format("{} ({})", *message, kHowToGet), response.status, number};
    }
    return {1, *message, response.status, number};
}

}  // namespace

std::expected<boost::json::value, AdminTrouble> ask_admin(const AdminAccess& access,
                                                          const std::string& method,
                                                          const std::string& path,
                                                          const std::string& body) {
    auto token = find_token(access);
    if (!token) return std::unexpected{std::move(token.error())};
    auto url = access.url;
    while (url.ends_with('/')) url.pop_back();
    http::OutgoingRequest request{.method = method, .url = url + path, .body = body};
    request.headers.add("Authorization", "Bearer " + *token);
    request.headers.add("Accept", "application/json");
    if (!access.tenant.empty()) request.headers.add("nv-tenant-id", access.tenant);
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    const auto sent = send(std::move(request));
    if (!sent) {
        return std::unexpected{AdminTrouble{
            1,
            fmt::format("cannot reach the admin listener at {}: {}; is Usher running there? Name "
                        "another with --url or USHER_ADMIN_URL",
                        access.url, http::to_text(sent.error().failure))}};
    }
    if (sent->status >= 300) return std::unexpected{trouble_of(access, *sent)};
    auto answer = base::parse_json(sent->body);
    if (!answer) return std::unexpected{trouble_of(access, *sent)};
    return std::move(*answer);
}

bool may_pass(const AdminTrouble& trouble) {
    constexpr int kKeyUnderWay = 40901;
    const bool has_no_answer = trouble.exit_code == 1 && trouble.status == 0;
    return has_no_answer || trouble.status == 503 || trouble.error_code == kKeyUnderWay;
}

std::expected<boost::json::value, AdminTrouble> ask_patiently(const AdminAccess& access,
                                                              const std::string& method,
                                                              const std::string& path,
                                                              const std::string& body) {
    constexpr base::Duration kShortest = std::chrono::milliseconds{200};
    constexpr base::Duration kLongest = std::chrono::seconds{5};
    constexpr base::Duration kPatience = std::chrono::minutes{5};
    auto pause = kShortest;
    auto left = kPatience;
    while (true) {
        auto answer = ask_admin(access, method, path, body);
        if (answer || !may_pass(answer.error()) || left <= base::Duration::zero()) return answer;
        rest(pause);
        left -= pause;
        pause = std::min(pause * 2, kLongest);
    }
}

AdminTrouble other_version() {
    return {1,
            "the answer does not cover the rows that were sent: use an `usher` of the version of "
            "the server"};
}

void rest(base::Duration span) {
    boost::asio::io_context context;
    const auto clock = base::make_system_clock();
    boost::asio::co_spawn(context, base::sleep_for(*clock, span), boost::asio::detached);
    context.run();
}

int report(const AdminTrouble& trouble) {
    std::cerr << "usher: " << trouble.sentence << '\n';
    return trouble.exit_code;
}

}  // namespace usher::cli
