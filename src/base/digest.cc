#include "base/digest.h"

#include <cstdlib>

#include <openssl/evp.h>

namespace usher::base {

namespace {

// Fetched once: EVP_sha256() would look the implementation up for every token.
const EVP_MD* algorithm() {
    static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return kAlgorithm;
}

std::string in_hex(const Digest& digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned byte : digest) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

}  // namespace

Digest sha256(std::string_view bytes) {
    Digest digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm(), nullptr) != 1 ||
        length != digest.size()) {
        std::abort();
    }
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    return in_hex(sha256(bytes));
}

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_{std::make_unique<State>()} {
    if (EVP_DigestInit_ex2(state_->context, algorithm(), nullptr) != 1) std::abort();
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(state_->context);
}

void Sha256::add(std::string_view bytes) {
    if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) std::abort();
}

std::string Sha256::finish_hex() {
    Digest digest{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(state_->context, digest.data(), &length) != 1 ||
        length != digest.size()) {
        std::abort();
    }
    return in_hex(digest);
}

}  // namespace usher::base
