// Points in time and spans, with their text forms.
// Wall time is UTC in microseconds: it is what is stored and shown. Monotonic time never steps and
// is used for deadlines inside one process only; it means nothing after a restart.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace usher::base {

using Duration = std::chrono::microseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
using Monotonic = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// "2026-11-23T10:00:00.123Z": always UTC, always milliseconds.
std::string format_time(Time time);

// ISO 8601 date-times as the published pages have them: "Z" or a numeric offset, with or without a
// fraction of a second (OpenTV §3.1), of which microseconds are kept. Nothing for text that is not
// one, or not a real date.
std::optional<Time> parse_time(std::string_view text);

// Microseconds since 1970, the form in the store.
constexpr long long to_micros(Time time) {
    return time.time_since_epoch().count();
}
constexpr Time from_micros(long long micros) {
    return Time{Duration{micros}};
}

}  // namespace usher::base
