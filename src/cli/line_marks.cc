#include "cli/line_marks.h"

#include <algorithm>
#include <iterator>

#include "base/digest.h"

namespace usher::cli {

namespace {

constexpr auto kMark = &std::pair<Mark, std::uint64_t>::first;

}  // namespace

Mark mark_of(std::string_view words) {
    const auto digest = base::sha256(words);
    Mark mark{};
    std::copy_n(digest.begin(), mark.size(), mark.begin());
    return mark;
}

void LineMarks::add(std::string_view words, std::uint64_t line) {
    marks_.emplace_back(mark_of(words), line);
}

std::optional<LineMarks::Lines> LineMarks::find_twice() {
    std::ranges::sort(marks_);
    const auto twice = std::ranges::adjacent_find(marks_, {}, kMark);
    if (twice == marks_.end()) return std::nullopt;
    return Lines{twice->second, std::next(twice)->second};
}

std::optional<LineMarks::Lines> LineMarks::find_in(LineMarks& others) {
    std::ranges::sort(others.marks_);
    for (const auto& mark : marks_) {
        const auto same = std::ranges::lower_bound(others.marks_, mark.first, {}, kMark);
        if (same == others.marks_.end() || same->first != mark.first) continue;
        return Lines{std::min(mark.second, same->second), std::max(mark.second, same->second)};
    }
    return std::nullopt;
}

}  // namespace usher::cli
