// From an Authorization header to who asked: access tokens of one OpenID issuer (Keycloak).
// Thread-safe; meant to be called from every I/O thread.
//
// A token that was found good is good until it expires or its key leaves the issuer's set: a user
// who is disabled meanwhile keeps the token, as with every check that does not ask the issuer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/task.h"
#include "http/client.h"

namespace usher::auth {

struct AuthenticatorOptions {
    std::string issuer;         // as in the tokens' `iss`, byte for byte
    std::string discovery_url;  // when Usher reaches the issuer by another name; empty: the issuer
    std::string audience;       // must be in `aud`; empty: not checked
    std::vector<std::string> azp;           // allowed clients; empty: not checked
    std::string tenant_claim;               // empty: Principal::tenants stays empty
    std::chrono::milliseconds skew{5'000};  // allowed between the issuer's clock and ours
    std::chrono::milliseconds jwks_refresh{600'000};
    std::chrono::milliseconds jwks_min_interval{5'000};  // between fetches for unknown keys
    std::chrono::milliseconds fetch_timeout{5'000};      // discovery and key set together
    std::size_t max_waiting = 256;       // tokens that wait for one fetch; more: keys_unavailable
    std::size_t cache_entries = 10'000;  // verified tokens, about 1 KB each; 0: every one anew
};

struct AuthenticatorStats {
    std::uint64_t fetches = 0;     // of the key set, started
    std::uint64_t from_cache = 0;  // tokens accepted without checking the signature again
    std::uint64_t verified = 0;    // signatures checked
    std::size_t cached = 0;        // entries now
    bool has_keys = false;         // of the issuer: no token can be checked without
    bool issuer_answers = true;    // it did when it was asked last, or was not asked yet
};

class Authenticator {
  public:
    using Result = std::expected<std::shared_ptr<const Principal>, TokenRefusal>;

    // Nothing is fetched yet: starting does not need the issuer. Fetches run on `executor`. Clock,
    // client and the executor's context must outlive the last call; destroying this (or stop())
    // before the context goes answers whoever waits with keys_unavailable.
    Authenticator(const AuthenticatorOptions& options, base::Clock& clock, http::Client& client,
                  base::Executor executor);
    ~Authenticator();
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;

    // `authorization` is the header's value, which must live until the answer. Suspends only for a
    // token whose key is not known, at most for jwks_min_interval and two fetch_timeouts. Such a
    // token is unknown_key when the issuer was asked for it, or had answered within
    // jwks_min_interval, and did not have the key; else keys_unavailable. Refusals are not logged
    // here: the caller knows the request.
    base::Task<Result> authenticate(std::optional<std::string_view> authorization);

    // Fetches the keys now and every jwks_refresh until stop(). Spawn it once.
    base::Task<> run();
    void stop();

    AuthenticatorStats stats() const;

  private:
    struct State;
    static base::Task<Result> check(std::shared_ptr<State> state,
                                    std::optional<std::string_view> authorization);

    std::shared_ptr<State> state_;
};

}  // namespace usher::auth
