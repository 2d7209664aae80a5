#include "auth/refusal.h"

namespace usher::auth {

std::string_view to_text(TokenRefusal refusal) {
    switch (refusal) {
        case TokenRefusal::missing:
            return "there is no Authorization header";
        case TokenRefusal::not_bearer:
            return "the Authorization header is not a Bearer token";
        case TokenRefusal::too_large:
            return "the token is too large";
        case TokenRefusal::malformed:
            return "the token is not a well-formed signed JWT";
        case TokenRefusal::critical_extension:
            return "the token has a critical extension";
        case TokenRefusal::unencoded_payload:
            return "the token's header has b64";
        case TokenRefusal::algorithm_not_allowed:
            return "the signature algorithm is not allowed";
        case TokenRefusal::unknown_key:
            return "the issuer publishes no such key";
        case TokenRefusal::ambiguous_key:
            return "the token names no key and several would fit";
        case TokenRefusal::key_not_for_algorithm:
            return "the key is not for this algorithm";
        case TokenRefusal::bad_signature:
            return "the signature is wrong";
        case TokenRefusal::wrong_type:
            return "it is not an access token";
        case TokenRefusal::wrong_issuer:
            return "the token is from another issuer";
        case TokenRefusal::no_expiry:
            return "the token has no expiry";
        case TokenRefusal::expired:
            return "the token has expired";
        case TokenRefusal::not_yet_valid:
            return "the token is not valid yet";
        case TokenRefusal::issued_in_future:
            return "the token was issued in the future";
        case TokenRefusal::wrong_audience:
            return "the token is for another audience";
        case TokenRefusal::wrong_client:
            return "the token was issued to another client";
        case TokenRefusal::no_subject:
            return "the token has no subject";
        case TokenRefusal::bad_claim:
            return "a claim has the wrong type or range";
        case TokenRefusal::keys_unavailable:
            return "the issuer's keys cannot be fetched now";
    }
    return "";
}

}  // namespace usher::auth
