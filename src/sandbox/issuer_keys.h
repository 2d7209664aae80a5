// The keys of the token issuer: an RSA pair for access tokens (RS256) and a secret for refresh
// tokens (HS256). Movable; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/random.h"
#include "base/secret.h"

struct evp_pkey_st;

namespace usher::sandbox {

class IssuerKeys {
  public:
    // 2048 bits. The RSA pair comes from OpenSSL's own generator, the rest from `random`.
    static IssuerKeys make(base::Random& random);

    // The row of the state file. Nothing when it cannot be read.
    static std::optional<IssuerKeys> from_row(std::string_view row);
    std::string to_row() const;

    boost::json::object public_jwk() const;  // RFC 7517, with kid, alg and use

    // Compact JWS over `claims`, with alg, typ and kid in its header.
    std::string sign_rs256(const boost::json::object& claims) const;
    std::string sign_hs256(const boost::json::object& claims) const;
    // The claims of a token that sign_hs256 made, else nothing.
    std::optional<boost::json::object> verify_hs256(std::string_view token) const;

  private:
    struct FreeKey {
        void operator()(evp_pkey_st* key) const;
    };
    using Key = std::unique_ptr<evp_pkey_st, FreeKey>;

    IssuerKeys(Key rsa, std::string kid, base::Secret hmac);
    std::string mac(std::string_view text) const;

    Key rsa_;
    std::string kid_;
    base::Secret hmac_;
};

}  // namespace usher::sandbox
