#include "auth/authenticator.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "auth/test_world.h"

namespace usher::auth {
namespace {

using namespace std::chrono_literals;
using test::bearer;
using test::claims;
using test::header;
using test::kCerts;
using test::kDiscovery;
using test::kIssuer;
using test::rsa_jwk;
using test::rsa_key;

std::string published(std::size_t key, const std::string& kid) {
    return rsa_jwk(rsa_key(key), R"("kid":")" + kid + R"(","use":"sig","alg":"RS256")");
}

class AuthenticatorTest : public testing::Test {
  protected:
    AuthenticatorTest() { issuer_.publish({published(0, "a")}); }

    static AuthenticatorOptions options() {
        AuthenticatorOptions options;
        options.issuer = kIssuer;
        options.tenant_claim = "tenants";
        return options;
    }

    void make(AuthenticatorOptions with = options()) {
        auth_ = std::make_unique<Authenticator>(std::move(with), clock_, issuer_,
                                                context_.get_executor());
    }

    void poll() {
        context_.restart();
        context_.poll();
    }

    std::shared_ptr<std::optional<Authenticator::Result>> begin(
        std::optional<std::string_view> authorization) {
        auto result = std::make_shared<std::optional<Authenticator::Result>>();
        boost::asio::co_spawn(context_, auth_->authenticate(authorization),
                              [result](const std::exception_ptr& bug, Authenticator::Result given) {
                                  EXPECT_FALSE(bug);
                                  *result = std::move(given);
                              });
        return result;
    }

    Authenticator::Result ask(std::optional<std::string_view> authorization) {
        const auto result = begin(authorization);
        poll();
        EXPECT_TRUE(*result) << "still waiting";
        return result->value_or(std::unexpected{TokenRefusal::missing});
    }

    std::string trouble(std::optional<std::string_view> authorization) {
        const auto result = ask(authorization);
        return std::string{result ? "accepted" : to_text(result.error())};
    }

    void expect(const std::string& authorization, TokenRefusal refusal) {
        EXPECT_EQ(trouble(authorization), to_text(refusal)) << authorization;
    }

    void run() {
        boost::asio::co_spawn(context_, auth_->run(), [this](const std::exception_ptr& bug) {
            EXPECT_FALSE(bug);
            ended_ = true;
        });
        poll();
    }

