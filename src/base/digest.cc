#include "base/digest.h"

#include <array>
#include <cstdlib>

#include <openssl/evp.h>

namespace usher::base {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, 32> digest{};
    std::size_t length = 0;
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(),
                     &length) != 1 ||
        length != digest.size()) {
        std::abort();
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (const unsigned byte : digest) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

}  // namespace usher::base
