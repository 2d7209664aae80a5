#include "flow/holding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using testing::ElementsAre;
using testing::IsEmpty;

class HoldingTest : public testing::Test {
  protected:
    Hold pause(const std::string& by = "ann") {
        return world
            .run(place_hold(world.ports, {.tenant = test::kTenant,
                                          .merchant = test::kMerchant,
                                          .kind = HoldKind::paused,
                                          .by = by,
                                          .why = "their upgrade"}))
            .value();
    }
    std::size_t lift(HoldKind kind, const domain::MerchantId& merchant = test::kMerchant) {
        return world
            .run(lift_hold(world.ports, {.tenant = test::kTenant,
                                         .merchant = merchant,
                                         .kind = kind,
                                         .by = "ben",
                                         .why = "done"}))
            .value();
    }
    std::expected<bool, Failure> try_again() {
        return world.run(retry(world.ports, {.tenant = test::kTenant,
                                             .entitlement = test::kEntitlement,
                                             .by = "ann",
                                             .why = "they mended it"}));
    }

    test::World world;
};

TEST_F(HoldingTest, AHoldIsInForceAtOnce) {
    const auto hold = pause();
    EXPECT_EQ(hold.since, world.clock.now());
    EXPECT_THAT(world.store.in_force, ElementsAre(hold));
    EXPECT_THAT(world.propagator.heard.value(), ElementsAre(hold));
}

TEST_F(HoldingTest, TheSameHoldIsPlacedOnce) {
    const auto first = pause("ann");
    world.clock.pass(std::chrono::seconds{1});
    EXPECT_EQ(pause("ben"), first);
    EXPECT_THAT(world.store.in_force, ElementsAre(first));
}

TEST_F(HoldingTest, OnlyTheHoldThatIsMeantIsLifted) {
    const auto hold = pause();
    EXPECT_EQ(lift(HoldKind::endings), 0U);
    EXPECT_EQ(lift(HoldKind::paused, domain::MerchantId{"ANOTHER"}), 0U);
    EXPECT_THAT(world.store.in_force, ElementsAre(hold));
    EXPECT_EQ(lift(HoldKind::paused), 1U);
    EXPECT_THAT(world.propagator.heard.value(), IsEmpty());
    EXPECT_EQ(lift(HoldKind::paused), 0U);
}

TEST_F(HoldingTest, ARetryMakesItDueAndIsTold) {
    auto& row = world.hold(EntitlementStatus::active);
    row.convergence.intent = true;
    row.convergence.status = EntitlementStatus::suspended;
    row.attempts = 9;
    row.due_at = world.clock.now() + std::chrono::hours{1};
    EXPECT_TRUE(try_again().value());
    EXPECT_EQ(row.due_at, world.clock.now());
    EXPECT_EQ(row.attempts, 0U);
    ASSERT_EQ(world.store.events.size(), 1U);
    EXPECT_EQ(world.store.events.at(0).change.kind, domain::ChangeKind::retried);
    EXPECT_EQ(world.store.events.at(0).note, "ann: they mended it");
    EXPECT_EQ(world.propagator.woken, 1);
}

TEST_F(HoldingTest, WhatIsSettledIsNotTriedAgain) {
    world.hold(EntitlementStatus::active);
    EXPECT_FALSE(try_again().value());
    EXPECT_TRUE(world.store.events.empty());
}

TEST_F(HoldingTest, WhatIsNotThereCannotBeTried) {
    EXPECT_EQ(try_again().error().kind, FailureKind::entitlement_unknown);
}

TEST(Hold, CoversWhatItNames) {
    const domain::TenantId t{"t"};
    const domain::MerchantId m{"m"};
    EXPECT_TRUE(covers({}, t, m));
    EXPECT_TRUE(covers({.tenant = t}, t, m));
    EXPECT_TRUE(covers({.merchant = m}, t, m));
    EXPECT_FALSE(covers({.tenant = t}, domain::TenantId{"u"}, m));
    EXPECT_FALSE(covers({.tenant = t, .merchant = m}, t, domain::MerchantId{"n"}));
}

}  // namespace
}  // namespace usher::flow
