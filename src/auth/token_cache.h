// Tokens whose signature and claims were found good, by their digest: checking one again costs a
// hash and a look-up, not a signature. Bounded, least recently used goes first. Thread-safe.
//
// Only verified tokens get in, so a stranger cannot fill it; no token is kept in clear.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/key_set.h"
#include "auth/principal.h"
#include "base/digest.h"
#include "base/time.h"

namespace usher::auth {

class TokenCache {
  public:
    struct Entry {
        std::shared_ptr<const Principal> principal;
        base::Digest key;  // Key::fingerprint()
    };

    explicit TokenCache(std::size_t max_entries);  // 0: keeps nothing

    // Nothing when unknown, expired, or verified by a key that is not in `keys` any more; such an
    // entry is dropped. Skew does not count here: in its last moments a token is checked in full.
    std::shared_ptr<const Principal> find(const base::Digest& token, const KeySet& keys,
                                          base::Time now);

    void put(const base::Digest& token, Entry entry);

    std::size_t size() const;

  private:
    using Entries = std::list<std::pair<base::Digest, Entry>>;  // most recently used first

    struct Shard {
        mutable std::mutex mutex;
        Entries entries;
        std::unordered_map<base::Digest, Entries::iterator, base::DigestHash> index;
    };

    Shard& shard_of(const base::Digest& token);

    std::vector<Shard> shards_;
    std::size_t max_per_shard_;
};

}  // namespace usher::auth
