#include "flow/sweeping.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr base::Duration kFreshness = hours{24};

class SweepingTest : public testing::Test {
  protected:
    ReadReply shows(PartnerStatus status) {
        PartnerRecord record;
        record.view.status = status;
        return {.kind = ReadKind::found, .record = record};
    }
    bool doubted(std::uint64_t version) {
        return world.run(doubt(world.ports, test::kTenant, test::kEntitlement, version)).value();
    }
    std::optional<Sweep> take(const std::string& holder) {
        return world.run(take_sweep(world.ports, test::kTenant, holder, minutes{2})).value();
    }

    test::World world;
};

TEST_F(SweepingTest, PassesWhatLivesAndIsLeftAlone) {
    const auto now = world.clock.now();
    const auto looked = [now](PartnerStatus status, std::optional<base::Time> due = {}) {
        return is_looked_at(SweepStop{{}, status, due}, kFreshness, now);
    };
    EXPECT_TRUE(looked(PartnerStatus::active));
    EXPECT_TRUE(looked(PartnerStatus::suspended));
    EXPECT_TRUE(looked(PartnerStatus::active_ending));
    EXPECT_FALSE(looked(PartnerStatus::active, now)) << "it is read anyway";
    EXPECT_FALSE(looked(PartnerStatus::active_ending, now + hours{6}));
    EXPECT_TRUE(looked(PartnerStatus::active_ending, now + hours{25}));
    EXPECT_FALSE(looked(PartnerStatus::cancelled));
    EXPECT_FALSE(looked(PartnerStatus::revoked));
    EXPECT_FALSE(looked(PartnerStatus::none));
}

TEST_F(SweepingTest, OnlyWhatIsShownOtherwiseIsDoubted) {
    const auto& row = world.hold(EntitlementStatus::active);
    EXPECT_FALSE(leaves_doubt(row, shows(PartnerStatus::active)));
    EXPECT_TRUE(leaves_doubt(row, shows(PartnerStatus::suspended)));
    EXPECT_TRUE(leaves_doubt(row, shows(PartnerStatus::unknown)));
    EXPECT_TRUE(leaves_doubt(row, {.kind = ReadKind::not_found}));
    EXPECT_FALSE(leaves_doubt(row, {.kind = ReadKind::trouble, .unhealthy = true}));
    EXPECT_TRUE(leaves_doubt(row, {.kind = ReadKind::trouble}))
        << "an answer that contradicts what is held";
}

TEST_F(SweepingTest, ADoubtMakesItDueForARead) {
    const auto before = world.hold(EntitlementStatus::active);
    EXPECT_TRUE(doubted(before.version));
    EXPECT_TRUE(world.store.row().convergence.read_wanted);
    EXPECT_EQ(world.store.row().due_at, world.clock.now());
    EXPECT_EQ(world.store.row().version, before.version);
    EXPECT_EQ(world.propagator.woken, 1);
}

TEST_F(SweepingTest, ADoubtAboutWhatHasChangedMeanwhileIsDropped) {
    auto& row = world.hold(EntitlementStatus::active);
    row.version = 7;
    EXPECT_FALSE(doubted(6));
    row.convergence.intent = true;
    EXPECT_FALSE(doubted(7)) << "it has work to do";
    EXPECT_FALSE(row.convergence.read_wanted);
    EXPECT_EQ(world.propagator.woken, 0);
}

TEST_F(SweepingTest, ARoundIsSpreadOverMostOfTheLimit) {
    const auto begun = world.clock.now();
    Sweep sweep{.round_begun = begun};
    EXPECT_EQ(next_stop(sweep, 10, kFreshness), begun);
    sweep.passed = 5;
    EXPECT_EQ(next_stop(sweep, 10, kFreshness), begun + kFreshness * 2 / 5);
    sweep.passed = 40;
    EXPECT_LT(next_stop(sweep, 10, kFreshness), begun + kFreshness)
        << "more came than were expected";
}

TEST_F(SweepingTest, ARoundThatMissedNothingSaysHowFreshAllIs) {
    const auto begun = world.clock.now();
    Sweep sweep{.after = test::kEntitlement, .round_begun = begun, .passed = 9};
    const auto done = end_round(sweep, kFreshness, begun + hours{1});
    EXPECT_EQ(done.fresh_since, begun);
    EXPECT_EQ(done.last_round, 9U);
    EXPECT_TRUE(done.after.empty());
    EXPECT_GT(done.round_begun, begun + kFreshness / 2);
    EXPECT_LT(done.round_begun, begun + kFreshness);

    sweep.missed = 1;
    const auto again = end_round(sweep, kFreshness, begun + hours{1});
    EXPECT_EQ(again.fresh_since, std::nullopt);
    EXPECT_LT(again.round_begun, begun + kFreshness / 4) << "what was missed is looked at soon";
}

TEST_F(SweepingTest, OneHolderWalksAtATime) {
    auto mine = take("one");
    ASSERT_TRUE(mine);
    EXPECT_FALSE(take("other"));
    EXPECT_TRUE(take("one")) << "it may take a longer lease";
    mine->after = test::kEntitlement;
    EXPECT_TRUE(world.run(leave_sweep(world.ports, *mine)).value());
    const auto theirs = take("other");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->after, test::kEntitlement) << "it goes on where the other left";
    EXPECT_FALSE(world.run(leave_sweep(world.ports, *mine)).value());
}

TEST_F(SweepingTest, AHolderThatIsGoneIsFollowed) {
    ASSERT_TRUE(take("one"));
    world.clock.pass(minutes{2});
    EXPECT_TRUE(take("other"));
}

}  // namespace
}  // namespace usher::flow