    boost::asio::io_context context_;
    test::ManualClock clock_;
    test::FakeIssuer issuer_;
    bool ended_ = false;
    std::unique_ptr<Authenticator> auth_;
};

TEST_F(AuthenticatorTest, firstTokenFetchesTheKeys) {
    make();
    const auto token = bearer(rsa_key(), "a", claims("u-7", R"(,"tenants":["demo"])"));
    EXPECT_EQ(issuer_.addresses_asked(), 0U);
    const auto result = ask(token);
    ASSERT_TRUE(result);
    EXPECT_EQ((*result)->subject, "u-7");
    EXPECT_TRUE((*result)->has_role("operatorRole"));
    EXPECT_EQ((*result)->tenants, (std::vector<std::string>{"demo"}));
    EXPECT_EQ(issuer_.asked(kDiscovery), 1U);
    EXPECT_EQ(issuer_.asked(kCerts), 1U);
}

TEST_F(AuthenticatorTest, secondTimeComesFromTheCache) {
    make();
    const auto token = bearer(rsa_key(), "a");
    const auto first = ask(token);
    const auto second = ask(token);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(auth_->stats().verified, 1U);
    EXPECT_EQ(auth_->stats().from_cache, 1U);
    EXPECT_EQ(auth_->stats().cached, 1U);
}

TEST_F(AuthenticatorTest, tokenTroubles) {
    make();
    EXPECT_EQ(trouble(std::nullopt), to_text(TokenRefusal::missing));
    expect("Basic dXNlcjp4", TokenRefusal::not_bearer);
    expect("Bearer abc", TokenRefusal::malformed);
    expect("Bearer " + std::string(100'000, 'a'), TokenRefusal::too_large);
    expect(bearer(rsa_key(1), "a"), TokenRefusal::bad_signature);
    expect(bearer(rsa_key(), "b"), TokenRefusal::unknown_key);
    expect(bearer(rsa_key(), "a", "foo"), TokenRefusal::malformed);
    expect(bearer(rsa_key(), "a", "[]"), TokenRefusal::malformed);
    expect(bearer(rsa_key(), "a", claims("u", R"(,"sub":"admin")")), TokenRefusal::malformed);
    expect(bearer(rsa_key(), "a", claims("")), TokenRefusal::no_subject);
    expect(bearer(rsa_key(), "a", claims("u", "", "Refresh")), TokenRefusal::wrong_type);
    expect(bearer(rsa_key(), "a", claims("u", "", "ID")), TokenRefusal::wrong_type);
    expect(bearer(rsa_key(), "a", claims("u", "", "Bearer", kIssuer + "2")),
           TokenRefusal::wrong_issuer);
    expect("Bearer " + test::token(rsa_key(), "RS384", R"({"alg":"RS384","kid":"a"})", claims()),
           TokenRefusal::key_not_for_algorithm);
    const auto good = bearer(rsa_key(), "a");
    EXPECT_TRUE(ask(good));
    expect(good + "=", TokenRefusal::malformed);
    expect(good + "AAAA", TokenRefusal::bad_signature);
    EXPECT_EQ(auth_->stats().cached, 1U);
}

TEST_F(AuthenticatorTest, publicKeyIsNoSharedSecret) {
    make();
    const auto input = base::encode_base64url(R"({"alg":"HS256","kid":"a"})") + "." +
                       base::encode_base64url(claims());
    const auto secret = test::number(rsa_key(), OSSL_PKEY_PARAM_RSA_N);
    std::string mac(32, '\0');
    unsigned length = 32;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(input.data()), input.size(),
         reinterpret_cast<unsigned char*>(mac.data()), &length);
    expect("Bearer " + input + "." + base::encode_base64url(mac),
           TokenRefusal::algorithm_not_allowed);
    const auto unsigned_input = base::encode_base64url(R"({"alg":"none","kid":"a"})") + "." +
                                base::encode_base64url(claims()) + ".";
    expect("Bearer " + unsigned_input, TokenRefusal::algorithm_not_allowed);
    EXPECT_EQ(issuer_.addresses_asked(), 0U);
}

TEST_F(AuthenticatorTest, keysInTheTokenAreNeverLookedAt) {
    make();
    issuer_.set("https://evil.example/certs", test::jwks({published(1, "evil")}));
    const auto forged = [](const std::string& kid, const std::string& more) {
        return "Bearer " + test::token(rsa_key(1), "RS256", header(kid, more), claims());
    };
    const auto jwk = R"(,"jwk":)" + published(1, "a");
    const std::string jku = R"(,"jku":"https://evil.example/certs")";
    const std::string x5u = R"(,"x5u":"https://evil.example/certs")";
    for (const auto& more : {jwk, jku, x5u}) {
        expect(forged("a", more), TokenRefusal::bad_signature);
        expect(forged("evil", more), TokenRefusal::unknown_key);
    }
    EXPECT_EQ(issuer_.asked("https://evil.example/certs"), 0U);
    EXPECT_EQ(issuer_.addresses_asked(), 2U);
}

TEST_F(AuthenticatorTest, kidIsANameAndNothingElse) {
    make();
    for (const auto* kid : {"", "A", "a ", " a", "../a", "a/../a", "/dev/null", "' OR 1=1", "%61",
                            "https://evil.example", "a\\u0000", "*"}) {
        EXPECT_NE(trouble(bearer(rsa_key(), kid)), "accepted") << kid;
    }
    EXPECT_TRUE(ask(bearer(rsa_key(), "\\u0061"))) << "the same name, spelt otherwise";
}

TEST_F(AuthenticatorTest, withoutKidTheOnlyKeyCounts) {
    make();
    const auto token = "Bearer " + test::token(rsa_key(), "RS256", R"({"alg":"RS256"})", claims());
    EXPECT_TRUE(ask(token));
    issuer_.publish({published(0, "a"), published(1, "b")});
    clock_.advance(6s);
    EXPECT_TRUE(ask(bearer(rsa_key(1), "b")));
    const auto other =
        "Bearer " + test::token(rsa_key(), "RS256", R"({"alg":"RS256"})", claims("u-2"));
    expect(other, TokenRefusal::ambiguous_key);
}

TEST_F(AuthenticatorTest, cachedUntilItExpiresAndSkewIsNotCached) {
    make();
    const auto token = bearer(rsa_key(), "a");
    EXPECT_TRUE(ask(token));
    clock_.advance(299'999'999us);
    EXPECT_TRUE(ask(token));
    EXPECT_EQ(auth_->stats().verified, 1U);
    clock_.advance(1us);
    EXPECT_TRUE(ask(token)) << "inside the skew";
    EXPECT_TRUE(ask(token));
    EXPECT_EQ(auth_->stats().verified, 3U);
    EXPECT_EQ(auth_->stats().cached, 0U);
    clock_.advance(5s);
    expect(token, TokenRefusal::expired);
}

TEST_F(AuthenticatorTest, cacheIsBounded) {
    auto with = options();
    with.cache_entries = 20;
    make(with);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(ask(bearer(rsa_key(), "a", claims("u-" + std::to_string(i)))));
    }
    EXPECT_LE(auth_->stats().cached, 20U);
    EXPECT_GE(auth_->stats().cached, 10U);
    with.cache_entries = 0;
    make(with);
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    EXPECT_EQ(auth_->stats().cached, 0U);
}

TEST_F(AuthenticatorTest, rotationRefusesNoValidToken) {
    make();
    const auto old_token = bearer(rsa_key(0), "a");
    EXPECT_TRUE(ask(old_token));
    clock_.advance(10s);
    issuer_.publish({published(1, "b"), published(0, "a")});
    EXPECT_TRUE(ask(bearer(rsa_key(1), "b")));
    EXPECT_TRUE(ask(old_token));
    EXPECT_TRUE(ask(bearer(rsa_key(0), "a", claims("u-2"))));
    EXPECT_EQ(auth_->stats().fetches, 2U);
    EXPECT_EQ(issuer_.asked(kDiscovery), 1U);
}

TEST_F(AuthenticatorTest, aKeyThatLeavesTakesItsTokensAlong) {
    make();
    run();
    const auto token = bearer(rsa_key(0), "a");
    EXPECT_TRUE(ask(token));
    issuer_.publish({published(1, "b")});
    EXPECT_TRUE(ask(token)) << "not known yet";
    clock_.advance(600s);
    poll();
    const auto fresh = [](const std::string& subject) {
        return R"({"exp":1800000900,"typ":"Bearer","iss":")" + kIssuer + R"(","sub":")" + subject +
               R"("})";
    };
    expect(bearer(rsa_key(0), "a", fresh("u")), TokenRefusal::unknown_key);
    const auto second = bearer(rsa_key(1), "b", fresh("u"));
    EXPECT_TRUE(ask(second));
    EXPECT_TRUE(ask(second));
    EXPECT_EQ(auth_->stats().from_cache, 2U);

    // The cached one goes, too, and so when another key takes over the name.
    issuer_.publish({published(2, "b"), published(1, "c")});
    clock_.advance(6s);
    EXPECT_TRUE(ask(bearer(rsa_key(1), "c", fresh("u"))));
    expect(second, TokenRefusal::bad_signature);
    issuer_.publish({published(1, "c")});
    clock_.advance(6s);
    expect(bearer(rsa_key(0), "d", fresh("u")), TokenRefusal::unknown_key);
    expect(second, TokenRefusal::unknown_key);
}

