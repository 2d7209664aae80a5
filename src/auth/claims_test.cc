#include "auth/claims.h"

#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace usher::auth {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr long long kNow = 1'800'000'000;
const std::string kRealmOfClaims = "https://operator.example/keycloak/auth/realms/nagra";

json::object good() {
    return json::parse(R"({"jti":"j","exp":1800000300,"nbf":0,"iat":1799999990,"typ":"Bearer",
        "iss":"https://operator.example/keycloak/auth/realms/nagra","sub":"u-1","azp":"portal",
        "aud":["account","usher"],"preferred_username":"portal","tenants":["demo","demo_b","demo"],
        "realm_access":{"roles":["operatorRole","offline_access"]},"scope":"profile"})")
        .as_object();
}

ClaimRules rules() {
    return {kRealmOfClaims, "", {}, "tenants", 5s};
}

std::expected<Principal, TokenRefusal> check(const json::object& claims,
                                             const ClaimRules& with = rules(),
                                             std::optional<std::string_view> type = "JWT",
                                             base::Duration later = {}) {
    return check_claims(claims, type, with, base::from_micros(kNow * 1'000'000) + later);
}

TEST(Claims, principal) {
    const auto principal = check(good());
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->subject, "u-1");
    EXPECT_EQ(principal->username, "portal");
    EXPECT_EQ(principal->client, "portal");
    EXPECT_TRUE(principal->has_role("operatorRole"));
    EXPECT_FALSE(principal->has_role("adminRole"));
    EXPECT_EQ(principal->tenants, (std::vector<std::string>{"demo", "demo_b"}));
    EXPECT_EQ(principal->expires, base::from_micros((kNow + 300) * 1'000'000));
}

TEST(Claims, onlyTheNeededOnes) {
    auto claims = good();
    for (const auto* name : {"nbf", "iat", "azp", "aud", "preferred_username", "realm_access",
                             "tenants", "jti", "scope"}) {
        claims.erase(name);
    }
    const auto principal = check(claims, rules(), std::nullopt);
    ASSERT_TRUE(principal);
    EXPECT_TRUE(principal->roles.empty());
    EXPECT_TRUE(principal->tenants.empty());
    EXPECT_EQ(principal->client, "");
}

TEST(Claims, eachTroubleHasItsName) {
    struct Case {
        const char* claim;
        const char* value;  // JSON; null removes
        TokenRefusal refusal;
    };
    const std::vector<Case> cases{
        {"typ", R"("Refresh")", TokenRefusal::wrong_type},
        {"typ", R"("ID")", TokenRefusal::wrong_type},
        {"typ", R"("Offline")", TokenRefusal::wrong_type},
        {"typ", R"("bearer")", TokenRefusal::wrong_type},
        {"typ", R"(["Bearer"])", TokenRefusal::wrong_type},
        {"typ", "null", TokenRefusal::wrong_type},
        {"iss", "null", TokenRefusal::wrong_issuer},
        {"iss", R"("https://operator.example/keycloak/auth/realms/other")",
         TokenRefusal::wrong_issuer},
        {"iss", R"("https://operator.example/keycloak/auth/realms/nagra/")",
         TokenRefusal::wrong_issuer},
        {"exp", "null", TokenRefusal::no_expiry},
        {"exp", R"("1800000300")", TokenRefusal::bad_claim},
        {"exp", "1e300", TokenRefusal::bad_claim},
        {"exp", "-1", TokenRefusal::bad_claim},
        {"exp", "18446744073709551615", TokenRefusal::bad_claim},
        {"exp", "1799999995", TokenRefusal::expired},
        {"exp", "0", TokenRefusal::expired},
        {"nbf", "1800000006", TokenRefusal::not_yet_valid},
        {"nbf", "true", TokenRefusal::bad_claim},
        {"iat", "1800000006", TokenRefusal::issued_in_future},
        {"iat", R"("now")", TokenRefusal::bad_claim},
        {"sub", "null", TokenRefusal::no_subject},
        {"sub", R"("")", TokenRefusal::no_subject},
        {"sub", "1", TokenRefusal::bad_claim},
        {"azp", "{}", TokenRefusal::bad_claim},
        {"preferred_username", "[]", TokenRefusal::bad_claim},
        {"realm_access", "[]", TokenRefusal::bad_claim},
        {"realm_access", R"({"roles":"operatorRole"})", TokenRefusal::bad_claim},
        {"realm_access", R"({"roles":["operatorRole",1]})", TokenRefusal::bad_claim},
        {"tenants", "1", TokenRefusal::bad_claim},
        {"tenants", R"(["demo",null])", TokenRefusal::bad_claim},
        {"tenants", R"({"demo":true})", TokenRefusal::bad_claim},
    };
    for (const auto& [claim, value, refusal] : cases) {
        auto claims = good();
        claims[claim] = json::parse(value);
        const auto checked = check(claims);
        ASSERT_FALSE(checked) << claim << value;
        EXPECT_EQ(to_text(checked.error()), to_text(refusal)) << claim << value;
    }
}

