// What happened in a world, line by line: its hash tells whether two runs were the same.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"

namespace usher::simulate {

class Trace {
  public:
    // With `keeps` the lines are kept, else only their hash.
    explicit Trace(bool keeps) : keeps_{keeps} {}

    template <class... Arguments>
    void say(base::Monotonic at, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
        add(at, fmt::format(text, std::forward<Arguments>(arguments)...));
    }

    // For people only.
    template <class... Arguments>
    void detail(base::Monotonic at, fmt::format_string<Arguments...> text,
                Arguments&&... arguments) {
        if (keeps_) keep(at, fmt::format(text, std::forward<Arguments>(arguments)...));
    }

    std::uint64_t hash() const { return hash_; }
    const std::vector<std::string>& lines() const { return lines_; }

  private:
    void keep(base::Monotonic at, const std::string& text);
    void add(base::Monotonic at, const std::string& text);

    const bool keeps_;
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
    std::vector<std::string> lines_;
};

}  // namespace usher::simulate
