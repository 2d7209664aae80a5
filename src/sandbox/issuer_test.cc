#include "sandbox/issuer.h"

#include <memory>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cjose/cjose.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace usher::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class IssuerTest : public ::testing::Test {
  protected:
    struct Answer {
        int http;
        json::object body;
        std::string field(std::string_view name) const {
            const auto* value = body.if_contains(name);
            return value && value->is_string() ? std::string{value->get_string()} : "";
        }
    };

    static IssuerKeys keys() {
        // One key pair for all tests: making one takes long.
        static const std::string row = IssuerKeys::make(*base::make_seeded_random(2)).to_row();
        return *IssuerKeys::from_row(row);
    }

    Answer send(const std::string& method, const std::string& path, const std::string& body = "",
                http::Headers headers = {}) {
        const auto response = issuer_.handle({.method = method,
                                              .target = std::string{Issuer::kPath} + path,
                                              .headers = std::move(headers),
                                              .body = body},
                                             now_);
        return {response.status, json::parse(response.body).get_object()};
    }
    Answer token(const std::string& form, http::Headers headers = {}) {
        return send("POST", "/protocol/openid-connect/token", form, std::move(headers));
    }
    Answer login(const std::string& user, const std::string& more = "") {
        return token("grant_type=password&client_id=operator-portal&username=" + user +
                     "&password=" + user + more);
    }

    static json::object part(const std::string& token, int index) {
        std::size_t start = 0;
        for (int i = 0; i < index; ++i) start = token.find('.', start) + 1;
        const auto text = token.substr(start, token.find('.', start) - start);
        return json::parse(*base::decode_base64url(text)).get_object();
    }

    // With the published key set, as any client would.
    bool verifies(const std::string& token) {
        const auto certs = send("GET", "/protocol/openid-connect/certs");
        const auto jwk = json::serialize(certs.body.at("keys").at(0));
        cjose_err error;
        const std::unique_ptr<cjose_jwk_t, bool (*)(cjose_jwk_t*)> key{
            cjose_jwk_import(jwk.data(), jwk.size(), &error), cjose_jwk_release};
        const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> jws{
            cjose_jws_import(token.data(), token.size(), &error), cjose_jws_release};
        return key && jws && cjose_jws_verify(jws.get(), key.get(), &error);
    }

    base::Time now_ = *base::parse_time("2026-11-23T10:00:00.250Z");
    std::unique_ptr<base::Random> random_ = base::make_seeded_random(1);
    Issuer issuer_{{.base_url = "http://127.0.0.1:8081"}, keys(), *random_};
};

constexpr std::int64_t kNowSeconds = 1'795'428'000;

TEST_F(IssuerTest, SignsWhatThePublishedSampleHolds) {
    const auto answer = login("portal");
    ASSERT_EQ(answer.http, 200);
    EXPECT_EQ(answer.body.at("expires_in"), 300);
    EXPECT_EQ(answer.body.at("refresh_expires_in"), 1800);
    EXPECT_EQ(answer.field("token_type"), "Bearer");
    EXPECT_FALSE(answer.body.contains("id_token"));

    const auto access = answer.field("access_token");
    EXPECT_TRUE(verifies(access));
    const auto header = part(access, 0);
    EXPECT_EQ(header.at("alg"), "RS256");
    EXPECT_EQ(header.at("typ"), "JWT");
    const auto certs = send("GET", "/protocol/openid-connect/certs").body;
    EXPECT_EQ(header.at("kid"), certs.at("keys").at(0).at("kid"));

    const auto claims = part(access, 1);
    EXPECT_EQ(claims.at("iss"), "http://127.0.0.1:8081/keycloak/auth/realms/nagra");
    EXPECT_EQ(claims.at("typ"), "Bearer");
    EXPECT_EQ(claims.at("azp"), "operator-portal");
    EXPECT_EQ(claims.at("iat"), kNowSeconds);
    EXPECT_EQ(claims.at("exp"), kNowSeconds + 300);
    EXPECT_EQ(claims.at("preferred_username"), "portal");
    EXPECT_EQ(claims.at("realm_access").at("roles"), json::array{"operatorRole"});
    EXPECT_EQ(claims.at("tenants"), (json::array{"demo", "demo_b", "demo_c"}));
    EXPECT_EQ(claims.at("session_state"), answer.body.at("session_state"));
    for (const auto* name : {"jti", "sub", "acr", "scope", "auth_time", "email_verified"}) {
        EXPECT_TRUE(claims.contains(name)) << name;
    }
}

TEST_F(IssuerTest, ChangedTokensDoNotVerify) {
    auto access = login("portal").field("access_token");
    const auto dot = access.find('.');
    access[dot + 5] = access[dot + 5] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verifies(access));
}

TEST_F(IssuerTest, KnowsItsUsers) {
    const auto roles = [&](const std::string& user) {
        return part(login(user).field("access_token"), 1).at("realm_access").at("roles");
    };
    EXPECT_EQ(roles("viewer"), json::array{});
    EXPECT_EQ(roles("admin"), (json::array{"adminRole", "operatorRole", "primaryTenantRole"}));
    EXPECT_EQ(part(login("portal2").field("access_token"), 1).at("tenants"), json::array{"second"});
}

