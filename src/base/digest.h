// SHA-256, for comparing what was sent with what would be sent, and for names of things that must
// not be kept in clear or compared in parts. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace usher::base {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes);

// Of what comes in pieces. Not thread-safe.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);
    std::string finish_hex();  // once, at the end

  private:
    struct State;
    std::unique_ptr<State> state_;
};

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
