#include "auth/jws.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace usher::auth {
namespace {

std::string compact(std::string_view header, std::string_view payload = "{}",
                    std::string_view signature = "signature") {
    return base::encode_base64url(header) + "." + base::encode_base64url(payload) + "." +
           base::encode_base64url(signature);
}

TokenRefusal refusal_of(std::string_view token) {
    const auto jws = parse_jws(token);
    EXPECT_FALSE(jws) << token;
    return jws ? TokenRefusal::missing : jws.error();
}

TEST(Jws, takesATokenApart) {
    const auto token = compact(R"({"alg":"PS384","kid":"k1","typ":"JWT","jku":"x"})", "payload");
    const auto jws = parse_jws(token);
    ASSERT_TRUE(jws);
    EXPECT_EQ(jws->algorithm, Algorithm::ps384);
    EXPECT_EQ(jws->kid, "k1");
    EXPECT_EQ(jws->type, "JWT");
    EXPECT_EQ(jws->payload, "payload");
    EXPECT_EQ(jws->signature_bytes, 9U);
    EXPECT_EQ(jws->compact, token);
}

TEST(Jws, kidAndTypeMayBeAbsent) {
    const auto jws = parse_jws(compact(R"({"alg":"RS256"})"));
    ASSERT_TRUE(jws);
    EXPECT_FALSE(jws->kid);
    EXPECT_FALSE(jws->type);
}

TEST(Jws, everyAllowedAlgorithmAndNoOther) {
    for (const std::string name :
         {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}) {
        const auto jws = parse_jws(compact(R"({"alg":")" + name + R"("})"));
        ASSERT_TRUE(jws) << name;
        EXPECT_EQ(to_text(jws->algorithm), name);
    }
    for (const std::string name : {"none", "NONE", "None", "", "HS256", "HS384", "HS512", "EdDSA",
                                   "ES256K", "rs256", "RS256 ", "RS1", "RSA-OAEP", "dir"}) {
        EXPECT_EQ(refusal_of(compact(R"({"alg":")" + name + R"("})")),
                  TokenRefusal::algorithm_not_allowed)
            << name;
    }
}

TEST(Jws, shapes) {
    const auto good = compact(R"({"alg":"RS256"})");
    const std::vector<std::string> bad{
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "foo.bar.baz",
        good + ".",
        "." + good,
        good + "=",
        " " + good,
        good + "\n",
        good.substr(0, good.rfind('.')),
        good.substr(0, good.rfind('.') + 1),
        good + std::string(1, '\0'),
        std::string{"\xff.\xff.\xff"},
    };
    for (const auto& token : bad) EXPECT_EQ(refusal_of(token), TokenRefusal::malformed);
}

TEST(Jws, oneTextPerToken) {
    // 'e30' is "{}"; 'e31' has the same bytes and stray bits, 'e30=' padding.
    const auto header = base::encode_base64url(R"({"alg":"RS256"})");
    EXPECT_TRUE(parse_jws(header + ".e30.e30"));
    for (const std::string part : {"e31", "e30=", "e3 0", "e30\n", "e3+0", "e3/0", "e"}) {
        EXPECT_EQ(refusal_of(header + "." + part + ".e30"), TokenRefusal::malformed) << part;
        EXPECT_EQ(refusal_of(header + ".e30." + part), TokenRefusal::malformed) << part;
    }
}

TEST(Jws, headers) {
    const std::vector<std::pair<std::string, TokenRefusal>> cases{
        {R"({"alg":"none","alg":"RS256"})", TokenRefusal::malformed},
        {R"({"alg":"RS256","kid":"a","kid":"b"})", TokenRefusal::malformed},
        {R"({"alg":"RS256","\u0061lg":"none"})", TokenRefusal::malformed},
        {R"({"alg":"RS256","kid":"a\u0000b"})", TokenRefusal::malformed},
        {R"({"alg":"RS256","kid":null})", TokenRefusal::malformed},
        {R"({"alg":"RS256","kid":7})", TokenRefusal::malformed},
        {R"({"alg":"RS256","kid":["a"]})", TokenRefusal::malformed},
        {R"({"alg":"RS256","typ":1})", TokenRefusal::malformed},
        {R"({"alg":["RS256"]})", TokenRefusal::malformed},
        {R"({"alg":256})", TokenRefusal::malformed},
        {R"({"kid":"a"})", TokenRefusal::malformed},
        {R"({"alg":"RS256"}x)", TokenRefusal::malformed},
        {R"(["alg","RS256"])", TokenRefusal::malformed},
        {R"("RS256")", TokenRefusal::malformed},
        {"", TokenRefusal::malformed},
        {R"({"alg":"RS256","crit":["exp"]})", TokenRefusal::critical_extension},
        {R"({"alg":"RS256","crit":[]})", TokenRefusal::critical_extension},
        {R"({"alg":"RS256","crit":null})", TokenRefusal::critical_extension},
        {R"({"alg":"RS256","b64":false,"crit":["b64"]})", TokenRefusal::critical_extension},
        {R"({"alg":"RS256","b64":false})", TokenRefusal::unencoded_payload},
        {R"({"alg":"RS256","b64":true})", TokenRefusal::unencoded_payload},
    };
    for (const auto& [header, refusal] : cases)
        EXPECT_EQ(refusal_of(compact(header)), refusal) << header;
    const std::string deep(100, '[');
    EXPECT_EQ(refusal_of(compact(R"({"alg":"RS256","x":)" + deep)), TokenRefusal::malformed);
}

TEST(Jws, tooLarge) {
    const auto small = compact(R"({"alg":"RS256"})", std::string(9'000, 'x'));
    EXPECT_TRUE(parse_jws(small));
    EXPECT_EQ(refusal_of(compact(R"({"alg":"RS256"})", std::string(16 * 1024, 'x'))),
              TokenRefusal::too_large);
    EXPECT_EQ(refusal_of(std::string(kMaxTokenBytes + 1, '.')), TokenRefusal::too_large);
    EXPECT_EQ(refusal_of(std::string(kMaxTokenBytes, '.')), TokenRefusal::malformed);
}

TEST(Bearer, schemes) {
    EXPECT_EQ(*bearer_token("Bearer abc"), "abc");
    EXPECT_EQ(*bearer_token("bEARER   abc"), "abc");
    EXPECT_EQ(bearer_token(std::nullopt).error(), TokenRefusal::missing);
    EXPECT_EQ(bearer_token("").error(), TokenRefusal::missing);
    EXPECT_EQ(bearer_token("Bearer").error(), TokenRefusal::missing);
    EXPECT_EQ(bearer_token("Bearer  ").error(), TokenRefusal::missing);
    EXPECT_EQ(bearer_token("Basic dXNlcjp4").error(), TokenRefusal::not_bearer);
    EXPECT_EQ(bearer_token("Bearerabc").error(), TokenRefusal::not_bearer);
    EXPECT_EQ(bearer_token("abc").error(), TokenRefusal::not_bearer);
    EXPECT_EQ(bearer_token(" Bearer abc").error(), TokenRefusal::not_bearer);
}

TEST(Refusal, everyOneHasItsOwnText) {
    std::vector<std::string_view> texts;
    for (const auto refusal : kAllTokenRefusals) {
        EXPECT_EQ(static_cast<std::size_t>(refusal), texts.size());
        EXPECT_FALSE(to_text(refusal).empty());
        EXPECT_EQ(std::ranges::count(texts, to_text(refusal)), 0);
        texts.push_back(to_text(refusal));
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(TokenRefusal::keys_unavailable) + 1);
}

}  // namespace
}  // namespace usher::auth
