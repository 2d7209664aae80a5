#include "base/log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <mutex>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "base/time.h"

namespace usher::base {

namespace {

// The library's own sink writes each line at once.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
    void flush_() override { std::fflush(stderr); }
};

const std::shared_ptr<spdlog::logger>& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>("usher", std::make_shared<StderrSink>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::info);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return instance;
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

bool is_beyond_ascii(char letter) {
    return static_cast<unsigned char>(letter) >= 0x80;
}

// A line that is not UTF-8 is refused by whoever collects it, so what came from outside could hide
// what is told with it.
std::string make_utf8(std::string text) {
    if (std::ranges::none_of(text, is_beyond_ascii)) return text;
    boost::json::error_code broken;
    boost::json::parse(boost::json::serialize(boost::json::string{text}), broken);
    if (broken) std::ranges::replace_if(text, is_beyond_ascii, '?');
    return text;
}

boost::json::value to_json(const std::string& text) {
    return boost::json::value(make_utf8(text));
}
boost::json::value to_json(std::int64_t number) {
    return number;
}
boost::json::value to_json(bool flag) {
    return flag;
}

}  // namespace

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!logger()->should_log(to_spdlog(level))) return;
    // A line is short: what it is made of fits into the stack.
    std::array<unsigned char, 4096> place;
    boost::json::monotonic_resource memory{place.data(), place.size()};
    boost::json::object line{&memory};
    const auto now = std::chrono::floor<Duration>(spdlog::log_clock::now());
    line["time"] = format_time(Time{now.time_since_epoch()});
    line["level"] = name_of(level);
    line["event"] = event;
    for (const auto& field : fields) {
        std::visit([&](const auto& value) { line[field.name] = to_json(value); }, field.value);
    }
    logger()->log(to_spdlog(level), "{}", boost::json::serialize(line));
}

void buffer_log() {
    constexpr std::size_t kBytes = 64 * 1024;
    constexpr std::chrono::seconds kLongest{1};
    if (std::setvbuf(stderr, nullptr, _IOFBF, kBytes) != 0) return;
    logger()->flush_on(spdlog::level::warn);
    spdlog::register_logger(logger());
    spdlog::flush_every(kLongest);
}

void set_log_level(LogLevel level) {
    logger()->set_level(to_spdlog(level));
}

void mute_log() {
    logger()->set_level(spdlog::level::off);
}

}  // namespace usher::base
