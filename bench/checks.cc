// The parts that every request passes, alone and in process: what a token costs that is known, what
// one costs that is not, and the bare signature that any checker of tokens must pay.
#include <benchmark/benchmark.h>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "auth/authenticator.h"
#include "auth/test_world.h"
#include "base/json.h"
#include "http/framing.h"

namespace {

using namespace usher;
using auth::test::kIssuer;

// As Keycloak makes them: about 1,200 characters.
std::string some_token(int number) {
    const std::string more = R"(,"tenants":["demo"],"azp":"operator-portal","jti":")" +
                             std::string(400, 'j') + std::to_string(number) + R"(")";
    return auth::test::bearer(auth::test::rsa_key(), "a",
                              auth::test::claims("u-" + std::to_string(number), more));
}

struct World {
    World() {
        issuer.publish(
            {auth::test::rsa_jwk(auth::test::rsa_key(), R"("kid":"a","use":"sig","alg":"RS256")")});
    }

    std::unique_ptr<auth::Authenticator> make(std::size_t cached) {
        auth::AuthenticatorOptions options;
        options.issuer = kIssuer;
        options.tenant_claim = "tenants";
        options.cache_entries = cached;
        return std::make_unique<auth::Authenticator>(options, clock, issuer,
                                                     context.get_executor());
    }

    bool ask(auth::Authenticator& authenticator, const std::string& token) {
        bool good = false;
        boost::asio::co_spawn(
            context, authenticator.authenticate(token),
            [&good](const std::exception_ptr& bug, const auth::Authenticator::Result& result) {
                good = !bug && result.has_value();
            });
        context.restart();
        context.poll();
        return good;
    }

    boost::asio::io_context context;
    auth::test::ManualClock clock;
    auth::test::FakeIssuer issuer;
};

void check(benchmark::State& state, std::size_t cached) {
    World world;
    const auto authenticator = world.make(cached);
    const auto token = some_token(1);
    for (auto _ : state) {
        if (!world.ask(*authenticator, token)) state.SkipWithError("a good token was refused");
    }
}

void known_token(benchmark::State& state) {
    check(state, 10'000);
}
BENCHMARK(known_token);

void unknown_token(benchmark::State& state) {
    check(state, 0);
}
BENCHMARK(unknown_token);

void bare_signature(benchmark::State& state) {
    const auto token = some_token(1).substr(std::string_view{"Bearer "}.size());
    const auto dot = token.rfind('.');
    const auto input = token.substr(0, dot);
    const auto signature = base::decode_base64url(token.substr(dot + 1));
    const auto& key = auth::test::rsa_key();
    for (auto _ : state) {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free};
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
        const int good = EVP_DigestVerify(
            context.get(), reinterpret_cast<const unsigned char*>(signature->data()),
            signature->size(), reinterpret_cast<const unsigned char*>(input.data()), input.size());
        if (good != 1) state.SkipWithError("a good signature was refused");
    }
}
BENCHMARK(bare_signature);

void request_head(benchmark::State& state) {
    const auto head =
        "PUT /crm-gateway/v2/rmg/v1/entitlements/6b0702d7a88b39abb98253d4 HTTP/1.1\r\n"
        "Host: operator.tv.example\r\nAuthorization: " +
        some_token(1) +
        "\r\nContent-Type: application/json\r\nx-correlation-id: "
        "84ec89b1-04f1-4463-aa03-f3e39ed2a19f\r\nContent-Length: 22\r\n\r\n";
    for (auto _ : state) {
        if (http::check_head(head, 8192)) state.SkipWithError("a good head was refused");
    }
}
BENCHMARK(request_head);

void json_body(benchmark::State& state) {
    const std::string body = R"({"status":"CANCELLED","reasonCode":"OTHER"})";
    for (auto _ : state) {
        auto value = base::parse_json(body);
        benchmark::DoNotOptimize(value);
    }
}
BENCHMARK(json_body);

}  // namespace

BENCHMARK_MAIN();
