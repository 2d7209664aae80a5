// The rules for an access token's content, once its signature is known to be good. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "auth/principal.h"
#include "auth/refusal.h"
#include "base/time.h"

namespace usher::auth {

struct ClaimRules {
    std::string issuer;            // `iss`, compared byte for byte
    std::string audience;          // must be in `aud` (string or array); empty: not checked
    std::vector<std::string> azp;  // `azp` must be one of them; empty: not checked
    std::string tenant_claim;  // string or array of strings; empty: Principal::tenants stays empty
    base::Duration skew{};     // how far the issuer's clock may be from ours, for exp, nbf, iat
};

// `header_type` is the header's `typ`: absent, JWT or at+jwt. The claim `typ` must be Bearer: a
// refresh token (Refresh) or ID token (ID) of the same realm has a good signature too.
std::expected<Principal, TokenRefusal> check_claims(const boost::json::object& claims,
                                                    std::optional<std::string_view> header_type,
                                                    const ClaimRules& rules, base::Time now);

}  // namespace usher::auth
