#include <chrono>

#include <gtest/gtest.h>

#include "api/etag.h"
#include "api/prefer.h"
#include "api/text.h"

namespace usher::api {
namespace {

using std::chrono::seconds;

struct IfMatchCase {
    std::string value;
    std::optional<std::uint64_t> version;
};

TEST(IfMatch, ReadsOneTag) {
    constexpr auto kNever = UINT64_MAX;
    const std::vector<IfMatchCase> cases{
        {"*", std::nullopt}, {"\"7\"", 7},       {"\"0\"", 0},
        {"W/\"7\"", kNever}, {"\"\"", kNever},   {"\"abc\"", kNever},
        {"\"07\"", kNever},  {"\"+7\"", kNever}, {"\"99999999999999999999\"", kNever},
    };
    for (const auto& [value, version] : cases) {
        const auto read = read_if_match({{"If-Match", value}});
        ASSERT_TRUE(read.has_value()) << value;
        EXPECT_EQ(*read, version) << value;
    }
    EXPECT_EQ(read_if_match({}).value(), std::nullopt);
}

TEST(IfMatch, RefusesWhatIsNotOneTag) {
    for (const auto* value :
         {"", "7", "\"7", "7\"", "\"", "\"7\", \"8\"", "w/\"7\"", "W/7", "\"7 8\""}) {
        const auto read = read_if_match({{"If-Match", value}});
        ASSERT_FALSE(read.has_value()) << value;
        EXPECT_EQ(read.error().code, ErrorCode::precondition_malformed);
    }
    EXPECT_FALSE(read_if_match({{"If-Match", "\"7\""}, {"If-Match", "\"8\""}}).has_value());
    EXPECT_FALSE(read_if_match({{"If-Match", "*"}, {"if-match", "\"8\""}}).has_value());
}

struct PreferCase {
    std::vector<std::string> values;
    bool respond_async;
    std::optional<int> wait;
};

TEST(Prefer, ReadsPreferencesAndIgnoresTheRest) {
    const std::vector<PreferCase> cases{
        {{}, false, {}},
        {{"respond-async"}, true, {}},
        {{"Respond-Async"}, true, {}},
        {{"respond-async=\"\""}, true, {}},
        {{"respond-async; foo=bar"}, true, {}},
        {{"wait=5"}, false, 5},
        {{"wait = 5"}, false, 5},
        {{"wait=\"5\""}, false, 5},
        {{"WAIT=0"}, false, 0},
        {{"respond-async, wait=10"}, true, 10},
        {{"respond-async", "wait=10"}, true, 10},
        {{"wait=3, wait=9"}, false, 3},
        {{"wait=3", "wait=9"}, false, 3},
        {{"return=minimal; x=\"a,b;c\", wait=4"}, false, 4},
        {{"x=\"respond-async, wait=8\""}, false, {}},
        {{"x=\"\\\", wait=8\""}, false, {}},
        {{"wait"}, false, {}},
        {{"wait="}, false, {}},
        {{"wait=-1"}, false, {}},
        {{"wait=1.5"}, false, {}},
        {{"wait=5s"}, false, {}},
        {{"wait=99999999999999999999"}, false, {}},
        {{"waiting=5"}, false, {}},
        {{",,wait=5,"}, false, 5},
    };
    for (const auto& [values, respond_async, wait] : cases) {
        http::Headers headers;
        for (const auto& value : values) headers.add("Prefer", value);
        const auto read = read_prefer(headers);
        const auto name = values.empty() ? "" : values.front();
        EXPECT_EQ(read.respond_async, respond_async) << name;
        EXPECT_EQ(read.wait, wait ? std::optional<base::Duration>{seconds{*wait}} : std::nullopt)
            << name;
    }
}

TEST(Prefer, DecidesHowLongToWait) {
    const auto usual = seconds{2};
    const auto longest = seconds{30};
    const auto plain = decide_wait({}, usual, longest);
    EXPECT_EQ(plain.wait, usual);
    EXPECT_EQ(plain.applied, "");
    const auto async = decide_wait({.respond_async = true}, usual, longest);
    EXPECT_EQ(async.wait, seconds{0});
    EXPECT_EQ(async.applied, "respond-async");
    const auto cut = decide_wait({.wait = seconds{90}}, usual, longest);
    EXPECT_EQ(cut.wait, longest);
    EXPECT_EQ(cut.applied, "wait=30");
    const auto both = decide_wait({.respond_async = true, .wait = seconds{5}}, usual, longest);
    EXPECT_EQ(both.wait, seconds{5});
    EXPECT_EQ(both.applied, "respond-async, wait=5");
}

TEST(Text, KnowsIds) {
    EXPECT_TRUE(is_id("a"));
    EXPECT_TRUE(is_id("AZaz09._~-"));
    EXPECT_TRUE(is_id(std::string(256, 'x')));
    EXPECT_FALSE(is_id(""));
    EXPECT_FALSE(is_id(std::string(257, 'x')));
    for (const auto* text : {"a b", "a/b", "a%2F", "é", "a\n", "a:b", "{a}"}) {
        EXPECT_FALSE(is_id(text)) << text;
    }
}

TEST(Text, KnowsTheMediaType) {
    for (const auto* type :
         {"application/json", "Application/JSON", "application/json; charset=utf-8",
          "application/json;charset=latin-1;x=y", "application/json ; a=b", " application/json"}) {
        EXPECT_TRUE(is_json_media_type(type)) << type;
    }
    for (const auto* type : {"", "text/plain", "application/jsonx", "application/json, text/plain",
                             "application/merge-patch+json", ";application/json"}) {
        EXPECT_FALSE(is_json_media_type(type)) << type;
    }
}

}  // namespace
}  // namespace usher::api
