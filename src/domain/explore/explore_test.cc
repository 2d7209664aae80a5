#include "domain/explore/explore.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "domain/explore/partner.h"
#include "domain/lifecycle.h"

namespace usher::domain::explore {
namespace {

// The whole search is for an optimised build; any other walks less far in the same world.
#ifdef NDEBUG
constexpr Bounds kFineHere = kFine;
constexpr Bounds kWideHere = kWide;
constexpr bool kWhole = true;
#else
constexpr Bounds kFineHere{.budget = {.requests = 1, .partner_moves = 1, .faults = 1},
                           .grain = {.fine = true}};
constexpr Bounds kWideHere{.budget = {.requests = 2, .partner_moves = 1, .faults = 1},
                           .grain = {.fine = false, .open_calls = 2, .unsupported_costs = 1}};
constexpr bool kWhole = false;
#endif

std::string story(const Violation& violation) {
    auto text = violation.rule;
    for (const auto& line : violation.trace) text += "\n  " + line;
    return text;
}

TEST(Explore, ServedRulesHoldInEveryFineSituation) {
    const auto result = explore(*make_served_decider(), kFineHere);
    EXPECT_FALSE(result.violation.has_value()) << story(*result.violation);
    EXPECT_GE(result.states, kWhole ? 250'000U : 5'000U);
}

TEST(Explore, ServedRulesHoldInEveryWideSituation) {
    const auto result = explore(*make_served_decider(), kWideHere);
    EXPECT_FALSE(result.violation.has_value()) << story(*result.violation);
    EXPECT_GE(result.states, kWhole ? 250'000U : 5'000U);
}

class LeftOut : public testing::TestWithParam<Rule> {};

TEST_P(LeftOut, IsFound) {
    const auto result = explore(*make_decider_without(GetParam()), kPlanted);
    ASSERT_TRUE(result.violation.has_value()) << "nothing goes wrong without it";
    EXPECT_FALSE(result.violation->rule.empty());
    EXPECT_FALSE(result.violation->trace.empty());
}

INSTANTIATE_TEST_SUITE_P(Rule, LeftOut, testing::ValuesIn(kRules),
                         [](const auto& info) { return std::string{to_text(info.param)}; });

TEST(Explore, WorldSurvivesItsKey) {
    auto world = first_world();
    normalise(world);
    const auto decider = make_served_decider();
    std::vector<Move> moves;
    // Always the last possible move but one: a walk through many kinds of situations.
    for (int step = 0; step < 200; ++step) {
        EXPECT_EQ(encode(decode(encode(world))), encode(world));
        list_moves(world, *decider, {.fine = true, .open_calls = 3}, moves);
        const auto& move = moves.at(static_cast<std::size_t>(step * 7) % moves.size());
        Broken broken;
        world = apply(decode(encode(world)), move, *decider, broken);
        EXPECT_EQ(broken.property, "");
    }
}

// The model of the partner is written apart from the program's tables; both must say the same.
TEST(Explore, ModelAndTablesAgreeOnThePartner) {
    for (const auto action : kPartnerActions) {
        for (const auto from : kPartnerStatuses) {
            const auto known = outcomes(action, from);
            for (const auto to : effects(action, from)) {
                if (from == to) continue;
                EXPECT_NE(std::ranges::find(known, to), known.end())
                    << to_text(action) << " from " << to_text(from);
            }
            EXPECT_EQ(known.empty(), effects(action, from).empty())
                << to_text(action) << " from " << to_text(from);
        }
    }
}

TEST(Explore, ModelAndTablesAgreeOnEveryWay) {
    for (unsigned bits = 0; bits <= ActionSet::all().bits(); ++bits) {
        const auto supported = ActionSet::from_bits(static_cast<std::uint8_t>(bits));
        for (const auto from : kPartnerStatuses) {
            if (from == PartnerStatus::unknown) continue;
            for (const auto wanted : kEntitlementStatuses) {
                const auto far = distance(from, wanted, supported);
                if (far == 0U) continue;
                const auto step = first_step(from, wanted, supported);
                ASSERT_EQ(step.has_value(), far.has_value())
                    << to_text(from) << " to " << to_text(wanted) << " with " << bits;
                if (step) EXPECT_TRUE(serves(*step, from, wanted, supported));
            }
        }
    }
}

}  // namespace
}  // namespace usher::domain::explore
