#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseTarget, TakesPathAndQueryApart) {
    const auto target = parse_target("/a/b%20c/d+e?x=1&y=a+b%2B&flag&&z=");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/a/b%20c/d+e");
    EXPECT_THAT(target->segments, ElementsAre("a", "b c", "d+e"));
    EXPECT_THAT(target->query,
                ElementsAre(Pair("x", "1"), Pair("y", "a b+"), Pair("flag", ""), Pair("z", "")));
    EXPECT_EQ(target->find_query("y"), "a b+");
    EXPECT_EQ(target->find_query("flag"), "");
    EXPECT_EQ(target->find_query("Y"), std::nullopt);
}

TEST(ParseTarget, AcceptsTheRawCharactersOfThePublishedExamples) {
    const auto target = parse_target(R"(/e?filter={"a":["b"]}|c&sort=[["d",-1]])");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->find_query("filter"), R"({"a":["b"]}|c)");
    EXPECT_EQ(target->find_query("sort"), R"([["d",-1]])");
}

TEST(ParseTarget, NormalisesNothing) {
    EXPECT_THAT(parse_target("/")->segments, ElementsAre(""));
    EXPECT_THAT(parse_target("//a/")->segments, ElementsAre("", "a", ""));
    EXPECT_THAT(parse_target("/a/../b")->segments, ElementsAre("a", "..", "b"));
    EXPECT_THAT(parse_target("/a%2Fb/%2e%2E/%00")->segments,
                ElementsAre("a/b", "..", std::string(1, '\0')));
    EXPECT_THAT(parse_target("/a?b=c=d?e")->query, ElementsAre(Pair("b", "c=d?e")));
}

class BadTarget : public testing::TestWithParam<std::string_view> {};

TEST_P(BadTarget, IsRefused) {
    EXPECT_EQ(parse_target(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(ParseTarget, BadTarget,
                         testing::Values("", "*", "a", "http://h/a", "/%", "/%4", "/%4g", "/%zz",
                                         "/a?%", "/a?b=%1", "/a?b%=1", "/a#b", "/a?b#c", "/a b",
                                         "/\x80", "/a?\xFF", "/a\r", "/a\x7F"));

TEST(EncodeComponent, LeavesOnlyTheUnreservedCharacters) {
    EXPECT_EQ(encode_component("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(encode_component("a b/c?d&é%"), "a%20b%2Fc%3Fd%26%C3%A9%25");
}

class Routes : public testing::Test {
  protected:
    auto match(std::string_view method, std::string_view target) const {
        return router_.match(method, *parse_target(target));
    }

    Router router_{{{"GET", "/e/{id}"},
                    {"PUT", "/e/{id}"},
                    {"GET", "/e/report"},
                    {"POST", "/e"},
                    {"GET", "/e/{id}/x/{other}"},
                    {"GET", "/e/one/{what}/two"},
                    {"GET", "/"}}};
};

TEST_F(Routes, GiveTheIndexAndTheParameters) {
    const auto found = match("GET", "/e/a%2Fb/x/c?q=1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->index, 4U);
    EXPECT_THAT(found->params, ElementsAre(Pair("id", "a/b"), Pair("other", "c")));
    EXPECT_EQ(match("PUT", "/e/a")->index, 1U);
    EXPECT_EQ(match("GET", "/")->index, 6U);
}

TEST_F(Routes, PreferTheLiteral) {
    EXPECT_EQ(match("GET", "/e/report")->index, 2U);
    EXPECT_EQ(match("GET", "/e/reports")->index, 0U);
    EXPECT_EQ(match("PUT", "/e/report")->index, 1U);
    EXPECT_EQ(match("GET", "/e/one/x/two")->index, 5U);
}

TEST_F(Routes, NameTheMethodsThatAPathKnows) {
    EXPECT_THAT(match("DELETE", "/e/a").error().allowed, ElementsAre("GET", "HEAD", "PUT"));
    EXPECT_THAT(match("put", "/e/a").error().allowed, ElementsAre("GET", "HEAD", "PUT"));
    EXPECT_THAT(match("GET", "/e").error().allowed, ElementsAre("POST"));
}

TEST_F(Routes, AnswerHeadWhereTheyAnswerGet) {
    EXPECT_EQ(match("HEAD", "/e/a")->index, 0U);
    EXPECT_FALSE(match("HEAD", "/e"));
}

TEST_F(Routes, KnowNothingElse) {
    for (const auto* target : {"/E", "/e/a/", "/e/", "//e/a", "/e/../e", "/e%2Fa", "/x"}) {
        const auto found = match("POST", target);
        ASSERT_FALSE(found) << target;
        const std::string_view text = target;
        if (text != "/e/") EXPECT_THAT(found.error().allowed, IsEmpty()) << target;
    }
    EXPECT_EQ(match("GET", "/e/")->params.at("id"), "");
}

}  // namespace
}  // namespace usher::http
