// For the tests of this room: an issuer's keys and tokens, made with OpenSSL alone, so that the
// tokens may have any header and owe nothing to the library that verifies them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/base64.h"

namespace usher::auth::test {

using PrivateKey = std::shared_ptr<EVP_PKEY>;

inline PrivateKey make_rsa(std::size_t bits = 2048) {
    return {EVP_RSA_gen(bits), EVP_PKEY_free};
}

inline PrivateKey make_ec(const char* curve) {
    return {EVP_EC_gen(curve), EVP_PKEY_free};
}

// Made once for the whole program: an RSA key takes a tenth of a second.
inline const PrivateKey& rsa_key(std::size_t index = 0) {
    static const std::vector<PrivateKey> kKeys{make_rsa(), make_rsa(), make_rsa()};
    return kKeys.at(index);
}

inline std::string number(const PrivateKey& key, const char* name, int width = 0) {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key.get(), name, &raw);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> value{raw, BN_free};
    std::string bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(raw)), '\0');
    BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    return base::encode_base64url(bytes);
}

// The public JWK; `more` is further members, e.g. R"("kid":"a","use":"sig")".
inline std::string rsa_jwk(const PrivateKey& key, const std::string& more) {
    return R"({"kty":"RSA","n":")" + number(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
           number(key, OSSL_PKEY_PARAM_RSA_E) + R"(",)" + more + "}";
}

inline std::string ec_jwk(const PrivateKey& key, const std::string& curve, int width,
                          const std::string& more) {
    return R"({"kty":"EC","crv":")" + curve + R"(","x":")" +
           number(key, OSSL_PKEY_PARAM_EC_PUB_X, width) + R"(","y":")" +
           number(key, OSSL_PKEY_PARAM_EC_PUB_Y, width) + R"(",)" + more + "}";
}

inline std::string jwks(const std::vector<std::string>& keys) {
    std::string text = R"({"keys":[)";
    for (const auto& key : keys) text += (text.ends_with('[') ? "" : ",") + key;
    return text + "]}";
}

// ECDSA signatures in JWS are r and s side by side, not DER (RFC 7518 §3.4).
inline std::string side_by_side(const std::string& der, int width) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free};
    std::string raw(2 * static_cast<std::size_t>(width), '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out, width);
    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out + width, width);
    return raw;
}

// Signs `input` as the algorithm's name says: RS, PS or ES and 256, 384 or 512.
inline std::string sign(const PrivateKey& key, std::string_view algorithm, std::string_view input) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free};
    const auto digest = "SHA" + std::string{algorithm.substr(2)};
    EVP_PKEY_CTX* options = nullptr;
    EVP_DigestSignInit(context.get(), &options, EVP_get_digestbyname(digest.c_str()), nullptr,
                       key.get());
    if (algorithm.starts_with("PS")) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
    EVP_DigestSign(context.get(), nullptr, &length, bytes, input.size());
    std::string signature(length, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                   bytes, input.size());
    signature.resize(length);
    if (!algorithm.starts_with("ES")) return signature;
    return side_by_side(signature, (EVP_PKEY_get_bits(key.get()) + 7) / 8);
}

inline std::string token(const PrivateKey& key, std::string_view algorithm, std::string_view header,
                         std::string_view payload) {
    const auto input = base::encode_base64url(header) + "." + base::encode_base64url(payload);
    return input + "." + base::encode_base64url(sign(key, algorithm, input));
}

}  // namespace usher::auth::test
