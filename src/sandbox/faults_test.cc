#include "sandbox/faults.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::sandbox {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> bad_fields(const std::string& body) {
    const auto faults = Faults::parse(boost::json::parse(body));
    std::vector<std::string> fields;
    if (faults) return fields;
    for (const auto& problem : faults.error()) fields.push_back(problem.field);
    return fields;
}

TEST(FaultRules, NameEveryFieldThatIsWrong) {
    EXPECT_THAT(bad_fields("[]"), ElementsAre("rules"));
    EXPECT_THAT(bad_fields(R"({"rules":{}})"), ElementsAre("rules"));
    EXPECT_THAT(bad_fields(R"({"rules":[1]})"), ElementsAre("rules[0]"));
    EXPECT_THAT(bad_fields(R"({"rules":[{}]})"), ElementsAre("rules[0].action", "rules[0].effect"));
    EXPECT_THAT(bad_fields(R"({"rules":[{"action":"*","effect":"delay"},
                              {"action":"buy","effect":"explode","times":-1,"probability":2,
                               "delay_ms":"1","http":99,"responseCode":5,"often":true}]})"),
                ElementsAre("rules[1].often", "rules[1].action", "rules[1].effect",
                            "rules[1].times", "rules[1].probability", "rules[1].delay_ms",
                            "rules[1].http", "rules[1].responseCode"));
    EXPECT_THAT(bad_fields(R"({"rules":[{"action":"cancel","effect":"answer"}]})"),
                ElementsAre("rules[0].http"));
}

TEST(FaultRules, RefuseWhatCouldNeverHappen) {
    for (const auto* rule :
         {R"({"action":"read","effect":"queue"})", R"({"action":"create","effect":"forget"})",
          R"({"action":"cancel","effect":"drop"})", R"({"action":"*","effect":"duplicate"})",
          R"({"action":"report","effect":"lose-answer"})"}) {
        EXPECT_THAT(bad_fields(std::string{R"({"rules":[)"} + rule + "]}"),
                    ElementsAre("rules[0].effect"))
            << rule;
    }
}

TEST(FaultRules, CanBePutBackAsTheyWereGot) {
    const auto body = boost::json::parse(
        R"({"rules":[{"action":"cancel","effect":"lose-answer","times":1,"probability":1.0,
                      "delay_ms":0,"http":503,"responseCode":"X"},
                     {"action":"*","effect":"queue-never"}]})");
    const auto faults = Faults::parse(body);
    ASSERT_TRUE(faults);
    const auto again = Faults::parse(boost::json::parse(boost::json::serialize(faults->to_json())));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->to_json(), faults->to_json());
}

TEST(FaultRules, MeetOnlyWhatTheyNameAndInOrder) {
    const auto random = base::make_seeded_random(1);
    auto faults = Faults::parse(boost::json::parse(
        R"({"rules":[{"action":"*","effect":"queue","times":1},
                     {"action":"*","effect":"refuse","times":2}]})"));
    ASSERT_TRUE(faults);
    EXPECT_EQ(faults->draw(Action::read, *random)->effect, FaultEffect::refuse);
    EXPECT_EQ(faults->draw(Action::cancel, *random)->effect, FaultEffect::queue);
    EXPECT_FALSE(faults->draw(Action::report, *random));
    EXPECT_EQ(faults->draw(Action::cancel, *random)->effect, FaultEffect::refuse);
    EXPECT_FALSE(faults->draw(Action::cancel, *random));
}

}  // namespace
}  // namespace usher::sandbox
