#include "flow/receive_report.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using std::chrono::seconds;

class ReceiveReportTest : public testing::Test {
  protected:
    std::expected<void, Failure> report() {
        const auto result =
            world.run(receive_report(world.ports, {test::kTenant, test::kEntitlement}));
        return result;
    }

    test::World world;
};

TEST_F(ReceiveReportTest, MakesItDueForARead) {
    const auto before = world.hold(EntitlementStatus::active);
    EXPECT_TRUE(report());
    const auto& row = world.store.row();
    EXPECT_TRUE(row.convergence.read_wanted);
    EXPECT_EQ(row.due_at, world.clock.now());
    EXPECT_EQ(row.unsettled_since, world.clock.now());
    EXPECT_EQ(row.version, before.version) << "a hint is not a change";
    EXPECT_EQ(row.convergence.status, before.convergence.status);
    EXPECT_EQ(world.propagator.woken, 1);
    EXPECT_TRUE(world.store.events.empty());
}

TEST_F(ReceiveReportTest, ManyCostOneRead) {
    world.hold(EntitlementStatus::active);
    report();
    const auto once = world.store.row();
    world.clock.pass(seconds{1});
    for (int i = 0; i < 5; ++i) report();
    EXPECT_EQ(world.store.row(), once);
}

TEST_F(ReceiveReportTest, LeavesTheClaimToWhoHoldsIt) {
    world.hold(EntitlementStatus::active);
    world.propagator.carries = false;
    world.run(update_status(world.ports, {.tenant = test::kTenant,
                                          .entitlement = test::kEntitlement,
                                          .status = EntitlementStatus::suspended}));
    const auto before = world.store.row();
    report();
    const auto& row = world.store.row();
    EXPECT_EQ(row.claim, before.claim);
    EXPECT_EQ(row.due_at, before.due_at);
    EXPECT_EQ(row.hints, before.hints + 1);
    EXPECT_TRUE(row.convergence.read_wanted);
}

TEST_F(ReceiveReportTest, KnowsOnlyWhatTheTenantHas) {
    const auto result = report();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::entitlement_unknown);
    world.hold(EntitlementStatus::active);
    world.store.error = StoreError::closed;
    EXPECT_EQ(report().error().store, StoreError::closed);
}

}  // namespace
}  // namespace usher::flow
