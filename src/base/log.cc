#include "base/log.h"

#include <memory>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/time.h"

namespace usher::base {

namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "usher", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::info);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

}  // namespace

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!logger().should_log(to_spdlog(level))) return;
    boost::json::object line;
    const auto now = std::chrono::floor<Duration>(spdlog::log_clock::now());
    line["time"] = format_time(Time{now.time_since_epoch()});
    line["level"] = name_of(level);
    line["event"] = event;
    for (const auto& field : fields) {
        std::visit([&](const auto& value) { line[field.name] = value; }, field.value);
    }
    logger().log(to_spdlog(level), "{}", boost::json::serialize(line));
}

void set_log_level(LogLevel level) {
    logger().set_level(to_spdlog(level));
}

}  // namespace usher::base
