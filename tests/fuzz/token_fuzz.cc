// Any bytes as a token, against the keys of the public vectors: none is accepted but those that the
// vectors call valid. Input: a byte that chooses the group of vectors, then the token.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key_set.h"
#include "base/json.h"

namespace {

namespace json = boost::json;
using namespace usher;

using Tokens = std::set<std::string, std::less<>>;

struct Group {
    auth::KeySet keys;
    Tokens invalid;
};

// In any group: several have the same key.
Tokens& valid_tokens() {
    static Tokens all;
    return all;
}

void add_group(std::vector<Group>& groups, const json::object& group) {
    const auto* key = group.if_contains("public");
    if (key == nullptr) return;  // a shared secret
    const auto jwks = key->get_object().contains("keys")
                          ? json::serialize(*key)
                          : json::serialize(json::object{{"keys", json::array{*key}}});
    auto keys = auth::KeySet::parse(jwks);
    if (!keys) return;
    Group made{.keys = std::move(*keys), .invalid = {}};
    for (const auto& test : group.at("tests").as_array()) {
        const auto& token = test.at("jws");
        if (!token.is_string()) continue;
        auto& tokens = test.at("result") == "valid" ? valid_tokens() : made.invalid;
        tokens.emplace(token.get_string());
    }
    groups.push_back(std::move(made));
}

const std::vector<Group>& groups() {
    static const auto all = [] {
        std::ifstream file{USHER_VECTORS};
        std::stringstream text;
        text << file.rdbuf();
        if (!file) std::abort();
        std::vector<Group> made;
        const auto vectors = json::parse(text.str());
        for (const auto& group : vectors.at("testGroups").as_array()) {
            add_group(made, group.as_object());
        }
        if (made.empty()) std::abort();
        return made;
    }();
    return all;
}

void look_at_claims(const auth::Jws& jws) {
    const auto claims = base::parse_json(jws.payload);
    if (!claims || !claims->is_object()) return;
    const auth::ClaimRules rules{.issuer = "i", .tenant_claim = "tenants"};
    const auto principal = auth::check_claims(claims->get_object(), jws.type, rules, base::Time{});
    if (principal && principal->subject.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto& group = groups()[data[0] % groups().size()];
    const std::string_view token{reinterpret_cast<const char*>(data + 1), size - 1};
    (void)auth::bearer_token(token);
    const auto jws = auth::parse_jws(token);
    if (!jws) return 0;
    look_at_claims(*jws);
    const auto key = group.keys.find(jws->kid, jws->algorithm);
    if (!key || !(*key)->verify(*jws)) return 0;
    if (!valid_tokens().contains(token) || group.invalid.contains(token)) std::abort();
    return 0;
}
