// SHA-256, for names of tokens and keys that must not be kept in clear or compared in parts.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace usher::auth {

using Digest = std::array<unsigned char, 32>;

// Thread-safe.
Digest sha256(std::string_view bytes);

// A digest is evenly spread already.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t hash{};
        std::memcpy(&hash, digest.data(), sizeof hash);
        return hash;
    }
};

}  // namespace usher::auth