TEST_F(AuthenticatorTest, tenThousandUnknownKeysAreOneFetchPerInterval) {
    make();
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    const auto forged = [](int i) {
        return "Bearer " + base::encode_base64url(header("kid-" + std::to_string(i))) + ".e30.e30";
    };
    for (int second = 0; second < 10; ++second) {
        for (int i = 0; i < 1'000; ++i) {
            expect(forged(second * 1'000 + i), TokenRefusal::unknown_key);
        }
        clock_.advance(1s);
    }
    // At 0 s (the first token), 5 s: ten seconds hold two.
    EXPECT_EQ(auth_->stats().fetches, 2U);
    EXPECT_EQ(issuer_.asked(kCerts), 2U);
    EXPECT_EQ(auth_->stats().verified, 1U);
    EXPECT_EQ(auth_->stats().cached, 1U);
}

TEST_F(AuthenticatorTest, manyWaitForOneFetch) {
    auto with = options();
    with.max_waiting = 50;
    make(with);
    issuer_.hold();
    std::vector<std::string> tokens;
    for (int i = 0; i < 60; ++i) {
        tokens.push_back(bearer(rsa_key(), "a", claims("u-" + std::to_string(i))));
    }
    std::vector<std::shared_ptr<std::optional<Authenticator::Result>>> results;
    for (const auto& token : tokens) results.push_back(begin(token));
    poll();
    std::size_t turned_away = 0;
    for (const auto& result : results) {
        if (!*result) continue;
        ++turned_away;
        EXPECT_EQ((*result)->error(), TokenRefusal::keys_unavailable);
    }
    EXPECT_EQ(turned_away, 10U);
    issuer_.release();
    poll();
    std::size_t accepted = 0;
    for (const auto& result : results) accepted += *result && result->value() ? 1 : 0;
    EXPECT_EQ(accepted, 50U);
    EXPECT_EQ(auth_->stats().fetches, 1U);
}

// The answer to a fetch that was under way when the token came may be older than its key: whoever
// is left in doubt waits until the interval allows another.
TEST_F(AuthenticatorTest, whoJoinedAFetchInVainWaitsForTheNext) {
    make();
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    clock_.advance(5s);
    issuer_.hold_answers();
    const std::array tokens{bearer(rsa_key(1), "x"), bearer(rsa_key(1), "b"),
                            bearer(rsa_key(1), "c")};
    const auto first = begin(tokens[0]);
    poll();
    issuer_.publish({published(0, "a"), published(1, "b")});
    const auto known_soon = begin(tokens[1]);
    const auto never_known = begin(tokens[2]);
    poll();
    issuer_.release();
    poll();
    ASSERT_TRUE(*first);
    EXPECT_EQ((*first)->error(), TokenRefusal::unknown_key);
    EXPECT_FALSE(*known_soon);
    EXPECT_FALSE(*never_known);
    clock_.advance(4'999ms);
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 2U);
    EXPECT_FALSE(*known_soon);
    clock_.advance(1ms);
    poll();
    ASSERT_TRUE(*known_soon);
    EXPECT_TRUE((*known_soon)->has_value());
    ASSERT_TRUE(*never_known);
    EXPECT_EQ((*never_known)->error(), TokenRefusal::unknown_key);
    EXPECT_EQ(issuer_.asked(kCerts), 3U);
}

TEST_F(AuthenticatorTest, stopAnswersWhoWaitsForTheInterval) {
    make();
    issuer_.hold_answers();
    const std::array tokens{bearer(rsa_key(1), "b"), bearer(rsa_key(1), "c")};
    const auto first = begin(tokens[0]);
    const auto second = begin(tokens[1]);
    poll();
    issuer_.release();
    poll();
    EXPECT_TRUE(*first);
    EXPECT_FALSE(*second);
    auth_.reset();
    poll();
    ASSERT_TRUE(*second);
    EXPECT_EQ((*second)->error(), TokenRefusal::keys_unavailable);
    EXPECT_EQ(issuer_.asked(kCerts), 1U);
}

TEST_F(AuthenticatorTest, issuerAwayAtTheStart) {
    make();
    issuer_.set_away(true);
    run();
    const auto token = bearer(rsa_key(), "a");
    expect(token, TokenRefusal::keys_unavailable);
    expect(token, TokenRefusal::keys_unavailable);
    EXPECT_EQ(auth_->stats().fetches, 2U) << "the schedule's and one for the tokens";
    issuer_.set_away(false);
    clock_.advance(5s);
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 1U) << "found again without a token asking";
    EXPECT_TRUE(ask(token));
}

TEST_F(AuthenticatorTest, issuerAwayLater) {
    make();
    run();
    const auto token = bearer(rsa_key(), "a");
    EXPECT_TRUE(ask(token));
    issuer_.set_away(true);
    clock_.advance(100s);
    EXPECT_TRUE(ask(token));
    EXPECT_TRUE(ask(bearer(rsa_key(), "a", claims("u-2")))) << "known keys go on";
    expect(bearer(rsa_key(1), "b"), TokenRefusal::keys_unavailable);
    expect(bearer(rsa_key(1), "c"), TokenRefusal::keys_unavailable);
    issuer_.set_away(false);
    issuer_.publish({published(0, "a"), published(1, "b")});
    clock_.advance(5s);
    EXPECT_TRUE(ask(bearer(rsa_key(1), "b")));
}

TEST_F(AuthenticatorTest, badAnswersLeaveTheKeysAsTheyAre) {
    make();
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    int i = 0;
    for (const auto* text : {"<html>", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})", ""}) {
        issuer_.set(kCerts, text);
        clock_.advance(5s);
        expect(bearer(rsa_key(1), "b"), TokenRefusal::keys_unavailable);
        EXPECT_TRUE(ask(bearer(rsa_key(), "a", claims("u-" + std::to_string(++i)))));
    }
    issuer_.publish({published(1, "b")});
    clock_.advance(5s);
    EXPECT_TRUE(ask(bearer(rsa_key(1), "b")));
}

