// What the operator deletes is ended at the partner, and seen no more.
#include <gtest/gtest.h>

#include "flow/customer_link.h"
#include "flow/delete_of_account.h"
#include "flow/purchase.h"
#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using std::chrono::seconds;

class DeletionTest : public testing::Test {
  protected:
    std::expected<Updated, Failure> remove(std::optional<std::uint64_t> if_version = {}) {
        return world.run(update_status(world.ports, {.tenant = test::kTenant,
                                                     .entitlement = test::kEntitlement,
                                                     .deletes = true,
                                                     .if_version = if_version,
                                                     .wait = seconds{2}}));
    }
    std::expected<Purchased, Failure> buy(std::optional<domain::EntitlementId> id = {}) {
        return world.run(purchase(world.ports, {.tenant = test::kTenant,
                                                .account = test::kAccount,
                                                .product = test::kProduct,
                                                .id = std::move(id),
                                                .wait = seconds{2}}));
    }

    test::World world;
};

TEST_F(DeletionTest, EndsSoftlyAndHidesTheRecord) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::cancelled)};
    const auto removed = remove();
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->modified);
    EXPECT_EQ(removed->propagated, Propagated::confirmed);
    ASSERT_EQ(world.partner.acted.size(), 1U);
    EXPECT_EQ(world.partner.acted[0].action, PartnerAction::cancel);
    const auto& row = world.store.row();
    EXPECT_EQ(row.convergence.status, EntitlementStatus::cancelled);
    EXPECT_EQ(row.deleted_at, world.clock.now());
    EXPECT_FALSE(row.occupies);
    // Nobody finds it any more; the history has it.
    EXPECT_EQ(remove().error().kind, FailureKind::entitlement_unknown);
    EXPECT_EQ(world
                  .run(update_status(world.ports, {.tenant = test::kTenant,
                                                   .entitlement = test::kEntitlement,
                                                   .status = EntitlementStatus::active}))
                  .error()
                  .kind,
              FailureKind::entitlement_unknown);
    EXPECT_EQ(world
                  .run(recovery_link(world.ports,
                                     {.tenant = test::kTenant, .entitlement = test::kEntitlement}))
                  .error()
                  .kind,
              FailureKind::entitlement_unknown);
    EXPECT_EQ(world.store.events.front().note, "deleted");
}

TEST_F(DeletionTest, EndsAtOnceWhereItCannotBeSoft) {
    world.hold(EntitlementStatus::active);
    world.propagator.actions.erase(PartnerAction::cancel);
    world.partner.acts = {test::confirmed(PartnerStatus::revoked)};
    EXPECT_TRUE(remove());
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::revoked);
    EXPECT_TRUE(world.store.row().deleted_at);
}

// That the product knows no soft end is learnt from the answer.
TEST_F(DeletionTest, EndsAtOnceWhenItLearnsThatItCannotBeSoft) {
    world.hold(EntitlementStatus::active);
    auto unsupported = test::refused();
    unsupported.answer.rejection = domain::Rejection::not_supported_by_partner;
    world.partner.acts = {unsupported, test::confirmed(PartnerStatus::revoked)};
    world.partner.reads = {test::found(PartnerStatus::active)};
    world.partner.meanwhile = [&] { world.propagator.actions.erase(PartnerAction::cancel); };
    const auto removed = remove();
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->propagated, Propagated::confirmed);
    ASSERT_EQ(world.partner.acted.size(), 2U);
    EXPECT_EQ(world.partner.acted[1].action, PartnerAction::revoke);
    const auto& row = world.store.row();
    EXPECT_EQ(row.convergence.status, EntitlementStatus::revoked);
    EXPECT_TRUE(row.deleted_at);
    EXPECT_FALSE(row.last_refusal) << "nothing was refused";
}

TEST_F(DeletionTest, StaysHiddenWhileItRunsOut) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::active_ending)};
    EXPECT_TRUE(remove());
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::active_ending);
    EXPECT_TRUE(world.store.row().deleted_at);
}

TEST_F(DeletionTest, WhatHasEndedIsOnlyHidden) {
    world.hold(EntitlementStatus::revoked);
    const auto removed = remove();
    ASSERT_TRUE(removed);
    EXPECT_TRUE(world.partner.acted.empty());
    EXPECT_TRUE(world.store.row().deleted_at);
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::revoked);
}

TEST_F(DeletionTest, IsAcceptedWhileThePartnerIsAway) {
    world.hold(EntitlementStatus::suspended);
    world.propagator.open = false;
    const auto removed = remove();
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->propagated, Propagated::pending);
    EXPECT_TRUE(world.store.row().deleted_at);
    EXPECT_TRUE(world.store.row().due_at);
    // Its place is free once it has ended there.
    EXPECT_EQ(buy().error().kind, FailureKind::already_entitled);
    EXPECT_EQ(buy(test::kEntitlement).error().kind, FailureKind::id_taken);
}

TEST_F(DeletionTest, WhatThePartnerWillNotEndReappears) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::refused()};
    world.partner.reads = {test::found(PartnerStatus::active)};
    const auto removed = remove();
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().kind, FailureKind::rejected);
    const auto& row = world.store.row();
    EXPECT_FALSE(row.deleted_at);
    EXPECT_EQ(row.convergence.status, EntitlementStatus::active);
    EXPECT_TRUE(row.last_refusal);
}

TEST_F(DeletionTest, AnotherVersionIsNotDeleted) {
    world.hold(EntitlementStatus::active);
    EXPECT_EQ(remove(99).error().kind, FailureKind::version_mismatch);
    EXPECT_FALSE(world.store.row().deleted_at);
}

TEST_F(DeletionTest, OfAnAccountTakesEachOne) {
    world.hold(EntitlementStatus::active, domain::EntitlementId{"1"});
    world.hold(EntitlementStatus::revoked, domain::EntitlementId{"2"}).occupies = false;
    world.hold(EntitlementStatus::active, domain::EntitlementId{"3"}).account =
        domain::AccountId{"another"};
    world.propagator.open = false;
    const auto done = world.run(
        delete_of_account(world.ports, {.tenant = test::kTenant, .account = test::kAccount}));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->deleted, 2U);
    EXPECT_FALSE(done->all_confirmed);
    EXPECT_TRUE(done->kept.empty());
    for (const auto& [key, row] : world.store.rows) {
        EXPECT_EQ(row.deleted_at.has_value(), key.second.text() != "3") << key.second.text();
    }
    const auto again = world.run(
        delete_of_account(world.ports, {.tenant = test::kTenant, .account = test::kAccount}));
    EXPECT_EQ(again->deleted, 0U);
}

}  // namespace
}  // namespace usher::flow
