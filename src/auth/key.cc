#include "auth/key.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <openssl/bn.h>

#include "base/base64.h"
#include "base/json.h"

namespace usher::auth {

namespace {

namespace json = boost::json;

struct ReleaseKey {
    void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
using LibraryKey = std::unique_ptr<cjose_jwk_t, ReleaseKey>;

struct ReleaseJws {
    void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

struct ReleaseNumber {
    void operator()(BIGNUM* number) const { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, ReleaseNumber>;

struct Curve {
    std::string_view name;
    cjose_jwk_ec_curve id;
    Algorithm algorithm;
    std::size_t coordinate_bytes;
};

constexpr std::array<Curve, 3> kCurves{{
    {"P-256", CJOSE_JWK_EC_P_256, Algorithm::es256, 32},
    {"P-384", CJOSE_JWK_EC_P_384, Algorithm::es384, 48},
    {"P-521", CJOSE_JWK_EC_P_521, Algorithm::es512, 66},
}};

std::unexpected<KeyProblem> refuse(KeyProblem problem) {
    return std::unexpected{problem};
}

bool is_elliptic(Algorithm algorithm) {
    return algorithm == Algorithm::es256 || algorithm == Algorithm::es384 ||
           algorithm == Algorithm::es512;
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

Number number_of(std::string_view bytes) {
    return Number{BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr)};
}

// Moduli made by the faulty library are powers of 65537 modulo each of these primes; any other
// modulus is so for all of them once in 2^27.
bool has_roca_fingerprint(const BIGNUM* modulus) {
    constexpr std::array<unsigned, 17> kPrimes{11, 13, 17,  19,  37,  53,  61,  71, 73,
                                               79, 97, 103, 107, 109, 127, 151, 157};
    return std::ranges::all_of(kPrimes, [modulus](unsigned prime) {
        const auto rest = BN_mod_word(modulus, prime);
        unsigned power = 1;
        do {
            if (power == rest) return true;
            power = power * (65537 % prime) % prime;
        } while (power != 1);
        return false;
    });
}

std::optional<KeyProblem> check_rsa(const BIGNUM* modulus, const BIGNUM* exponent) {
    if (BN_num_bits(modulus) < 2048) return KeyProblem::modulus_too_small;
    if (BN_num_bits(modulus) > 8192) return KeyProblem::modulus_too_large;
    if (BN_is_odd(modulus) == 0) return KeyProblem::bad_modulus;
    if (BN_is_odd(exponent) == 0 || BN_is_one(exponent) == 1 || BN_num_bits(exponent) > 64) {
        return KeyProblem::bad_exponent;
    }
    if (has_roca_fingerprint(modulus)) return KeyProblem::roca;
    return std::nullopt;
}

// A member that must be a string when it is there.
std::expected<std::optional<std::string>, KeyProblem> text_member(const json::object& jwk,
                                                                  std::string_view key) {
    const auto* value = jwk.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return refuse(KeyProblem::bad_member);
    return std::string{value->get_string()};
}

std::optional<KeyProblem> check_purpose(const json::object& jwk) {
    for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
        if (jwk.contains(name)) return KeyProblem::private_parts;
    }
    const auto use = text_member(jwk, "use");
    if (!use) return use.error();
    if (*use && **use != "sig") return KeyProblem::not_for_signatures;
    const auto* operations = jwk.if_contains("key_ops");
    if (operations == nullptr) return std::nullopt;
    if (!operations->is_array()) return KeyProblem::bad_member;
    const auto is_verify = [](const json::value& item) { return item == "verify"; };
    if (!std::ranges::any_of(operations->get_array(), is_verify)) {
        return KeyProblem::not_for_verifying;
    }
    return std::nullopt;
}

// The numbers of either type as bytes; `first` is n or x, `second` e or y.
struct Numbers {
    const Curve* curve = nullptr;  // none: RSA
    std::string first;
    std::string second;
    std::size_t signature_bytes = 0;
};

std::expected<std::string, KeyProblem> decoded(const json::object& jwk, std::string_view key) {
    const auto text = text_member(jwk, key);
    if (!text || !*text) return refuse(KeyProblem::bad_encoding);
    auto bytes = base::decode_base64url(**text);
    if (!bytes || bytes->empty()) return refuse(KeyProblem::bad_encoding);
    return std::move(*bytes);
}

std::expected<Numbers, KeyProblem> read_rsa(const json::object& jwk) {
    auto n = decoded(jwk, "n");
    auto e = decoded(jwk, "e");
    if (!n || !e) return refuse(KeyProblem::bad_encoding);
    const auto modulus = number_of(*n);
    const auto exponent = number_of(*e);
    if (const auto wrong = check_rsa(modulus.get(), exponent.get())) return refuse(*wrong);
    const auto bytes = static_cast<std::size_t>(BN_num_bytes(modulus.get()));
    return Numbers{nullptr, std::move(*n), std::move(*e), bytes};
}

std::expected<Numbers, KeyProblem> read_ec(const json::object& jwk) {
    const auto name = text_member(jwk, "crv");
    if (!name || !*name) return refuse(KeyProblem::bad_member);
    const auto* curve = std::ranges::find(kCurves, std::string_view{**name}, &Curve::name);
    if (curve == kCurves.end()) return refuse(KeyProblem::unsupported_curve);
    auto x = decoded(jwk, "x");
    auto y = decoded(jwk, "y");
    if (!x || !y || x->size() != curve->coordinate_bytes || y->size() != curve->coordinate_bytes) {
        return refuse(KeyProblem::bad_encoding);
    }
    return Numbers{curve, std::move(*x), std::move(*y), 2 * curve->coordinate_bytes};
}

std::expected<Numbers, KeyProblem> read_numbers(const json::object& jwk) {
    const auto type = text_member(jwk, "kty");
    if (!type) return refuse(type.error());
    if (*type == "RSA") return read_rsa(jwk);
    if (*type == "EC") return read_ec(jwk);
    return refuse(KeyProblem::unsupported_type);
}

std::expected<std::optional<Algorithm>, KeyProblem> read_algorithm(const json::object& jwk,
                                                                   const Curve* curve) {
    const auto name = text_member(jwk, "alg");
    if (!name) return refuse(name.error());
    if (!*name) return std::nullopt;
    const auto algorithm = parse_algorithm(**name);
    if (!algorithm) return refuse(KeyProblem::algorithm_not_allowed);
    const bool agrees =
        curve == nullptr ? !is_elliptic(*algorithm) : *algorithm == curve->algorithm;
    if (!agrees) return refuse(KeyProblem::algorithm_mismatch);
    return algorithm;
}

LibraryKey make_library_key(Numbers numbers) {
    if (numbers.curve == nullptr) {
        cjose_jwk_rsa_keyspec spec{};
        spec.n = bytes_of(numbers.first);
        spec.nlen = numbers.first.size();
        spec.e = bytes_of(numbers.second);
        spec.elen = numbers.second.size();
        return LibraryKey{cjose_jwk_create_RSA_spec(&spec, nullptr)};
    }
    cjose_jwk_ec_keyspec spec{};
    spec.crv = numbers.curve->id;
    spec.x = bytes_of(numbers.first);
    spec.xlen = numbers.first.size();
    spec.y = bytes_of(numbers.second);
    spec.ylen = numbers.second.size();
    return LibraryKey{cjose_jwk_create_EC_spec(&spec, nullptr)};
}

base::Digest fingerprint_of(const std::optional<std::string>& kid,
                            std::optional<Algorithm> algorithm, const Numbers& numbers) {
    // JSON keeps the parts apart, whatever bytes a kid has.
    const json::array parts{
        kid ? json::value(*kid) : json::value(nullptr),
        json::string(algorithm ? to_text(*algorithm) : ""),
        json::string(numbers.curve != nullptr ? numbers.curve->name : "RSA"),
        json::string(base::encode_base64url(numbers.first)),
        json::string(base::encode_base64url(numbers.second)),
    };
    return base::sha256(json::serialize(parts));
}

}  // namespace

// Copies of the key, each used by one thread at a time: the library's reference counts are not
// atomic. There are as many as were ever in use at once.
class Key::Library {
  public:
    explicit Library(Numbers numbers) : numbers_{std::move(numbers)} {}

