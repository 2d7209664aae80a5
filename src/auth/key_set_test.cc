#include "auth/key_set.h"

#include <atomic>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include "auth/test_issuer.h"

namespace usher::auth {
namespace {

using test::ec_jwk;
using test::jwks;
using test::rsa_jwk;
using test::rsa_key;

KeySet parsed(const std::vector<std::string>& keys) {
    auto set = KeySet::parse(jwks(keys));
    EXPECT_TRUE(set);
    return set ? std::move(*set) : KeySet{};
}

Jws signed_by(const test::PrivateKey& key, const std::string& algorithm,
              const std::string& kid = "k") {
    const auto header = R"({"alg":")" + algorithm + R"(","kid":")" + kid + R"("})";
    auto jws = parse_jws(test::token(key, algorithm, header, "{}"));
    EXPECT_TRUE(jws);
    return std::move(*jws);
}

KeyProblem problem_of(const std::string& jwk) {
    const auto set = parsed({jwk, rsa_jwk(rsa_key(1), R"("kid":"good")")});
    EXPECT_EQ(set.size(), 1U) << jwk;
    EXPECT_EQ(set.skipped().size(), 1U) << jwk;
    return set.skipped().empty() ? KeyProblem::duplicate_kid : set.skipped().front().problem;
}

std::string with_numbers(const std::string& n, const std::string& e) {
    return R"({"kty":"RSA","kid":"k","n":")" + n + R"(","e":")" + e + R"("})";
}

TEST(KeySet, verifiesEveryAlgorithm) {
    const auto p256 = test::make_ec("P-256");
    const auto p384 = test::make_ec("P-384");
    const auto p521 = test::make_ec("P-521");
    const auto set = parsed({rsa_jwk(rsa_key(), R"("kid":"rsa")"),
                             ec_jwk(p256, "P-256", 32, R"("kid":"p256","alg":"ES256")"),
                             ec_jwk(p384, "P-384", 48, R"("kid":"p384","use":"sig")"),
                             ec_jwk(p521, "P-521", 66, R"("kid":"p521","key_ops":["verify"])")});
    ASSERT_EQ(set.size(), 4U);
    const std::vector<std::tuple<test::PrivateKey, std::string, std::string>> cases{
        {rsa_key(), "RS256", "rsa"}, {rsa_key(), "RS384", "rsa"}, {rsa_key(), "RS512", "rsa"},
        {rsa_key(), "PS256", "rsa"}, {rsa_key(), "PS384", "rsa"}, {rsa_key(), "PS512", "rsa"},
        {p256, "ES256", "p256"},     {p384, "ES384", "p384"},     {p521, "ES512", "p521"},
    };
    for (const auto& [key, algorithm, kid] : cases) {
        const auto jws = signed_by(key, algorithm, kid);
        const auto found = set.find(jws.kid, jws.algorithm);
        ASSERT_TRUE(found) << algorithm;
        EXPECT_TRUE((*found)->verify(jws)) << algorithm;

        auto forged = jws;
        const auto middle = forged.compact.find('.') + 2;
        forged.compact[middle] = forged.compact[middle] == 'A' ? 'B' : 'A';
        EXPECT_FALSE((*found)->verify(forged)) << algorithm;
    }
}

TEST(KeySet, anotherKeyOfTheSameNameIsRefused) {
    const auto set = parsed({rsa_jwk(rsa_key(0), R"("kid":"k")")});
    const auto jws = signed_by(rsa_key(1), "RS256");
    EXPECT_FALSE((*set.find(jws.kid, jws.algorithm))->verify(jws));
}

TEST(KeySet, theKeysAlgorithmCounts) {
    const auto set = parsed({rsa_jwk(rsa_key(), R"("kid":"k","alg":"RS256")")});
    EXPECT_TRUE(set.find("k", Algorithm::rs256));
    for (const auto algorithm : {Algorithm::rs384, Algorithm::ps256, Algorithm::es256}) {
        EXPECT_EQ(set.find("k", algorithm).error(), TokenRefusal::key_not_for_algorithm);
        EXPECT_EQ(set.find(std::nullopt, algorithm).error(), TokenRefusal::unknown_key);
    }
    const auto jws = signed_by(rsa_key(), "PS256");
    EXPECT_FALSE((*set.find("k", Algorithm::rs256))->verify(jws));
}

TEST(KeySet, curvesDoNotMix) {
    const auto p384 = test::make_ec("P-384");
    const auto set = parsed({ec_jwk(p384, "P-384", 48, R"("kid":"k")")});
    EXPECT_EQ(set.find("k", Algorithm::es256).error(), TokenRefusal::key_not_for_algorithm);
    EXPECT_EQ(set.find("k", Algorithm::rs256).error(), TokenRefusal::key_not_for_algorithm);
    EXPECT_TRUE(set.find("k", Algorithm::es384));
}

TEST(KeySet, withoutKidOnlyWhenOneKeyFits) {
    const auto ec = test::make_ec("P-256");
    const auto one =
        parsed({rsa_jwk(rsa_key(0), R"("kid":"a")"), ec_jwk(ec, "P-256", 32, R"("kid":"b")")});
    EXPECT_EQ((*one.find(std::nullopt, Algorithm::rs256))->kid(), "a");
    EXPECT_EQ((*one.find(std::nullopt, Algorithm::es256))->kid(), "b");
    EXPECT_EQ(one.find(std::nullopt, Algorithm::es384).error(), TokenRefusal::unknown_key);
    const auto two =
        parsed({rsa_jwk(rsa_key(0), R"("kid":"a")"), rsa_jwk(rsa_key(1), R"("use":"sig")")});
    EXPECT_EQ(two.find(std::nullopt, Algorithm::rs256).error(), TokenRefusal::ambiguous_key);
    EXPECT_EQ(two.find("", Algorithm::rs256).error(), TokenRefusal::unknown_key);
    EXPECT_EQ(two.find("b", Algorithm::rs256).error(), TokenRefusal::unknown_key);
    EXPECT_EQ(two.find("A", Algorithm::rs256).error(), TokenRefusal::unknown_key);
}

TEST(KeySet, duplicateKidsTakeEachOtherAway) {
    const auto set =
        parsed({rsa_jwk(rsa_key(0), R"("kid":"a")"), rsa_jwk(rsa_key(1), R"("kid":"a")"),
                rsa_jwk(rsa_key(2), R"("kid":"b")")});
    EXPECT_EQ(set.size(), 1U);
    EXPECT_EQ(set.find("a", Algorithm::rs256).error(), TokenRefusal::unknown_key);
    ASSERT_EQ(set.skipped().size(), 2U);
    EXPECT_EQ(set.skipped().front().problem, KeyProblem::duplicate_kid);
    // An encryption key may share the name: it is not a candidate.
    const auto mixed = parsed({rsa_jwk(rsa_key(0), R"("kid":"a","use":"enc")"),
                               rsa_jwk(rsa_key(1), R"("kid":"a","use":"sig")")});
    EXPECT_TRUE(mixed.find("a", Algorithm::rs256));
}

TEST(KeySet, unusableRsaKeys) {
    const auto n = test::number(rsa_key(), OSSL_PKEY_PARAM_RSA_N);
    auto even = *base::decode_base64url(n);
    even.back() = static_cast<char>(even.back() & 0x7e);
    EXPECT_EQ(problem_of(rsa_jwk(test::make_rsa(1024), R"("kid":"k")")),
              KeyProblem::modulus_too_small);
    EXPECT_EQ(problem_of(with_numbers(base::encode_base64url(std::string(1025, '\x7f')), "AQAB")),
              KeyProblem::modulus_too_large);
    EXPECT_EQ(problem_of(with_numbers(base::encode_base64url(even), "AQAB")),
              KeyProblem::bad_modulus);
    EXPECT_EQ(problem_of(with_numbers(n, "AQ")), KeyProblem::bad_exponent);
    EXPECT_EQ(problem_of(with_numbers(n, "AA")), KeyProblem::bad_exponent);
    EXPECT_EQ(problem_of(with_numbers(n, "AQAA")), KeyProblem::bad_exponent);
    EXPECT_EQ(problem_of(with_numbers(n, "AQAAAAAAAAAB")), KeyProblem::bad_exponent);
    EXPECT_EQ(problem_of(with_numbers(n, "AQAB=")), KeyProblem::bad_encoding);
    EXPECT_EQ(problem_of(with_numbers(n, "")), KeyProblem::bad_encoding);
    EXPECT_EQ(problem_of(R"({"kty":"RSA","e":"AQAB"})"), KeyProblem::bad_encoding);
}

TEST(KeySet, unusableEcKeys) {
    const auto key = test::make_ec("P-256");
    EXPECT_EQ(problem_of(ec_jwk(key, "P-384", 32, R"("kid":"k")")), KeyProblem::bad_encoding);
    EXPECT_EQ(problem_of(ec_jwk(key, "P-384", 48, R"("kid":"k")")), KeyProblem::refused_by_library);
    EXPECT_EQ(problem_of(ec_jwk(key, "P-256", 33, R"("kid":"k")")), KeyProblem::bad_encoding);
    EXPECT_EQ(problem_of(ec_jwk(key, "secp256k1", 32, R"("kid":"k")")),
              KeyProblem::unsupported_curve);
    EXPECT_EQ(problem_of(ec_jwk(key, "P-256", 32, R"("alg":"ES384")")),
              KeyProblem::algorithm_mismatch);
    EXPECT_EQ(problem_of(ec_jwk(key, "P-256", 32, R"("alg":"RS256")")),
              KeyProblem::algorithm_mismatch);
    EXPECT_EQ(problem_of(R"({"kty":"EC"})"), KeyProblem::bad_member);
}

TEST(KeySet, unusableByPurpose) {
    const auto& key = rsa_key();
    const std::vector<std::pair<std::string, KeyProblem>> cases{
        {R"("use":"enc")", KeyProblem::not_for_signatures},
        {R"("use":"SIG")", KeyProblem::not_for_signatures},
        {R"("use":1)", KeyProblem::bad_member},
        {R"("key_ops":["encrypt","sign"])", KeyProblem::not_for_verifying},
        {R"("key_ops":[])", KeyProblem::not_for_verifying},
        {R"("key_ops":"verify")", KeyProblem::bad_member},
        {R"("alg":"RSA-OAEP")", KeyProblem::algorithm_not_allowed},
        {R"("alg":"HS256")", KeyProblem::algorithm_not_allowed},
        {R"("alg":"none")", KeyProblem::algorithm_not_allowed},
        {R"("alg":"ES256")", KeyProblem::algorithm_mismatch},
        {R"("alg":null)", KeyProblem::bad_member},
        {R"("kid":5)", KeyProblem::bad_member},
        {R"("d":"AQAB")", KeyProblem::private_parts},
        {R"("k":"AQAB")", KeyProblem::private_parts},
    };
    for (const auto& [more, problem] : cases)
        EXPECT_EQ(problem_of(rsa_jwk(key, more)), problem) << more;
    EXPECT_EQ(problem_of(R"({"kty":"oct","alg":"HS256"})"), KeyProblem::unsupported_type);
    EXPECT_EQ(problem_of(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"),
              KeyProblem::unsupported_type);
    EXPECT_EQ(problem_of("{}"), KeyProblem::unsupported_type);
    EXPECT_EQ(problem_of("7"), KeyProblem::not_an_object);
}

TEST(KeySet, documents) {
    for (const auto* text : {"", "{", "<html>", R"({"keys":[],"keys":[]})", R"({"keys":[]} x)"}) {
        EXPECT_EQ(KeySet::parse(text).error(), KeySetProblem::not_json) << text;
    }
    for (const auto* text : {"[]", "{}", "null", R"({"keys":null})", R"({"keys":{}})"}) {
        EXPECT_EQ(KeySet::parse(text).error(), KeySetProblem::no_keys) << text;
    }
    EXPECT_EQ(KeySet::parse(jwks(std::vector<std::string>(101, "{}"))).error(),
              KeySetProblem::too_many);
    EXPECT_EQ(KeySet::parse(R"({"keys":[]})")->size(), 0U);
}

TEST(KeySet, fingerprintIsOfTheKeyAndItsName) {
    const auto print = [](const std::string& jwk) {
        const auto set = parsed({jwk});
        return (*set.find("k", Algorithm::rs256))->fingerprint();
    };
    const auto first = print(rsa_jwk(rsa_key(0), R"("kid":"k")"));
    EXPECT_EQ(first, print(rsa_jwk(rsa_key(0), R"("use":"sig","kid":"k")")));
    EXPECT_NE(first, print(rsa_jwk(rsa_key(1), R"("kid":"k")")));
    EXPECT_NE(first, print(rsa_jwk(rsa_key(0), R"("kid":"k","alg":"RS256")")));
    const auto renamed = parsed({rsa_jwk(rsa_key(0), R"("kid":"other")")});
    EXPECT_FALSE(renamed.contains(first));
}

TEST(KeySet, oneKeyVerifiesOnManyThreads) {
    const auto ec = test::make_ec("P-256");
    const auto set =
        parsed({rsa_jwk(rsa_key(), R"("kid":"k")"), ec_jwk(ec, "P-256", 32, R"("kid":"e")")});
    const auto good = signed_by(rsa_key(0), "RS256");
    const auto forged = signed_by(rsa_key(1), "RS256");
    const auto elliptic = signed_by(ec, "ES256", "e");
    const auto key = *set.find("k", Algorithm::rs256);
    const auto ec_key = *set.find("e", Algorithm::es256);
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    boost::asio::thread_pool threads{4};
    for (int i = 0; i < 200; ++i) {
        boost::asio::post(threads, [&] {
            ++(key->verify(good) ? accepted : refused);
            ++(key->verify(forged) ? accepted : refused);
            ++(ec_key->verify(elliptic) ? accepted : refused);
        });
    }
    threads.join();
    EXPECT_EQ(accepted, 400);
    EXPECT_EQ(refused, 200);
}

}  // namespace
}  // namespace usher::auth
