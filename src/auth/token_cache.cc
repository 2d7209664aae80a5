#include "auth/token_cache.h"

#include <algorithm>

namespace usher::auth {

namespace {

constexpr std::size_t kShards = 16;

}  // namespace

TokenCache::TokenCache(std::size_t max_entries)
    : shards_(std::clamp<std::size_t>(max_entries, 1, kShards)),
      max_per_shard_{max_entries / shards_.size()} {}

TokenCache::Shard& TokenCache::shard_of(const base::Digest& token) {
    // Another byte than those that the hash table looks at.
    return shards_[token.back() % shards_.size()];
}

std::shared_ptr<const Principal> TokenCache::find(const base::Digest& token, const KeySet& keys,
                                                  base::Time now) {
    auto& shard = shard_of(token);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.index.find(token);
    if (found == shard.index.end()) return nullptr;
    const auto place = found->second;
    const auto& entry = place->second;
    if (now >= entry.principal->expires || !keys.contains(entry.key)) {
        shard.entries.erase(place);
        shard.index.erase(found);
        return nullptr;
    }
    shard.entries.splice(shard.entries.begin(), shard.entries, place);
    return entry.principal;
}

void TokenCache::put(const base::Digest& token, Entry entry) {
    if (max_per_shard_ == 0) return;
    auto& shard = shard_of(token);
    const std::lock_guard lock{shard.mutex};
    if (const auto found = shard.index.find(token); found != shard.index.end()) {
        found->second->second = std::move(entry);
        return;
    }
    if (shard.entries.size() >= max_per_shard_) {
        shard.index.erase(shard.entries.back().first);
        shard.entries.pop_back();
    }
    shard.entries.emplace_front(token, std::move(entry));
    shard.index.emplace(token, shard.entries.begin());
}

std::size_t TokenCache::size() const {
    std::size_t total = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        total += shard.entries.size();
    }
    return total;
}

}  // namespace usher::auth
