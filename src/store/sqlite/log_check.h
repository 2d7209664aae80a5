// Judges a write-ahead log before SQLite reads it: SQLite takes a log as far as its checksums go
// and drops the rest without a word, which is right after a crash and a silent loss after damage.
#pragma once

#include <cstdint>
#include <istream>

namespace usher::store::sqlite {

enum class LogState {
    sound,     // as a crash may have left it
    headless,  // its first bytes are not those of a log: nothing in it can be read
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

}  // namespace usher::store::sqlite
