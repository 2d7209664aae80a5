#include "auth/authenticator.h"

#include <atomic>
#include <utility>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key_source.h"
#include "auth/token_cache.h"
#include "base/json.h"

namespace usher::auth {

namespace {

KeySourceOptions key_source_options(const AuthenticatorOptions& options) {
    return {
        .issuer = options.issuer,
        .discovery_url = options.discovery_url,
        .refresh = options.jwks_refresh,
        .min_interval = options.jwks_min_interval,
        .fetch_timeout = options.fetch_timeout,
        .max_waiting = options.max_waiting,
    };
}

ClaimRules claim_rules(const AuthenticatorOptions& options) {
    return {
        .issuer = options.issuer,
        .audience = options.audience,
        .azp = options.azp,
        .tenant_claim = options.tenant_claim,
        .skew = options.skew,
    };
}

}  // namespace

// Shared with the calls under way, which may outlive the Authenticator.
struct Authenticator::State {
    State(const AuthenticatorOptions& options, base::Clock& the_clock, http::Client& client,
          base::Executor executor)
        : clock{the_clock},
          rules{claim_rules(options)},
          cache{options.cache_entries},
          source{std::make_shared<KeySource>(key_source_options(options), the_clock, client,
                                             std::move(executor))} {}

    Result judge(const base::Digest& digest, const Jws& jws, const Key& key);

    base::Clock& clock;
    const ClaimRules rules;
    TokenCache cache;
    const std::shared_ptr<KeySource> source;
    std::atomic<std::uint64_t> from_cache{0};
    std::atomic<std::uint64_t> verified{0};
};

Authenticator::Result Authenticator::State::judge(const base::Digest& digest, const Jws& jws,
                                                  const Key& key) {
    ++verified;
    if (!key.verify(jws)) return std::unexpected{TokenRefusal::bad_signature};
    const auto claims = base::parse_json(jws.payload);
    if (!claims || !claims->is_object()) return std::unexpected{TokenRefusal::malformed};
    const auto now = clock.now();
    auto checked = check_claims(claims->get_object(), jws.type, rules, now);
    if (!checked) return std::unexpected{checked.error()};
    auto principal = std::make_shared<const Principal>(std::move(*checked));
    if (now < principal->expires) cache.put(digest, {principal, key.fingerprint()});
    return principal;
}

Authenticator::Authenticator(const AuthenticatorOptions& options, base::Clock& clock,
                             http::Client& client, base::Executor executor)
    : state_{std::make_shared<State>(options, clock, client, std::move(executor))} {}

Authenticator::~Authenticator() {
    stop();
}

base::Task<Authenticator::Result> Authenticator::authenticate(
    std::optional<std::string_view> authorization) {
    return check(state_, authorization);
}

base::Task<> Authenticator::run() {
    return state_->source->run();
}

void Authenticator::stop() {
    state_->source->stop();
}

base::Task<Authenticator::Result> Authenticator::check(
    std::shared_ptr<State> state, std::optional<std::string_view> authorization) {
    const auto token = bearer_token(authorization);
    if (!token) co_return std::unexpected{token.error()};
    if (token->size() > kMaxTokenBytes) co_return std::unexpected{TokenRefusal::too_large};

    const auto digest = base::sha256(*token);
    const auto keys = state->source->keys();
    if (auto known = state->cache.find(digest, *keys, state->clock.now())) {
        ++state->from_cache;
        co_return known;
    }
    const auto jws = parse_jws(*token);
    if (!jws) co_return std::unexpected{jws.error()};
    auto key = keys->find(jws->kid, jws->algorithm);
    const auto is_unknown = [&key] { return !key && key.error() == TokenRefusal::unknown_key; };
    if (is_unknown()) {
        auto how = co_await state->source->refetch();
        key = state->source->keys()->find(jws->kid, jws->algorithm);
        // The issuer may have answered that fetch before it had the key.
        if (is_unknown() && how == Refetched::joined) {
            how = co_await state->source->refetch_later();
            key = state->source->keys()->find(jws->kid, jws->algorithm);
        }
        if (is_unknown() && how == Refetched::failed) {
            co_return std::unexpected{TokenRefusal::keys_unavailable};
        }
    }
    if (!key) co_return std::unexpected{key.error()};
    co_return state->judge(digest, *jws, **key);
}

AuthenticatorStats Authenticator::stats() const {
    return {
        .fetches = state_->source->fetches(),
        .from_cache = state_->from_cache,
        .verified = state_->verified,
        .cached = state_->cache.size(),
        .has_keys = state_->source->has_keys(),
        .issuer_answers = state_->source->answers(),
    };
}

}  // namespace usher::auth
