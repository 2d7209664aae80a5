// Every case of the public vectors in testdata/: each invalid one refused, each valid one of a
// supported algorithm accepted. The differences are listed, and a listed one that stops being a
// difference fails too.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "auth/key_set.h"

namespace usher::auth {
namespace {

namespace json = boost::json;

json::value read_vectors(const std::string& name) {
    const auto path = std::filesystem::path{__FILE__}.parent_path() / "testdata" / name;
    std::ifstream file{path};
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(file) << path;
    return json::parse(text.str());
}

// The group's key or keys as the issuer would publish them.
std::string published(const json::object& group) {
    const auto* key = group.if_contains("public");
    if (key == nullptr) key = &group.at("private");
    if (key->get_object().contains("keys")) return json::serialize(*key);
    return json::serialize(json::object{{"keys", json::array{*key}}});
}

bool is_accepted(const std::string& jwks, const json::value& token) {
    const auto compact =
        token.is_string() ? std::string{token.get_string()} : json::serialize(token);
    const auto keys = KeySet::parse(jwks);
    const auto jws = parse_jws(compact);
    if (!keys || !jws) return false;
    const auto key = keys->find(jws->kid, jws->algorithm);
    return key && (*key)->verify(*jws);
}

bool uses_shared_secret(const json::object& group) {
    return !group.contains("public");
}

struct Counted {
    int accepted = 0;
    int refused = 0;
    int shared_secret = 0;            // valid, but HS*: refused by rule
    std::map<int, bool> differences;  // tcId -> accepted
};

Counted run(const std::string& file, int expected_total) {
    Counted counted;
    const auto vectors = read_vectors(file);
    for (const auto& item : vectors.at("testGroups").as_array()) {
        const auto& group = item.get_object();
        const auto keys = published(group);
        for (const auto& test : group.at("tests").as_array()) {
            const bool valid = test.at("result").as_string() == "valid";
            const bool accepted = is_accepted(keys, test.at("jws"));
            ++(accepted ? counted.accepted : counted.refused);
            if (valid && !accepted && uses_shared_secret(group)) {
                ++counted.shared_secret;
            } else if (valid != accepted) {
                counted.differences[static_cast<int>(test.at("tcId").as_int64())] = accepted;
            }
        }
    }
    EXPECT_EQ(counted.accepted + counted.refused, expected_total);
    return counted;
}

// Valid in the vectors, refused here:
// - 346, 350: the key says `alg` PS256, the token PS384. The key's word counts.
// - 347, 351: the key says `alg` "ES521", which is no algorithm of RFC 7518.
// 372 and 373 (characters inserted into base64url, marked valid) are HS256 and so refused anyway.
const std::map<int, bool> kSignatureDifferences{
    {346, false}, {347, false}, {350, false}, {351, false}};

TEST(Vectors, signatures) {
    const auto counted = run("wycheproof_json_web_signature.json", 401);
    EXPECT_EQ(counted.differences, kSignatureDifferences);
    EXPECT_EQ(counted.shared_secret, 10);
    EXPECT_EQ(counted.accepted, 32);
}

TEST(Vectors, keys) {
    const auto counted = run("wycheproof_json_web_key.json", 26);
    EXPECT_EQ(counted.differences, (std::map<int, bool>{}));
    EXPECT_EQ(counted.shared_secret, 4);
    EXPECT_EQ(counted.accepted, 1);
}

}  // namespace
}  // namespace usher::auth
