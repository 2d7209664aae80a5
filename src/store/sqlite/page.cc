#include "store/sqlite/page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <xxhash.h>

namespace usher::store::sqlite {

namespace {

constexpr std::size_t kContentBytes = kPageBytes - kReservedBytes;

using Checksum = XXH128_canonical_t;
static_assert(sizeof(Checksum) == kReservedBytes);

Checksum checksum_of(const std::byte* content, std::uint32_t number) {
    Checksum checksum;
    XXH128_canonicalFromHash(&checksum, XXH3_128bits_withSeed(content, kContentBytes, number));
    return checksum;
}

}  // namespace

void seal(Page page, std::uint32_t number) {
    const auto checksum = checksum_of(page.data(), number);
    std::memcpy(page.data() + kContentBytes, &checksum, sizeof checksum);
}

PageState state_of(ConstPage page, std::uint32_t number) {
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    const auto seal = page.subspan(kContentBytes);
    if (std::ranges::all_of(seal, is_zero)) {
        const bool hole = std::ranges::all_of(page.first(kContentBytes), is_zero);
        return hole ? PageState::hole : PageState::unsealed;
    }
    const auto checksum = checksum_of(page.data(), number);
    return std::memcmp(seal.data(), &checksum, sizeof checksum) == 0 ? PageState::sealed
                                                                     : PageState::damaged;
}

void unseal(Page page) {
    std::ranges::fill(page.subspan(kContentBytes), std::byte{0});
}

}  // namespace usher::store::sqlite
