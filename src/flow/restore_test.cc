// A record from a day-old copy: what is written for it, and that it leads to agreement.
#include "flow/restore.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "flow/work.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using test::kEntitlement;
using test::kTenant;

class Restore : public testing::Test {
  protected:
    // A day has passed since the copy was made.
    Writes restored() {
        world_.clock.pass(std::chrono::days{1});
        return doubt_restored({.entitlement = world_.store.row(), .now = world_.clock.now()},
                              world_.ports.limits);
    }

    void put(const Writes& writes) { world_.store.row() = *writes.entitlement; }

    // What is due is claimed and carried out.
    void work() {
        const auto claimed = world_.run(claim(world_.ports, kTenant, kEntitlement));
        ASSERT_TRUE(claimed.has_value());
        ASSERT_TRUE(claimed->next.has_value());
        world_.propagator.start(*claimed->next);
        world_.drain();
    }

    test::World world_;
};

TEST_F(Restore, IsDueForAReadWithoutAClaim) {
    auto& row = world_.hold(EntitlementStatus::active);
    row.claim = {.fence = 7, .lease_until = world_.clock.now()};
    row.attempts = 4;
    const auto writes = restored();
    ASSERT_TRUE(writes.entitlement.has_value());
    const auto& after = *writes.entitlement;
    EXPECT_EQ(after.convergence.partner_status, PartnerStatus::unknown);
    EXPECT_EQ(after.due_at, world_.clock.now());
    EXPECT_EQ(after.claim, (domain::Claim{.fence = 8, .lease_until = std::nullopt}));
    EXPECT_EQ(after.attempts, 0U);
    EXPECT_NE(after.last_problem.find("restored from a backup"), std::string::npos);
    ASSERT_EQ(writes.events.size(), 1U);
    EXPECT_EQ(writes.events.front().note, "restored from a backup");
    EXPECT_EQ(after.version, row.version + 1);
}

TEST_F(Restore, FollowsWhatThePartnerHasNow) {
    world_.hold(EntitlementStatus::active);
    put(restored());
    world_.partner.reads = {test::found(PartnerStatus::suspended)};
    work();
    EXPECT_EQ(world_.store.row().convergence.status, EntitlementStatus::suspended);
    EXPECT_TRUE(world_.partner.acted.empty());
    EXPECT_EQ(world_.partner.read_calls.size(), 1U);
}

// Asked for in the copy and carried out since: it is found, and not sent again.
TEST_F(Restore, DoesNotRepeatWhatWasDoneSince) {
    auto& row = world_.hold(EntitlementStatus::active);
    row.convergence.status = EntitlementStatus::suspended;
    row.convergence.intent = true;
    row.convergence.last_call = 1;
    row.convergence.calls = {{.number = 1,
                              .action = domain::PartnerAction::suspend,
                              .request_id = domain::RequestId{"r-1"},
                              .begun = world_.clock.now(),
                              .deadline = world_.clock.now()}};
    put(restored());
    EXPECT_EQ(world_.store.row().convergence.calls.front().phase, domain::CallPhase::open);
    world_.partner.reads = {test::found(PartnerStatus::suspended)};
    work();
    EXPECT_EQ(world_.store.row().convergence.status, EntitlementStatus::suspended);
    EXPECT_FALSE(world_.store.row().convergence.intent);
    EXPECT_TRUE(world_.partner.acted.empty());
}

TEST_F(Restore, LeavesAloneWhatHasEnded) {
    auto& row = world_.hold(EntitlementStatus::cancelled);
    row.convergence.partner_status = PartnerStatus::revoked;
    EXPECT_TRUE(restored().empty());
}

}  // namespace
}  // namespace usher::flow
