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

// A page of nothing but zeros is one that was never written: SQLite leaves such holes and never
// reads what is in them.
bool is_sound(ConstPage page, std::uint32_t number);

}  // namespace usher::store::sqlite
