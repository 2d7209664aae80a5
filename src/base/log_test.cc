#include "base/log.h"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/time.h"

namespace usher::base {
namespace {

class LogTest : public testing::Test {
  protected:
    void TearDown() override { set_log_level(LogLevel::info); }

    // What was written, which must be one line of strict JSON.
    static boost::json::object line_of(std::initializer_list<LogField> fields) {
        testing::internal::CaptureStderr();
        log(LogLevel::warning, "tested", fields);
        const auto written = testing::internal::GetCapturedStderr();
        EXPECT_EQ(std::ranges::count(written, '\n'), 1) << written;
        const auto parsed = parse_json(written);
        EXPECT_TRUE(parsed) << written;
        return parsed ? parsed->as_object() : boost::json::object{};
    }

    static bool writes(LogLevel level) {
        testing::internal::CaptureStderr();
        log(level, "tested");
        return !testing::internal::GetCapturedStderr().empty();
    }
};

TEST_F(LogTest, WritesTimeLevelEventAndFields) {
    const auto line = line_of(
        {{"text", "t"}, {"string", std::string{"s"}}, {"count", 7}, {"below", -7L}, {"yes", true}});
    EXPECT_TRUE(parse_time(std::string{line.at("time").as_string()}));
    EXPECT_EQ(line.at("level").as_string(), "warning");
    EXPECT_EQ(line.at("event").as_string(), "tested");
    EXPECT_EQ(line.at("text").as_string(), "t");
    EXPECT_EQ(line.at("string").as_string(), "s");
    EXPECT_EQ(line.at("count").as_int64(), 7);
    EXPECT_EQ(line.at("below").as_int64(), -7);
    EXPECT_TRUE(line.at("yes").as_bool());
    EXPECT_EQ(line.size(), 8U);
}

TEST_F(LogTest, NoFieldBreaksTheLineOrForgesAnother) {
    const std::string nasty = "a\n{\"event\":\"forged\"}\r\t\"\\ {} %s \x1b[31m \x7f";
    EXPECT_EQ(line_of({{"nasty", nasty}}).at("nasty").as_string(), nasty);
}

TEST_F(LogTest, KeepsUtf8AndReplacesWhatIsNot) {
    EXPECT_EQ(line_of({{"text", "caf\u00e9 \u65e5\u672c \U0001f600"}}).at("text").as_string(),
              "caf\u00e9 \u65e5\u672c \U0001f600");
    EXPECT_EQ(line_of({{"text", "caf\xe9!"}}).at("text").as_string(), "caf?!");
    EXPECT_EQ(line_of({{"text", std::string{"\xed\xa0\x80"}}}).at("text").as_string(), "???");
}

TEST_F(LogTest, WritesWhatTheLevelLetsThrough) {
    constexpr std::array kLevels{LogLevel::debug, LogLevel::info, LogLevel::warning,
                                 LogLevel::error};
    for (const auto least : kLevels) {
        set_log_level(least);
        for (const auto level : kLevels) EXPECT_EQ(writes(level), level >= least);
    }
}

}  // namespace
}  // namespace usher::base