    LibraryKey take() {
        {
            const std::lock_guard lock{mutex_};
            if (!idle_.empty()) {
                auto key = std::move(idle_.back());
                idle_.pop_back();
                return key;
            }
        }
        return make_library_key(numbers_);
    }

    void give_back(LibraryKey key) {
        const std::lock_guard lock{mutex_};
        idle_.push_back(std::move(key));
    }

  private:
    const Numbers numbers_;
    std::mutex mutex_;
    std::vector<LibraryKey> idle_;
};

Key::Key() = default;
Key::~Key() = default;

std::expected<std::shared_ptr<const Key>, KeyProblem> Key::parse(const json::object& jwk) {
    if (const auto wrong = check_purpose(jwk)) return refuse(*wrong);
    auto kid = text_member(jwk, "kid");
    if (!kid) return refuse(kid.error());
    auto numbers = read_numbers(jwk);
    if (!numbers) return refuse(numbers.error());
    const auto algorithm = read_algorithm(jwk, numbers->curve);
    if (!algorithm) return refuse(algorithm.error());

    std::shared_ptr<Key> key{new Key};
    key->kid_ = std::move(*kid);
    key->algorithm_ = *algorithm;
    if (numbers->curve != nullptr) key->curve_algorithm_ = numbers->curve->algorithm;
    key->signature_bytes_ = numbers->signature_bytes;
    key->fingerprint_ = fingerprint_of(key->kid_, key->algorithm_, *numbers);
    key->library_ = std::make_unique<Library>(std::move(*numbers));
    auto first = key->library_->take();
    if (first == nullptr) return refuse(KeyProblem::refused_by_library);
    key->library_->give_back(std::move(first));
    return key;
}

bool Key::fits(Algorithm algorithm) const {
    if (algorithm_) return algorithm == *algorithm_;
    if (curve_algorithm_) return algorithm == *curve_algorithm_;
    return !is_elliptic(algorithm);
}

bool Key::verify(const Jws& jws) const {
    if (!fits(jws.algorithm) || jws.signature_bytes != signature_bytes_) return false;
    const std::unique_ptr<cjose_jws_t, ReleaseJws> imported{
        cjose_jws_import(jws.compact.data(), jws.compact.size(), nullptr)};
    if (imported == nullptr) return false;
    auto key = library_->take();
    if (key == nullptr) return false;
    const bool good = cjose_jws_verify(imported.get(), key.get(), nullptr);
    library_->give_back(std::move(key));
    return good;
}

std::string_view to_text(KeyProblem problem) {
    switch (problem) {
        case KeyProblem::not_an_object:
            return "it is not an object";
        case KeyProblem::bad_member:
            return "a member has the wrong type";
        case KeyProblem::unsupported_type:
            return "its type is not RSA or EC";
        case KeyProblem::private_parts:
            return "it has private parts";
        case KeyProblem::not_for_signatures:
            return "its use is not sig";
        case KeyProblem::not_for_verifying:
            return "its key_ops lack verify";
        case KeyProblem::algorithm_not_allowed:
            return "its algorithm is not allowed";
        case KeyProblem::algorithm_mismatch:
            return "its algorithm does not go with its type";
        case KeyProblem::unsupported_curve:
            return "its curve is not P-256, P-384 or P-521";
        case KeyProblem::bad_encoding:
            return "its numbers are not canonical base64url";
        case KeyProblem::modulus_too_small:
            return "its modulus has fewer than 2048 bits";
        case KeyProblem::modulus_too_large:
            return "its modulus has more than 8192 bits";
        case KeyProblem::bad_modulus:
            return "its modulus is even";
        case KeyProblem::bad_exponent:
            return "its exponent is not a safe odd number";
        case KeyProblem::roca:
            return "its modulus shows the ROCA weakness (CVE-2017-15361)";
        case KeyProblem::refused_by_library:
            return "its numbers are not a key";
        case KeyProblem::duplicate_kid:
            return "another key has the same kid";
    }
    return "";
}

}  // namespace usher::auth