TEST_F(IssuerTest, RefusesAsKeycloakDoes) {
    const auto check = [](const Answer& answer, int http, const std::string& error,
                          const std::string& description) {
        EXPECT_EQ(answer.http, http) << error;
        EXPECT_EQ(answer.field("error"), error);
        EXPECT_EQ(answer.field("error_description"), description);
    };
    const std::string client = "client_id=operator-portal";
    check(token("grant_type=password&username=portal&password=guess&" + client), 401,
          "invalid_grant", "Invalid user credentials");
    check(token("grant_type=password&username=nobody&password=x&" + client), 401, "invalid_grant",
          "Invalid user credentials");
    check(token("grant_type=password&" + client), 401, "invalid_request",
          "Missing parameter: username");
    check(token(client), 400, "invalid_request", "Missing form parameter: grant_type");
    check(token("grant_type=implicit&" + client), 400, "unsupported_grant_type",
          "Unsupported grant_type");
    check(token("grant_type=password&username=portal&password=portal"), 401, "invalid_client",
          "Invalid client or Invalid client credentials");
    check(token("grant_type=client_credentials&client_secret=guess&" + client), 401,
          "unauthorized_client", "Invalid client or Invalid client credentials");
    check(token("grant_type=refresh_token&" + client), 400, "invalid_request", "No refresh token");
    check(token("grant_type=refresh_token&refresh_token=a.b.c&" + client), 400, "invalid_grant",
          "Invalid refresh token");
    check(token("grant_type=password&grant_type=password&" + client), 400, "invalid_request",
          "duplicated parameter");
}

TEST_F(IssuerTest, RefreshesUntilItExpires) {
    const auto first = login("portal2");
    const auto form = "grant_type=refresh_token&client_id=operator-portal&refresh_token=" +
                      first.field("refresh_token");
    EXPECT_EQ(part(first.field("refresh_token"), 0).at("alg"), "HS256");
    now_ += std::chrono::seconds{1799};
    const auto second = token(form);
    ASSERT_EQ(second.http, 200);
    const auto claims = part(second.field("access_token"), 1);
    EXPECT_EQ(claims.at("preferred_username"), "portal2");
    EXPECT_EQ(claims.at("exp"), kNowSeconds + 1799 + 300);
    EXPECT_EQ(claims.at("session_state"), first.body.at("session_state"));
    now_ += std::chrono::seconds{1};
    const auto late = token(form);
    EXPECT_EQ(late.http, 400);
    EXPECT_EQ(late.field("error_description"), "Token is not active");

    // An access token is no refresh token.
    EXPECT_EQ(token("grant_type=refresh_token&client_id=operator-portal&refresh_token=" +
                    second.field("access_token"))
                  .field("error_description"),
              "Invalid refresh token");
}

TEST_F(IssuerTest, KnowsTheClientByBasicToo) {
    const auto answer =
        token("grant_type=client_credentials",
              {{"Authorization", "Basic " + base::encode_base64("operator-portal:secret")}});
    ASSERT_EQ(answer.http, 200);
    EXPECT_FALSE(answer.body.contains("refresh_token"));
    EXPECT_EQ(part(answer.field("access_token"), 1).at("preferred_username"),
              "service-account-operator-portal");
}

TEST_F(IssuerTest, GivesAnIdTokenWhenAsked) {
    const auto answer = login("portal", "&scope=openid");
    const auto id = answer.field("id_token");
    EXPECT_TRUE(verifies(id));
    EXPECT_EQ(part(id, 1).at("aud"), "operator-portal");
    EXPECT_EQ(part(id, 1).at("typ"), "ID");
    EXPECT_THAT(answer.field("scope"), HasSubstr("openid"));
}

TEST_F(IssuerTest, IsDiscoverable) {
    const auto answer = send("GET", "/.well-known/openid-configuration");
    ASSERT_EQ(answer.http, 200);
    const std::string issuer = "http://127.0.0.1:8081/keycloak/auth/realms/nagra";
    EXPECT_EQ(answer.field("issuer"), issuer);
    EXPECT_EQ(answer.field("token_endpoint"), issuer + "/protocol/openid-connect/token");
    EXPECT_EQ(answer.field("jwks_uri"), issuer + "/protocol/openid-connect/certs");
    EXPECT_EQ(send("POST", "/.well-known/openid-configuration").http, 405);
    EXPECT_EQ(send("GET", "/account").http, 404);
}

TEST(IssuerKeysTest, SurviveTheirRow) {
    const auto keys = IssuerKeys::make(*base::make_seeded_random(3));
    const auto again = IssuerKeys::from_row(keys.to_row());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_jwk(), keys.public_jwk());
    EXPECT_TRUE(again->verify_hs256(keys.sign_hs256({{"a", 1}})));
    EXPECT_FALSE(IssuerKeys::from_row("{}"));
    EXPECT_FALSE(IssuerKeys::from_row(R"({"rsa":"x","kid":"y","hmac":"z"})"));
}

}  // namespace
}  // namespace usher::sandbox
