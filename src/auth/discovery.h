// OpenID discovery (OpenID Connect Discovery 1.0 §4), the part without I/O. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace usher::auth {

enum class DiscoveryProblem {
    not_json,
    wrong_issuer,  // `issuer` is absent or another: somebody else's document
    no_jwks_uri,
    bad_jwks_uri,  // not http or https, with user information, or http where discovery is https
};

std::string_view to_text(DiscoveryProblem problem);

// Where Usher looks: `discovery_url`, or the issuer when that is empty. With or without the
// well-known path.
std::string configuration_url(std::string_view issuer, std::string_view discovery_url);

// The address of the key set in a discovery document, as Usher can reach it.
// With a `discovery_url`, the document may name itself by that address too (an issuer whose name
// follows the Host it is asked by), and a jwks_uri under the issuer's address or origin is moved to
// that of `discovery_url`. The tokens' `iss` is always compared with `issuer` alone.
std::expected<std::string, DiscoveryProblem> key_set_url(std::string_view document,
                                                         std::string_view issuer,
                                                         std::string_view discovery_url);

}  // namespace usher::auth
