// One JSON line per thing that happened, on standard error. Thread-safe.
// What a caller sent goes into fields, never into the event's name. Secrets are base::Secret, which
// no field accepts.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace usher::base {

enum class LogLevel { debug, info, warning, error };

struct LogField {
    std::string_view name;
    std::variant<std::string, std::int64_t, bool> value;

    LogField(std::string_view n, std::string_view v) : name{n}, value{std::string{v}} {}
    LogField(std::string_view n, const std::string& v) : name{n}, value{v} {}
    LogField(std::string_view n, const char* v) : name{n}, value{std::string{v}} {}
    LogField(std::string_view n, std::same_as<bool> auto v) : name{n}, value{v} {}
    LogField(std::string_view n, std::integral auto v)
        requires(!std::same_as<decltype(v), bool>)
        : name{n}, value{static_cast<std::int64_t>(v)} {}
};

// `event` is a fixed name such as "partner_call"; the fields carry the rest.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

void set_log_level(LogLevel level);

// Nothing is written any more: for a simulation, which has another time and says what it found.
void mute_log();

// For a server: lines below `warning` are written by many, at the latest after a second, instead of
// one by one. What is not written yet is lost with the process. Call once, before the first line.
void buffer_log();

}  // namespace usher::base
