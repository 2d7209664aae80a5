#include "base/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace usher::base {
namespace {

std::optional<JsonProblem> problem_of(std::string_view text) {
    const auto parsed = parse_json(text);
    if (parsed) return std::nullopt;
    return parsed.error().problem;
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(ParseJson, KeepsEveryKindOfValue) {
    const auto parsed =
        parse_json(R"( {"text":"a\n\u00e9\"","count":-3,"big":18446744073709551615,"half":0.5,)"
                   R"("yes":true,"none":null,"list":[1,[],{}]} )");
    ASSERT_TRUE(parsed);
    const auto& object = parsed->as_object();
    EXPECT_EQ(object.at("text").as_string(), "a\n\u00e9\"");
    EXPECT_EQ(object.at("count").as_int64(), -3);
    EXPECT_EQ(object.at("big").as_uint64(), 18446744073709551615U);
    EXPECT_EQ(object.at("half").as_double(), 0.5);
    EXPECT_TRUE(object.at("yes").as_bool());
    EXPECT_TRUE(object.at("none").is_null());
    EXPECT_EQ(object.at("list").as_array().size(), 3U);
}

TEST(ParseJson, RefusesWhatIsNotJson) {
    using namespace std::string_view_literals;
    for (const auto text : {""sv,
                            " "sv,
                            "{"sv,
                            "[1,]"sv,
                            "{} x"sv,
                            "{}{}"sv,
                            "{'a':1}"sv,
                            "// c\n1"sv,
                            "NaN"sv,
                            "01"sv,
                            "+1"sv,
                            "\"\\ud800\""sv,
                            "\"\\udc00\""sv,
                            "\"\xff\""sv,
                            "\"\xc0\xaf\""sv,
                            "\"\xed\xa0\x80\""sv,
                            "\"a\nb\""sv,
                            "\xef\xbb\xbf{}"sv,
                            "{}\0"sv,
                            "\"\\x41\""sv}) {
        EXPECT_EQ(problem_of(text), JsonProblem::not_json) << text;
    }
}

TEST(ParseJson, SaysWhereTheTextStopsBeingJson) {
    const auto parsed = parse_json(R"({"a":1} x)");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().where, "8");
}

TEST(ParseJson, RefusesAKeyTwiceHoweverItIsSpelled) {
    for (const auto* text : {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})",
                             R"({"b":{"a":1,"c":[{"a":1}],"a":2}})", R"([{"":1,"":2}])"}) {
        EXPECT_EQ(problem_of(text), JsonProblem::duplicate_key) << text;
    }
    EXPECT_EQ(parse_json(R"({"a":1,"\u0061":2})").error().where, "a");
}

TEST(ParseJson, AllowsTheSameKeyInDifferentObjects) {
    EXPECT_EQ(problem_of(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}})"), std::nullopt);
}

// The parser hands keys with escapes on in parts; a part alone must not count as the key.
TEST(ParseJson, ComparesWholeKeysAlsoWhenTheyComeInParts) {
    const std::string stem(5000, 'k');
    EXPECT_EQ(problem_of("{\"" + stem + "\\u00e91\":1,\"" + stem + "\\u00e92\":2}"), std::nullopt);
    EXPECT_EQ(problem_of("{\"" + stem + "\\u00e91\":1,\"" + stem + "\u00e9\\u0031\":2}"),
              JsonProblem::duplicate_key);
    const auto parsed = parse_json("{\"" + stem + "\\u00e9\":7}");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->as_object().at(stem + "\u00e9").as_int64(), 7);
}

TEST(ParseJson, RefusesNulInStringsAndKeys) {
    EXPECT_EQ(problem_of(R"("a\u0000b")"), JsonProblem::nul_in_string);
    EXPECT_EQ(problem_of(R"({"a\u0000":1})"), JsonProblem::nul_in_string);
    EXPECT_EQ(problem_of("\"" + std::string(5000, 'x') + R"(\u0000tail")"),
              JsonProblem::nul_in_string);
    EXPECT_EQ(problem_of(R"("a\\u0000b")"), std::nullopt) << "a backslash and four digits";
}

TEST(ParseJson, RefusesNumbersThatADoubleCannotHold) {
    EXPECT_EQ(problem_of("1e999"), JsonProblem::number_out_of_range);
    EXPECT_EQ(problem_of("[-1e400]"), JsonProblem::number_out_of_range);
    EXPECT_EQ(problem_of("1e308"), std::nullopt);
    EXPECT_EQ(problem_of("1e-999"), std::nullopt);
}

TEST(ParseJson, AllowsThirtyTwoLevelsAndNoMore) {
    EXPECT_EQ(problem_of(nested(kJsonMaxDepth)), std::nullopt);
    EXPECT_EQ(problem_of(nested(kJsonMaxDepth + 1)), JsonProblem::too_deep);
    EXPECT_EQ(problem_of(std::string(1'000'000, '[')), JsonProblem::too_deep);
    EXPECT_TRUE(parse_json("[[1]]", 2));
    EXPECT_FALSE(parse_json("[[1]]", 1));
}

TEST(ParseJson, IsLimitedByTheTextAlone) {
    std::string members = "{";
    for (int i = 0; i < 50'000; ++i) members += fmt::format("\"{}\":0,", i);
    EXPECT_EQ(problem_of(members + "\"x\":0}"), std::nullopt);
    EXPECT_EQ(problem_of(members + "\"7\":0}"), JsonProblem::duplicate_key);
    EXPECT_EQ(problem_of("{\"" + std::string(200'000, 'k') + "\":0}"), std::nullopt);
    EXPECT_EQ(problem_of("\"" + std::string(200'000, 'v') + "\""), std::nullopt);
    std::string items = "[0";
    for (int i = 0; i < 200'000; ++i) items += ",0";
    EXPECT_EQ(problem_of(items + "]"), std::nullopt);
}

TEST(ParseJson, AnExponentOfAnySizeIsANumber) {
    for (const auto* number :
         {"1e9999999999999999999999", "-1e2147483648", "1e400", "1e-9999999999999999999999"}) {
        EXPECT_EQ(problem_of(number), JsonProblem::number_out_of_range) << number;
    }
    EXPECT_EQ(problem_of("1e-400"), std::nullopt);
}

TEST(FindMember, TakesNullForAbsent) {
    const auto parsed = parse_json(R"({"a":null,"b":"x","c":1})");
    ASSERT_TRUE(parsed);
    const auto& object = parsed->as_object();
    EXPECT_EQ(find_member(object, "a"), nullptr);
    EXPECT_EQ(find_member(object, "z"), nullptr);
    ASSERT_NE(find_member(object, "c"), nullptr);
    EXPECT_EQ(find_string(object, "b"), "x");
    EXPECT_EQ(find_string(object, "a"), std::nullopt);
    EXPECT_EQ(find_string(object, "c"), std::nullopt) << "a number is not a string";
}

TEST(JsonProblem, HasASentenceForEach) {
    for (const auto problem :
         {JsonProblem::not_json, JsonProblem::too_deep, JsonProblem::duplicate_key,
          JsonProblem::nul_in_string, JsonProblem::number_out_of_range}) {
        EXPECT_FALSE(to_text(problem).empty());
    }
}

}  // namespace
}  // namespace usher::base
