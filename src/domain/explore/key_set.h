// A growing set of keys, each with a number in the order of arrival. Open addressing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "domain/explore/world.h"

namespace usher::domain::explore {

class KeySet {
  public:
    // The key's number, and whether it is new.
    std::pair<std::uint32_t, bool> insert(const Key& key) {
        if (keys_.size() * 2 >= slots_.size()) grow();
        const auto hashed = hash(key);
        auto slot = hashed & (slots_.size() - 1);
        while (slots_[slot].number != kEmpty) {
            const auto& here = slots_[slot];
            if (here.tag == tag_of(hashed) && keys_[here.number] == key) {
                return {here.number, false};
            }
            slot = (slot + 1) & (slots_.size() - 1);
        }
        const auto number = static_cast<std::uint32_t>(keys_.size());
        slots_[slot] = {tag_of(hashed), number};
        keys_.push_back(key);
        return {number, true};
    }
    const Key& at(std::uint32_t number) const { return keys_[number]; }
    std::size_t size() const { return keys_.size(); }

  private:
    static constexpr std::uint32_t kEmpty = 0xFFFF'FFFF;

    // The tag tells most keys apart without a look at them.
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t number = kEmpty;
    };

    static std::uint32_t tag_of(std::uint64_t hashed) {
        return static_cast<std::uint32_t>(hashed >> 32);
    }

    static std::uint64_t hash(const Key& key) {
        constexpr std::uint64_t kMix = 0x9E37'79B9'7F4A'7C15;
        std::uint64_t result = 0;
        for (const auto word : key) {
            result = (result ^ word) * kMix;
            result ^= result >> 32;
        }
        return result * kMix ^ result >> 29;
    }

    void grow() {
        constexpr std::size_t kFirst = 1024;
        slots_.assign(slots_.empty() ? kFirst : slots_.size() * 2, Slot{});
        for (std::uint32_t number = 0; number < keys_.size(); ++number) {
            const auto hashed = hash(keys_[number]);
            auto slot = hashed & (slots_.size() - 1);
            while (slots_[slot].number != kEmpty) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = {tag_of(hashed), number};
        }
    }

    std::vector<Key> keys_;
    std::vector<Slot> slots_;
};

}  // namespace usher::domain::explore
