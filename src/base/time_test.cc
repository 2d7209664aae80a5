#include "base/time.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace usher::base {
namespace {

constexpr long long kTenOClock = 1795428000'000'000;  // 2026-11-23T10:00:00Z

TEST(FormatTime, IsUtcWithMilliseconds) {
    EXPECT_EQ(format_time(from_micros(kTenOClock)), "2026-11-23T10:00:00.000Z");
    EXPECT_EQ(format_time(from_micros(kTenOClock + 123'999)), "2026-11-23T10:00:00.123Z");
    EXPECT_EQ(format_time(from_micros(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_time(from_micros(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(ParseTime, ReadsFractionsOfAnyLength) {
    const std::pair<std::string_view, long long> fractions[] = {{"", 0},
                                                                {".1", 100'000},
                                                                {".12", 120'000},
                                                                {".123", 123'000},
                                                                {".1234", 123'400},
                                                                {".12345", 123'450},
                                                                {".123456", 123'456},
                                                                {".1234567", 123'456},
                                                                {".123456789", 123'456}};
    for (const auto& [fraction, micros] : fractions) {
        const auto text = fmt::format("2026-11-23T10:00:00{}", fraction);
        EXPECT_EQ(parse_time(text + "Z"), from_micros(kTenOClock + micros)) << text;
        EXPECT_EQ(parse_time(text + "+00:00"), from_micros(kTenOClock + micros)) << text;
    }
}

TEST(ParseTime, ReadsOffsets) {
    const auto expected = from_micros(kTenOClock);
    EXPECT_EQ(parse_time("2026-11-23T11:00:00+01:00"), expected);
    EXPECT_EQ(parse_time("2026-11-23T04:30:00-05:30"), expected);
    EXPECT_EQ(parse_time("2026-11-24T00:00:00+14:00"), expected);
    EXPECT_EQ(parse_time("2026-11-23T10:00:00+0000"), expected);
    EXPECT_EQ(parse_time("2026-11-23T11:00:00.000+0100"), expected);
}

TEST(ParseTime, RefusesWhatIsNotADateTime) {
    using namespace std::string_view_literals;
    for (const auto text : {""sv,
                            "2026-11-23"sv,
                            "2026-11-23T10:00:00"sv,
                            "2026-11-23 10:00:00Z"sv,
                            "2026-11-23T10:00:00.Z"sv,
                            "2026-11-23T10:00:00,5Z"sv,
                            "2026-11-23T10:00:00Zx"sv,
                            " 2026-11-23T10:00:00Z"sv,
                            "2026-11-23T10:00:00 Z"sv,
                            "2026-11-23T10:00:00z"sv,
                            "2026-11-23t10:00:00Z"sv,
                            "2026-1-1T10:00:00.0000Z"sv,
                            "+2026-11-23T10:00:00Z"sv,
                            "-026-11-23T10:00:00Z"sv,
                            "12026-11-23T10:00:00Z"sv,
                            "2026-11-23T1:00:00.000Z"sv,
                            "2026-11-23T10:00:0.00Z"sv,
                            "2026-11-23T+1:00:00Z"sv,
                            "2026-11-23T10:00:00+1:00"sv,
                            "2026-11-23T10:00:00+01"sv,
                            "2026-11-23T10:00:00+24:00"sv,
                            "2026-11-23T10:00:00+00:60"sv,
                            "2026-11-23T10:00:00+99:99"sv,
                            "2026-11-23T10:00:00.1234567890Z"sv,
                            "2026-11-23T10:00:00Z\0"sv,
                            "2026-11-23T10:00:00Z+00:00"sv}) {
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
    }
}

TEST(ParseTime, RefusesDatesThatDoNotExist) {
    for (const auto* text : {"2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-00T00:00:00Z",
                             "2026-11-23T24:00:00Z", "2026-11-23T10:60:00Z", "1900-02-29T00:00:00Z",
                             "2026-11-23T10:00:61Z"}) {
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
    }
    EXPECT_TRUE(parse_time("2028-02-29T23:59:59Z"));
    EXPECT_TRUE(parse_time("2000-02-29T00:00:00Z"));
}

// UTC in the store has none, as POSIX time has none.
TEST(ParseTime, RefusesALeapSecond) {
    EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), std::nullopt);
}

TEST(ParseTime, ReadsEveryYearOfFourDigits) {
    EXPECT_EQ(format_time(*parse_time("0001-01-01T00:00:00Z")), "0001-01-01T00:00:00.000Z");
    EXPECT_EQ(format_time(*parse_time("9999-12-31T23:59:59.999Z")), "9999-12-31T23:59:59.999Z");
}

TEST(ParseTime, ReadsWhatFormatTimeWrites) {
    const auto seed = make_system_random()->next();
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (int round = 0; round < 500; ++round) {
        constexpr std::uint64_t kCentury = 3'155'760'000'000;  // milliseconds
        const auto time = from_micros(static_cast<long long>(random->next() % kCentury) * 1000);
        ASSERT_EQ(parse_time(format_time(time)), time) << to_micros(time);
    }
}

}  // namespace
}  // namespace usher::base
