#include "base/digest.h"

#include <cstdlib>

#include <openssl/evp.h>

namespace usher::base {

Digest sha256(std::string_view bytes) {
    // Fetched once: EVP_sha256() would look the implementation up for every token.
    static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Digest digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, kAlgorithm, nullptr) != 1 ||
        length != digest.size()) {
        std::abort();
    }
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned byte : sha256(bytes)) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

}  // namespace usher::base
