#include "flow/cause.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace usher::flow {
namespace {

TEST(Causes, EachStandsAtItsPlaceUnderANameOfItsOwn) {
    std::set<std::string_view> names;
    int place = 0;
    for (const auto& entry : cause_catalogue()) {
        EXPECT_EQ(static_cast<int>(entry.cause), place++) << entry.name;
        EXPECT_EQ(&describe(entry.cause), &entry);
        EXPECT_EQ(to_text(entry.cause), entry.name);
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        EXPECT_TRUE(entry.meaning.ends_with('.')) << entry.name;
        EXPECT_TRUE(entry.safe_action.ends_with('.')) << entry.name;
    }
    EXPECT_EQ(place, static_cast<int>(Cause::not_kept) + 1);
}

TEST(Causes, TheCustomersLineHasNoWordOfOurs) {
    for (const auto& entry : cause_catalogue()) {
        EXPECT_TRUE(entry.customer.ends_with('.')) << entry.name;
        for (const auto* word : {"partner", "merchant", "Usher", "Bango", "HTTP", "status", "_",
                                 "://", "entitlement", "record", "operator"}) {
            EXPECT_EQ(entry.customer.find(word), std::string_view::npos)
                << entry.name << ": " << word;
        }
        EXPECT_EQ(entry.customer.find_first_of("0123456789"), std::string_view::npos) << entry.name;
    }
}

TEST(Causes, EveryProblemLeadsToOneOfItsOwn) {
    std::set<Cause> seen;
    for (const auto problem : domain::kProblems) {
        if (problem == domain::Problem::none) continue;
        EXPECT_TRUE(seen.insert(cause_of(problem)).second) << domain::to_text(problem);
    }
}

TEST(Causes, ThePageHasThemAll) {
    const auto page = causes_as_markdown();
    for (const auto& entry : cause_catalogue()) {
        EXPECT_NE(page.find("| `" + std::string{entry.name} + "` | "), std::string::npos);
    }
}

}  // namespace
}  // namespace usher::flow
