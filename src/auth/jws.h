// A signed token taken apart, strictly, before any library sees it. The library reads more loosely
// than two readers of one token may: duplicate header keys, padding, stray bits, `crit`, `b64`.
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "auth/refusal.h"

namespace usher::auth {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;

// The only ones accepted (RFC 7518 §3.1). Never `none`; never HS*: the issuer's keys are public.
enum class Algorithm { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512 };

std::optional<Algorithm> parse_algorithm(std::string_view name);  // exactly as in RFC 7518
std::string_view to_text(Algorithm algorithm);

struct Jws {
    Algorithm algorithm;
    std::optional<std::string> kid;
    std::optional<std::string> type;  // header `typ`
    std::string payload;              // decoded; not to be believed before the signature is checked
    std::size_t signature_bytes;
    std::string compact;  // the whole token
};

// Three parts, each canonical base64url; the header a JSON object without duplicate keys, `crit` or
// `b64`, with an allowed `alg`. `jku`, `x5u`, `x5c` and `jwk` are never looked at: keys come from
// the configured issuer alone.
std::expected<Jws, TokenRefusal> parse_jws(std::string_view compact);

// The token in an Authorization header: the scheme in any case, blanks, the token (RFC 6750 §2.1).
std::expected<std::string_view, TokenRefusal> bearer_token(
    std::optional<std::string_view> authorization);

}  // namespace usher::auth
