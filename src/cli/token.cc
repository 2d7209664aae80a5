#include <iostream>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "http/client.h"
#include "http/target.h"

namespace usher::cli {

namespace {

constexpr std::string_view kRealm = "/keycloak/auth/realms/nagra";

std::string token_url(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    if (url.find("/realms/") == std::string::npos) url += kRealm;
    return url + "/protocol/openid-connect/token";
}

std::expected<std::string, std::string> read_token(const http::Response& response) {
    const auto body = base::parse_json(response.body);
    const auto* object = body ? body->if_object() : nullptr;
    if (object == nullptr) return std::unexpected{"the issuer's answer is not JSON"};
    if (auto access = base::find_string(*object, "access_token")) return *access;
    return std::unexpected{fmt::format(
        "the issuer refused ({}): {}", response.status,
        base::find_string(*object, "error_description")
            .value_or(base::find_string(*object, "error").value_or("no reason given")))};
}

base::Task<std::expected<std::string, std::string>> fetch(http::Client& client, base::Clock& clock,
                                                          TokenRequest request) {
    constexpr base::Duration kTimeout = std::chrono::seconds{10};
    const auto response = co_await client.send(
        {.method = "POST",
         .url = token_url(request.url),
         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
         .body = fmt::format("grant_type=password&client_id={}&username={}&password={}",
                             http::encode_component(request.client),
                             http::encode_component(request.user),
                             http::encode_component(request.password)),
         .deadline = clock.monotonic() + kTimeout});
    if (!response) {
        co_return std::unexpected{fmt::format("cannot reach {}: {}; is it running?", request.url,
                                              http::to_text(response.error().failure))};
    }
    co_return read_token(*response);
}

}  // namespace

int token(const TokenRequest& request) {
    auto complete = request;
    if (complete.password.empty()) std::getline(std::cin, complete.password);
    boost::asio::io_context context;
    const auto clock = base::make_system_clock();
    const auto client = http::make_curl_client(context, *clock, {});
    std::expected<std::string, std::string> result;
    boost::asio::co_spawn(context, fetch(*client, *clock, complete),
                          [&](const std::exception_ptr& error, auto fetched) {
                              if (error) std::rethrow_exception(error);
                              result = std::move(fetched);
                              context.stop();
                          });
    context.run();
    if (!result) {
        std::cerr << "usher: " << result.error() << '\n';
        return 1;
    }
    std::cout << *result << '\n';
    return 0;
}

}  // namespace usher::cli
