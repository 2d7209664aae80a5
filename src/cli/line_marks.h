// On which lines of a file the same words stand; 24 bytes for each line. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::cli {

// The beginning of a SHA-256: no two words that anybody has share it.
using Mark = std::array<unsigned char, 16>;
Mark mark_of(std::string_view words);

class LineMarks {
  public:
    using Lines = std::pair<std::uint64_t, std::uint64_t>;  // the earlier one first

    void add(std::string_view words, std::uint64_t line);

    // Two lines with the same words; nothing: there are none.
    std::optional<Lines> find_twice();
    std::optional<Lines> find_in(LineMarks& others);

  private:
    std::vector<std::pair<Mark, std::uint64_t>> marks_;  // and its line
};

}  // namespace usher::cli
