#include "sandbox/issuer_keys.h"

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/base64.h"
#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

constexpr unsigned kRsaBits = 2048;
constexpr std::size_t kHmacBytes = 64;
constexpr std::size_t kKidBytes = 32;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// OpenSSL fails here only when memory is gone or the library is broken.
void must(bool done) {
    if (!done) std::abort();
}

std::string to_pem(EVP_PKEY* key) {
    const Bio bio{BIO_new(BIO_s_mem()), BIO_free};
    must(bio != nullptr &&
         PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string number_of(EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    must(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{raw, BN_free};
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
    return base::encode_base64url(bytes);
}

std::string signing_input(std::string_view algorithm, const std::string& kid,
                          const json::object& claims) {
    const json::object header{{"alg", algorithm}, {"typ", "JWT"}, {"kid", kid}};
    return base::encode_base64url(json::serialize(header)) + "." +
           base::encode_base64url(json::serialize(claims));
}

}  // namespace

void IssuerKeys::FreeKey::operator()(evp_pkey_st* key) const {
    EVP_PKEY_free(key);
}

IssuerKeys::IssuerKeys(Key rsa, std::string kid, base::Secret hmac)
    : rsa_{std::move(rsa)}, kid_{std::move(kid)}, hmac_{std::move(hmac)} {}

IssuerKeys IssuerKeys::make(base::Random& random) {
    Key rsa{EVP_RSA_gen(kRsaBits)};
    must(rsa != nullptr);
    auto kid = base::make_token(random, kKidBytes);
    return {std::move(rsa), std::move(kid), base::Secret{base::make_token(random, kHmacBytes)}};
}

std::string IssuerKeys::to_row() const {
    const json::object row{{"rsa", to_pem(rsa_.get())}, {"kid", kid_}, {"hmac", hmac_.reveal()}};
    return json::serialize(row);
}

std::optional<IssuerKeys> IssuerKeys::from_row(std::string_view row) {
    const auto parsed = base::parse_json(row);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto pem = base::find_string(parsed->get_object(), "rsa");
    const auto kid = base::find_string(parsed->get_object(), "kid");
    const auto hmac = base::find_string(parsed->get_object(), "hmac");
    if (!pem || !kid || !hmac) return std::nullopt;
    const Bio bio{BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())), BIO_free};
    Key rsa{PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)};
    if (rsa == nullptr) return std::nullopt;
    return IssuerKeys{std::move(rsa), *kid, base::Secret{*hmac}};
}

json::object IssuerKeys::public_jwk() const {
    return {{"kid", kid_},
            {"kty", "RSA"},
            {"alg", "RS256"},
            {"use", "sig"},
            {"n", number_of(rsa_.get(), OSSL_PKEY_PARAM_RSA_N)},
            {"e", number_of(rsa_.get(), OSSL_PKEY_PARAM_RSA_E)}};
}

std::string IssuerKeys::sign_rs256(const json::object& claims) const {
    const auto input = signing_input("RS256", kid_, claims);
    const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
    const DigestContext context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    must(context != nullptr &&
         EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa_.get()) == 1);
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) == 1);
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                        bytes, input.size()) == 1);
    signature.resize(size);
    return input + "." + base::encode_base64url(signature);
}

std::string IssuerKeys::mac(std::string_view text) const {
    const auto& key = hmac_.reveal();
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(),
              &size) != nullptr);
    return base::encode_base64url({reinterpret_cast<const char*>(out.data()), size});
}

std::string IssuerKeys::sign_hs256(const json::object& claims) const {
    const auto input = signing_input("HS256", kid_, claims);
    return input + "." + mac(input);
}

std::optional<json::object> IssuerKeys::verify_hs256(std::string_view token) const {
    const auto dot = token.rfind('.');
    const auto first = token.find('.');
    if (dot == std::string_view::npos || first == dot) return std::nullopt;
    const auto expected = mac(token.substr(0, dot));
    const auto given = token.substr(dot + 1);
    if (given.size() != expected.size() ||
        CRYPTO_memcmp(given.data(), expected.data(), expected.size()) != 0) {
        return std::nullopt;
    }
    const auto claims = base::decode_base64url(token.substr(first + 1, dot - first - 1));
    if (!claims) return std::nullopt;
    auto parsed = base::parse_json(*claims);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    return std::move(parsed->get_object());
}

}  // namespace usher::sandbox
