// SHA-256, for comparing what was sent with what would be sent, and for names of things that must
// not be kept in clear or compared in parts. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace usher::base {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes);

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// A digest is evenly spread already.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t hash{};
        std::memcpy(&hash, digest.data(), sizeof hash);
        return hash;
    }
};

}  // namespace usher::base
