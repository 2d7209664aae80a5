#include "auth/discovery.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace usher::auth {
namespace {

std::string document(const std::string& issuer, const std::string& uri) {
    return R"({"issuer":")" + issuer + R"(","jwks_uri":")" + uri + R"("})";
}

const std::string kRealm = "https://tv.example/keycloak/auth/realms/nagra";

TEST(Discovery, address) {
    const std::string expected = kRealm + "/.well-known/openid-configuration";
    EXPECT_EQ(configuration_url(kRealm, ""), expected);
    EXPECT_EQ(configuration_url(kRealm + "/", ""), expected);
    EXPECT_EQ(configuration_url("x", kRealm), expected);
    EXPECT_EQ(configuration_url("x", expected), expected);
}

TEST(Discovery, keySetAddress) {
    EXPECT_EQ(*key_set_url(document(kRealm, kRealm + "/certs"), kRealm, ""), kRealm + "/certs");
    EXPECT_EQ(*key_set_url(document(kRealm, "https://keys.example/x"), kRealm, ""),
              "https://keys.example/x");
    for (const std::string issuer : {"https://tv.example/keycloak/auth/realms/other",
                                     "https://tv.example/keycloak/auth/realms/nagra/", ""}) {
        EXPECT_EQ(key_set_url(document(issuer, kRealm + "/certs"), kRealm, "").error(),
                  DiscoveryProblem::wrong_issuer);
    }
}

TEST(Discovery, badDocuments) {
    EXPECT_EQ(key_set_url("<html>", kRealm, "").error(), DiscoveryProblem::not_json);
    EXPECT_EQ(key_set_url("[]", kRealm, "").error(), DiscoveryProblem::not_json);
    EXPECT_EQ(key_set_url("{}", kRealm, "").error(), DiscoveryProblem::wrong_issuer);
    EXPECT_EQ(key_set_url(R"({"issuer":")" + kRealm + R"("})", kRealm, "").error(),
              DiscoveryProblem::no_jwks_uri);
    for (const std::string uri :
         {"", "certs", "/certs", "file:///etc/keys", "ftp://x/certs", "https://",
          "https://user:pw@tv.example/certs", "http://tv.example/certs"}) {
        EXPECT_EQ(key_set_url(document(kRealm, uri), kRealm, "").error(),
                  DiscoveryProblem::bad_jwks_uri)
            << uri;
    }
}

TEST(Discovery, reachedByAnotherName) {
    const std::string inside = "http://keycloak:8080/keycloak/auth/realms/nagra";
    const auto url = [&](const std::string& issuer, const std::string& uri,
                         const std::string& other) {
        return key_set_url(document(issuer, uri), kRealm, other);
    };
    EXPECT_EQ(*url(kRealm, kRealm + "/certs?a=b", inside), inside + "/certs?a=b");
    EXPECT_EQ(*url(kRealm, kRealm + "/certs", "http://keycloak:8080/realms/nagra/"),
              "http://keycloak:8080/realms/nagra/certs");
    EXPECT_EQ(*url(kRealm, "https://tv.example/certs", inside), "http://keycloak:8080/certs");
    EXPECT_EQ(*url(kRealm, "https://tv.example", inside), "http://keycloak:8080");
    EXPECT_EQ(*url(kRealm, "https://tv.example.evil/certs", inside),
              "https://tv.example.evil/certs");
    // An issuer that names itself after the Host it is asked by.
    EXPECT_EQ(*url(inside, inside + "/certs", inside), inside + "/certs");
    EXPECT_EQ(*url(inside, inside + "/certs", inside + "/.well-known/openid-configuration"),
              inside + "/certs");
    EXPECT_EQ(url("http://other:8080", inside + "/certs", inside).error(),
              DiscoveryProblem::wrong_issuer);
    EXPECT_EQ(url(kRealm, "http://tv.example/certs", "https://inside.example/x").error(),
              DiscoveryProblem::bad_jwks_uri);
}

}  // namespace
}  // namespace usher::auth