TEST_F(AuthenticatorTest, anotherIssuersDocumentIsRefused) {
    make();
    issuer_.set(kDiscovery, R"({"issuer":"https://evil.example","jwks_uri":")" + kCerts + R"("})");
    expect(bearer(rsa_key(), "a"), TokenRefusal::keys_unavailable);
    EXPECT_EQ(issuer_.asked(kCerts), 0U);
}

TEST_F(AuthenticatorTest, aKeySetThatMovedIsFoundAgain) {
    make();
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    issuer_.remove(kCerts);
    issuer_.set("https://keys.example/new", test::jwks({published(1, "b")}));
    issuer_.set(kDiscovery,
                R"({"issuer":")" + kIssuer + R"(","jwks_uri":"https://keys.example/new"})");
    clock_.advance(5s);
    expect(bearer(rsa_key(1), "b"), TokenRefusal::keys_unavailable);
    clock_.advance(5s);
    EXPECT_TRUE(ask(bearer(rsa_key(1), "b")));
}

TEST_F(AuthenticatorTest, discoveryByAnotherName) {
    auto with = options();
    with.discovery_url = "http://keycloak:8080/keycloak/auth/realms/nagra";
    make(with);
    const auto inside = with.discovery_url + "/protocol/openid-connect/certs";
    issuer_.set(with.discovery_url + "/.well-known/openid-configuration",
                R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + kCerts + R"("})");
    issuer_.set(inside, test::jwks({published(0, "a")}));
    EXPECT_TRUE(ask(bearer(rsa_key(), "a")));
    EXPECT_EQ(issuer_.asked(inside), 1U);
    EXPECT_EQ(issuer_.asked(kCerts), 0U);
}

TEST_F(AuthenticatorTest, refreshesOnSchedule) {
    make();
    run();
    EXPECT_EQ(issuer_.asked(kCerts), 1U);
    clock_.advance(599s);
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 1U);
    clock_.advance(1s);
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 2U);
    EXPECT_EQ(issuer_.asked(kDiscovery), 2U) << "the document may change too";
    // A fetch of the schedule does not use up the one that an unknown key may cause.
    issuer_.publish({published(1, "b")});
    EXPECT_EQ(trouble(bearer(
                  rsa_key(1), "b",
                  R"({"exp":1800000900,"typ":"Bearer","sub":"u","iss":")" + kIssuer + R"("})")),
              "accepted");
    auth_->stop();
    poll();
    EXPECT_TRUE(ended_);
    clock_.advance(3'600s);
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 3U);
}

TEST_F(AuthenticatorTest, stopAnswersWhoWaits) {
    make();
    issuer_.hold();
    run();
    const auto token = bearer(rsa_key(), "a");
    const auto waiting = begin(token);
    poll();
    EXPECT_FALSE(*waiting);
    auth_.reset();
    poll();
    ASSERT_TRUE(*waiting);
    EXPECT_EQ((*waiting)->error(), TokenRefusal::keys_unavailable);
    EXPECT_TRUE(ended_);
    issuer_.release();
    poll();
    EXPECT_EQ(issuer_.asked(kCerts), 1U) << "a fetch under way ends by itself";
}

TEST_F(AuthenticatorTest, goingAwayWithEverythingUnderWay) {
    make();
    issuer_.hold();
    run();
    const auto token = bearer(rsa_key(), "a");
    const auto waiting = begin(token);
    poll();
    EXPECT_FALSE(*waiting);
    EXPECT_FALSE(ended_);
}

}  // namespace
}  // namespace usher::auth
