// Judges a write-ahead log before SQLite reads it: SQLite takes a log as far as its checksums go
// and drops the rest without a word, which is right after a crash and a silent loss after damage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>

namespace usher::store::sqlite {

enum class LogState {
    sound,     // as a crash may have left it
    headless,  // its first bytes are not those of a log, and nothing tells what they were
    broken,    // something in the middle is damaged, and whole transactions stand behind it
};

struct LogReport {
    LogState state = LogState::sound;
    std::uint32_t readable_frames = 0;
};

// Source: SQLite's file format, §4.1 and §4.2. Every transaction of ours is synced before the next
// begins, so behind what is readable a crash leaves the traces of one transaction, or, where one
// crash followed another, of two. A log shorter than its head holds nothing and is sound.
LogReport judge_log(std::istream& log);

inline constexpr std::size_t kLogHeadBytes = 32;
using LogHead = std::array<std::byte, kLogHeadBytes>;

// The head that a log must have had whose own is spoiled, as far as its first page proves it: the
// checksums of the pages begin with that of the head. A log is begun anew by writing over its head
// when all of it is in the file; where that is cut short, the old head makes SQLite copy the same
// pages once more, and nothing is lost. Nothing when the head is in order or beyond proof.
std::optional<LogHead> proven_head(std::istream& log);

}  // namespace usher::store::sqlite
