// A page of the file and its checksum. SQLite leaves the last bytes of each page to us; they hold a
// checksum over the rest and the page's number, so that a page that was damaged, or stands in
// another's place, is told apart from a good one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace usher::store::sqlite {

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kReservedBytes = 16;  // of a page; holds the checksum

using Page = std::span<std::byte, kPageBytes>;
using ConstPage = std::span<const std::byte, kPageBytes>;

// Numbers count from 1.
void seal(Page page, std::uint32_t number);

enum class PageState {
    sealed,
    unsealed,  // no checksum: another program copied it out of the log
    hole,      // nothing but zeros: never written, and never read for what is in it
    damaged,
};

PageState state_of(ConstPage page, std::uint32_t number);

// What SQLite is given to work with: a page that it writes to the log has no checksum, so that one
// that another program copies from there is not taken for damaged.
void unseal(Page page);

}  // namespace usher::store::sqlite
