#include "base/time.h"

#include <sstream>

#include <date/date.h>

namespace usher::base {

std::string format_time(Time time) {
    return date::format("%FT%TZ", std::chrono::floor<std::chrono::milliseconds>(time));
}

namespace {

std::optional<Time> parse_as(std::string_view text, const char* format) {
    std::istringstream in{std::string{text}};
    date::sys_time<Duration> time;
    in >> date::parse(format, time);
    if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
    return Time{time.time_since_epoch()};
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
    constexpr std::size_t kShortest = std::string_view{"2026-01-01T00:00:00Z"}.size();
    constexpr std::size_t kLongest = 40;
    if (text.size() < kShortest || text.size() > kLongest) return std::nullopt;
    if (text.back() == 'Z') return parse_as(text, "%FT%TZ");
    return parse_as(text, "%FT%T%Ez");
}

}  // namespace usher::base
