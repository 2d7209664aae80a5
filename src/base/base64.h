// Base64 in its two alphabets (RFC 4648), over OpenSSL's codec.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::base {

std::string encode_base64(std::string_view bytes);
std::string encode_base64url(std::string_view bytes);  // without padding

// Canonical text only: no white space, no stray bits, and for base64url no padding. One value has
// one text, so that two spellings of a signature cannot both be accepted.
std::optional<std::string> decode_base64(std::string_view text);
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace usher::base