TEST(Claims, skewCountsAtBothEnds) {
    auto claims = good();
    claims["exp"] = kNow;
    EXPECT_TRUE(check(claims, rules(), "JWT", 4'999'999us));
    EXPECT_EQ(check(claims, rules(), "JWT", 5s).error(), TokenRefusal::expired);
    claims = good();
    claims["nbf"] = kNow + 5;
    claims["iat"] = kNow + 5;
    EXPECT_TRUE(check(claims));
    EXPECT_EQ(check(claims, rules(), "JWT", -1us).error(), TokenRefusal::not_yet_valid);
    auto strict = rules();
    strict.skew = {};
    claims = good();
    claims["exp"] = kNow;
    EXPECT_EQ(check(claims, strict).error(), TokenRefusal::expired);
    EXPECT_TRUE(check(claims, strict, "JWT", -1us));
    claims["exp"] = static_cast<double>(kNow) + 0.5;
    EXPECT_TRUE(check(claims, strict));
}

TEST(Claims, audience) {
    auto with = rules();
    with.audience = "usher";
    auto claims = good();
    EXPECT_TRUE(check(claims, with));
    claims["aud"] = "usher";
    EXPECT_TRUE(check(claims, with));
    for (const auto* value : {"null", R"("account")", R"(["account"])", "[]", R"("")"}) {
        claims["aud"] = json::parse(value);
        EXPECT_EQ(check(claims, with).error(), TokenRefusal::wrong_audience) << value;
        EXPECT_TRUE(check(claims)) << "not checked when not set";
    }
    claims["aud"] = json::array{"usher", 1};
    EXPECT_EQ(check(claims, with).error(), TokenRefusal::bad_claim);
}

TEST(Claims, client) {
    auto with = rules();
    with.azp = {"crm", "portal"};
    auto claims = good();
    EXPECT_TRUE(check(claims, with));
    for (const auto* value : {"null", R"("")", R"("Portal")", R"("other")"}) {
        claims["azp"] = json::parse(value);
        EXPECT_EQ(check(claims, with).error(), TokenRefusal::wrong_client) << value;
    }
}

TEST(Claims, headerType) {
    for (const auto* type : {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"}) {
        EXPECT_TRUE(check(good(), rules(), type)) << type;
    }
    for (const auto* type : {"", "JOSE", "dpop+jwt", "logout+jwt", "JWT "}) {
        EXPECT_EQ(check(good(), rules(), type).error(), TokenRefusal::wrong_type) << type;
    }
}

TEST(Claims, tenants) {
    auto claims = good();
    claims["tenants"] = "second";
    EXPECT_EQ(check(claims)->tenants, (std::vector<std::string>{"second"}));
    claims["tenants"] = json::array{"", "a", ""};
    EXPECT_EQ(check(claims)->tenants, (std::vector<std::string>{"a"}));
    auto with = rules();
    with.tenant_claim = "";
    claims["tenants"] = 7;
    EXPECT_TRUE(check(claims, with)->tenants.empty());
}

}  // namespace
}  // namespace usher::auth
