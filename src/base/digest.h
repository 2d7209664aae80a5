// SHA-256 as text, for comparing what was sent with what would be sent. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace usher::base {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace usher::base
