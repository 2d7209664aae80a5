// The issuer's published keys (JWKS, RFC 7517 §5). Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key.h"

namespace usher::auth {

inline constexpr std::size_t kMaxKeys = 100;

enum class KeySetProblem {
    not_json,  // or JSON that base::parse_json refuses
    no_keys,   // no array `keys`
    too_many,  // beyond kMaxKeys
};

std::string_view to_text(KeySetProblem problem);

struct SkippedKey {
    std::string kid;  // may be empty
    KeyProblem problem;
};

class KeySet {
  public:
    KeySet() = default;

    // A key that cannot be used is skipped and listed: the issuer may publish keys for other uses,
    // and one bad key must not take the good ones away.
    static std::expected<KeySet, KeySetProblem> parse(std::string_view jwks);

    // The key for a token. Without a kid: the only one that fits, else unknown_key or
    // ambiguous_key. With one: unknown_key, or key_not_for_algorithm.
    std::expected<std::shared_ptr<const Key>, TokenRefusal> find(
        const std::optional<std::string>& kid, Algorithm algorithm) const;

    bool contains(const base::Digest& fingerprint) const;

    std::size_t size() const { return keys_.size(); }
    const std::vector<SkippedKey>& skipped() const { return skipped_; }

  private:
    void drop_duplicates();

    std::vector<std::shared_ptr<const Key>> keys_;
    std::vector<SkippedKey> skipped_;
};

}  // namespace usher::auth
