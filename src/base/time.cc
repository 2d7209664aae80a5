#include "base/time.h"

#include <algorithm>
#include <sstream>

#include <date/date.h>
#include <fmt/format.h>

namespace usher::base {

std::string format_time(Time time) {
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(millis);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{millis - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

namespace {

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

// Letter by letter, '0' standing for any digit: the library alone takes signs and fewer digits.
bool has_form(std::string_view text, std::string_view form) {
    return std::ranges::equal(text, form, [](char letter, char wanted) {
        return wanted == '0' ? is_digit(letter) : letter == wanted;
    });
}

int number(std::string_view digits) {
    int value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
}

std::optional<Time> parse_seconds(std::string_view text) {
    if (!has_form(text, "0000-00-00T00:00:00")) return std::nullopt;
    std::istringstream in{std::string{text}};
    date::sys_seconds time;
    in >> date::parse("%FT%T", time);
    if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
    return Time{time.time_since_epoch()};
}

// "." and up to nine digits; what is finer than a microsecond is cut off.
std::optional<Duration> parse_fraction(std::string_view text) {
    constexpr std::size_t kMostDigits = 9;
    constexpr std::size_t kMicros = 6;
    if (text.empty()) return Duration::zero();
    const auto digits = text.substr(1);
    const bool good = text.front() == '.' && !digits.empty() && digits.size() <= kMostDigits &&
                      std::ranges::all_of(digits, is_digit);
    if (!good) return std::nullopt;
    std::string micros{digits.substr(0, kMicros)};
    micros.resize(kMicros, '0');
    return Duration{number(micros)};
}

std::optional<Duration> parse_zone(std::string_view text) {
    if (text == "Z") return Duration::zero();
    const bool with_colon = has_form(text.substr(1), "00:00");
    if (!with_colon && !has_form(text.substr(1), "0000")) return std::nullopt;
    const auto hours = number(text.substr(1, 2));
    const auto minutes = number(text.substr(text.size() - 2));
    if (hours > 23 || minutes > 59) return std::nullopt;
    const Duration east = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return text.front() == '-' ? -east : east;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
    constexpr std::size_t kSeconds = std::string_view{"2026-01-01T00:00:00"}.size();
    const auto zone_at = text.find_first_of("Z+-", std::min(kSeconds, text.size()));
    if (zone_at == std::string_view::npos) return std::nullopt;
    const auto seconds = parse_seconds(text.substr(0, kSeconds));
    const auto fraction = parse_fraction(text.substr(kSeconds, zone_at - kSeconds));
    const auto east = parse_zone(text.substr(zone_at));
    if (!seconds || !fraction || !east) return std::nullopt;
    return *seconds + *fraction - *east;
}

}  // namespace usher::base
