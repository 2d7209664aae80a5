#include "auth/discovery.h"

#include <boost/json/object.hpp>

#include "base/json.h"

namespace usher::auth {

namespace {

constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";

std::string_view without_end(std::string_view text, std::string_view end) {
    if (text.ends_with(end)) text.remove_suffix(end.size());
    return text;
}

// The address below which everything of the issuer lies, without a slash at its end.
std::string_view root_of(std::string_view url) {
    return without_end(without_end(url, kWellKnown), "/");
}

// Scheme, host and port; empty when it is no absolute http address or holds user information.
std::string_view origin_of(std::string_view url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
    const auto host = url.find("//") + 2;
    const auto origin = url.substr(0, url.find_first_of("/?#", host));
    if (origin.size() == host || origin.find('@') != std::string_view::npos) return {};
    return origin;
}

std::string moved(std::string_view uri, std::string_view issuer, std::string_view discovery_url) {
    const auto from = root_of(issuer);
    const auto to = root_of(discovery_url);
    if (uri.starts_with(from) && uri.substr(from.size()).starts_with('/')) {
        return std::string{to}.append(uri.substr(from.size()));
    }
    const auto origin = origin_of(uri);
    if (origin != origin_of(issuer)) return std::string{uri};
    return std::string{origin_of(discovery_url)}.append(uri.substr(origin.size()));
}

}  // namespace

std::string configuration_url(std::string_view issuer, std::string_view discovery_url) {
    const auto root = root_of(discovery_url.empty() ? issuer : discovery_url);
    return std::string{root}.append(kWellKnown);
}

std::expected<std::string, DiscoveryProblem> key_set_url(std::string_view document,
                                                         std::string_view issuer,
                                                         std::string_view discovery_url) {
    const auto parsed = base::parse_json(document);
    if (!parsed || !parsed->is_object()) return std::unexpected{DiscoveryProblem::not_json};
    const auto& members = parsed->get_object();
    const auto named = base::find_string(members, "issuer");
    const bool ours =
        named && (*named == issuer || (!discovery_url.empty() && *named == root_of(discovery_url)));
    if (!ours) return std::unexpected{DiscoveryProblem::wrong_issuer};
    auto uri = base::find_string(members, "jwks_uri");
    if (!uri) return std::unexpected{DiscoveryProblem::no_jwks_uri};
    if (!discovery_url.empty()) uri = moved(*uri, issuer, discovery_url);

    const auto asked = discovery_url.empty() ? issuer : discovery_url;
    const bool weaker = asked.starts_with("https://") && !uri->starts_with("https://");
    if (origin_of(*uri).empty() || weaker) return std::unexpected{DiscoveryProblem::bad_jwks_uri};
    return std::move(*uri);
}

std::string_view to_text(DiscoveryProblem problem) {
    switch (problem) {
        case DiscoveryProblem::not_json:
            return "the discovery document is not strict JSON";
        case DiscoveryProblem::wrong_issuer:
            return "the discovery document is another issuer's";
        case DiscoveryProblem::no_jwks_uri:
            return "the discovery document has no jwks_uri";
        case DiscoveryProblem::bad_jwks_uri:
            return "the discovery document's jwks_uri is unusable";
    }
    return "";
}

}  // namespace usher::auth
