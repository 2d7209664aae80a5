// Why a token was refused: one enumerator per broken rule, for the log. What the caller is told is
// made elsewhere and is the same for all of them (design §4), but for keys_unavailable.
#pragma once

#include <array>
#include <string_view>

namespace usher::auth {

enum class TokenRefusal {
    missing,                // no Authorization header
    not_bearer,             // another scheme
    too_large,              // beyond kMaxTokenBytes
    malformed,              // not three canonical base64url parts with JSON objects
    critical_extension,     // `crit` in the header: none is understood
    unencoded_payload,      // `b64` in the header (RFC 7797)
    algorithm_not_allowed,  // none, HS*, or anything not in Algorithm
    unknown_key,            // no key of that kid, and the issuer was asked lately
    ambiguous_key,          // no kid, and several keys would fit
    key_not_for_algorithm,  // the key's type, curve or alg is another
    bad_signature,
    wrong_type,  // not an access token: header typ, or claim typ other than Bearer
    wrong_issuer,
    no_expiry,
    expired,
    not_yet_valid,     // nbf
    issued_in_future,  // iat
    wrong_audience,
    wrong_client,  // azp
    no_subject,
    bad_claim,         // a claim of the wrong JSON type or out of range
    keys_unavailable,  // cannot be judged now: the issuer is away. The only one that is a 503
};

inline constexpr std::array kAllTokenRefusals{
    TokenRefusal::missing,
    TokenRefusal::not_bearer,
    TokenRefusal::too_large,
    TokenRefusal::malformed,
    TokenRefusal::critical_extension,
    TokenRefusal::unencoded_payload,
    TokenRefusal::algorithm_not_allowed,
    TokenRefusal::unknown_key,
    TokenRefusal::ambiguous_key,
    TokenRefusal::key_not_for_algorithm,
    TokenRefusal::bad_signature,
    TokenRefusal::wrong_type,
    TokenRefusal::wrong_issuer,
    TokenRefusal::no_expiry,
    TokenRefusal::expired,
    TokenRefusal::not_yet_valid,
    TokenRefusal::issued_in_future,
    TokenRefusal::wrong_audience,
    TokenRefusal::wrong_client,
    TokenRefusal::no_subject,
    TokenRefusal::bad_claim,
    TokenRefusal::keys_unavailable,
};

// A phrase for the log, e.g. "the token has expired".
std::string_view to_text(TokenRefusal refusal);

}  // namespace usher::auth
