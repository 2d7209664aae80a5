#include "auth/jws.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/object.hpp>

#include "base/base64.h"
#include "base/json.h"

namespace usher::auth {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, Algorithm>, 9> kAlgorithms{{
    {"RS256", Algorithm::rs256},
    {"RS384", Algorithm::rs384},
    {"RS512", Algorithm::rs512},
    {"PS256", Algorithm::ps256},
    {"PS384", Algorithm::ps384},
    {"PS512", Algorithm::ps512},
    {"ES256", Algorithm::es256},
    {"ES384", Algorithm::es384},
    {"ES512", Algorithm::es512},
}};

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
};

std::optional<Parts> split(std::string_view compact) {
    if (std::ranges::count(compact, '.') != 2) return std::nullopt;
    const auto first = compact.find('.');
    const auto second = compact.find('.', first + 1);
    return Parts{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                 compact.substr(second + 1)};
}

// A header member that must be a string when it is there; null is not a string.
std::expected<std::optional<std::string>, TokenRefusal> optional_string(const json::object& header,
                                                                        std::string_view key) {
    const auto* value = header.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return std::unexpected{TokenRefusal::malformed};
    return std::string{value->get_string()};
}

std::expected<Jws, TokenRefusal> read_header(const json::object& header) {
    if (header.contains("crit")) return std::unexpected{TokenRefusal::critical_extension};
    if (header.contains("b64")) return std::unexpected{TokenRefusal::unencoded_payload};
    const auto name = optional_string(header, "alg");
    const auto kid = optional_string(header, "kid");
    const auto type = optional_string(header, "typ");
    if (!name || !*name || !kid || !type) return std::unexpected{TokenRefusal::malformed};
    const auto algorithm = parse_algorithm(**name);
    if (!algorithm) return std::unexpected{TokenRefusal::algorithm_not_allowed};
    return Jws{*algorithm, *kid, *type, {}, 0, {}};
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view name) {
    const auto* found =
        std::ranges::find(kAlgorithms, name, &decltype(kAlgorithms)::value_type::first);
    if (found == kAlgorithms.end()) return std::nullopt;
    return found->second;
}

std::string_view to_text(Algorithm algorithm) {
    const auto* found =
        std::ranges::find(kAlgorithms, algorithm, &decltype(kAlgorithms)::value_type::second);
    return found->first;
}

std::expected<Jws, TokenRefusal> parse_jws(std::string_view compact) {
    if (compact.size() > kMaxTokenBytes) return std::unexpected{TokenRefusal::too_large};
    const auto parts = split(compact);
    if (!parts) return std::unexpected{TokenRefusal::malformed};
    const auto header_text = base::decode_base64url(parts->header);
    auto payload = base::decode_base64url(parts->payload);
    const auto signature = base::decode_base64url(parts->signature);
    if (!header_text || !payload || !signature) return std::unexpected{TokenRefusal::malformed};

    const auto header = base::parse_json(*header_text);
    if (!header || !header->is_object()) return std::unexpected{TokenRefusal::malformed};
    auto jws = read_header(header->get_object());
    if (!jws) return jws;
    // After the algorithm: an unsigned token is best named by its `none`.
    if (signature->empty()) return std::unexpected{TokenRefusal::malformed};
    jws->payload = std::move(*payload);
    jws->signature_bytes = signature->size();
    jws->compact = compact;
    return jws;
}

std::expected<std::string_view, TokenRefusal> bearer_token(
    std::optional<std::string_view> authorization) {
    constexpr std::string_view kScheme = "bearer";
    if (!authorization || authorization->empty()) return std::unexpected{TokenRefusal::missing};
    const auto scheme = authorization->substr(0, authorization->find(' '));
    if (!std::ranges::equal(scheme, kScheme, {}, lower)) {
        return std::unexpected{TokenRefusal::not_bearer};
    }
    auto token = authorization->substr(scheme.size());
    token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    if (token.empty()) return std::unexpected{TokenRefusal::missing};
    return token;
}

}  // namespace usher::auth
