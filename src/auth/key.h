// One public key of the issuer, read strictly: what it is for must be said nowhere else than in the
// key itself, never in the token. Immutable; thread-safe.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "auth/jws.h"
#include "base/digest.h"

namespace usher::auth {

// Why a published key is not used. For the log.
enum class KeyProblem {
    not_an_object,
    bad_member,             // kid, alg, use, key_ops or crv of the wrong type
    unsupported_type,       // not RSA or EC; `oct` is a shared secret
    private_parts,          // d, p, q, … or k: whoever reads the set could sign
    not_for_signatures,     // use is not sig
    not_for_verifying,      // key_ops without verify
    algorithm_not_allowed,  // alg is none of Algorithm
    algorithm_mismatch,     // alg does not go with the type or curve
    unsupported_curve,
    bad_encoding,        // not canonical base64url, or coordinates of the wrong length
    modulus_too_small,   // < 2048 bits
    modulus_too_large,   // > 8192 bits: each check would be slow
    bad_modulus,         // even
    bad_exponent,        // <= 1, even, or > 64 bits
    roca,                // fingerprint of CVE-2017-15361: the private key can be computed
    refused_by_library,  // e.g. the point is not on the curve
    duplicate_kid,       // two usable keys with one kid: neither is used
};

std::string_view to_text(KeyProblem problem);

class Key {
  public:
    static std::expected<std::shared_ptr<const Key>, KeyProblem> parse(
        const boost::json::object& jwk);

    ~Key();
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    const std::optional<std::string>& kid() const { return kid_; }

    // The key's alg when it names one, else whatever its type and curve can do.
    bool fits(Algorithm algorithm) const;

    // Whether the signature is this key's. False, too, when the key does not fit or the signature's
    // length is not exactly the one of the algorithm. From any thread, in parallel.
    bool verify(const Jws& jws) const;

    // Of kid, alg and the key's numbers: equal only for the same key under the same name.
    const base::Digest& fingerprint() const { return fingerprint_; }

  private:
    class Library;  // the key in the library's form

    Key();

    std::optional<std::string> kid_;
    std::optional<Algorithm> algorithm_;
    std::optional<Algorithm> curve_algorithm_;  // of an EC key; none: RSA
    std::size_t signature_bytes_ = 0;
    base::Digest fingerprint_{};
    std::unique_ptr<Library> library_;
};

}  // namespace usher::auth
