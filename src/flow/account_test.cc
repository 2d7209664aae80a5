// What becomes of an account's entitlements when the account changes.
#include "flow/account.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::AccountStatus;
using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::minutes;
using std::chrono::seconds;

class AccountTest : public testing::Test {
  protected:
    std::expected<ChangedAccount, Failure> change(AccountStatus status, bool suspends = false) {
        return world.run(change_account(world.ports,
                                        {.tenant = test::kTenant,
                                         .account = test::kAccount,
                                         .status = status,
                                         .suspends = suspends,
                                         .asker = {.subject = "portal"}},
                                        world.clock.monotonic() + seconds{10}));
    }
    std::expected<ChangedAccount, Failure> remove() {
        return world.run(change_account(
            world.ports, {.tenant = test::kTenant, .account = test::kAccount, .deletes = true},
            world.clock.monotonic() + seconds{10}));
    }
    std::size_t go_on() {
        return world.run(go_on_with_cascades(world.ports, world.clock.monotonic() + seconds{10}));
    }
    // The same entitlement for each of some other products.
    void hold(int count, EntitlementStatus status) {
        for (int i = 0; i < count; ++i) {
            auto row = world.hold(status);
            world.store.rows.erase({row.tenant, row.id});
            row.id = domain::EntitlementId{fmt::format("e-{:03}", i)};
            row.product = domain::ProductId{fmt::format("p-{}", i)};
            row.partner_id = domain::PartnerEntitlementId{"b-" + row.id.text()};
            world.store.rows[{row.tenant, row.id}] = row;
        }
    }
    std::size_t count(EntitlementStatus status) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            world.store.rows,
            [status](const auto& item) { return item.second.convergence.status == status; }));
    }
    domain::Account& account() { return world.store.accounts.at(test::kAccount); }

    test::World world;
};

TEST_F(AccountTest, OnceCancelledItsEntitlementsEnd) {
    hold(3, EntitlementStatus::active);
    world.propagator.carries = false;
    const auto changed = change(AccountStatus::cancelled);
    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->modified);
    EXPECT_FALSE(changed->all_confirmed);
    EXPECT_EQ(count(EntitlementStatus::cancelled), 3U);
    const auto& row = world.store.rows.begin()->second;
    EXPECT_EQ(row.reason.cancel_code, "ACCOUNT_TERMINATED");
    EXPECT_EQ(row.asker.subject, "portal");
    EXPECT_FALSE(row.deleted_at) << "they stay to be seen";
    EXPECT_EQ(account().status, AccountStatus::cancelled);
    EXPECT_EQ(account().cascade->asked, 3U);
    // Another round finds nothing, and that was that.
    EXPECT_EQ(account().cascade->due_at, world.clock.now() + minutes{1});
    world.clock.pass(minutes{1});
    go_on();
    EXPECT_EQ(account().cascade->rounds, 2U);
    EXPECT_FALSE(account().cascade->due_at);
    EXPECT_EQ(account().cascade->asked, 3U);
}

TEST_F(AccountTest, TheSameAgainSaysHowFarItIs) {
    hold(1, EntitlementStatus::active);
    world.store.rows.begin()->second.occupies = true;
    world.propagator.carries = false;
    ASSERT_TRUE(change(AccountStatus::cancelled));
    const auto again = change(AccountStatus::cancelled);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->modified);
    EXPECT_FALSE(again->all_confirmed) << "the partner has yet to be told";
}

TEST_F(AccountTest, WhatWasSaidAboutItStandsWithEachOfThem) {
    hold(2, EntitlementStatus::active);
    world.propagator.carries = false;
    ASSERT_TRUE(world.run(change_account(world.ports,
                                         {.tenant = test::kTenant,
                                          .account = test::kAccount,
                                          .status = AccountStatus::cancelled,
                                          .asker = {.subject = "portal", .comment = "he moved"}},
                                         world.clock.monotonic() + seconds{10})));
    ASSERT_EQ(world.store.events.size(), 2U);
    EXPECT_EQ(world.store.events[0].asker.comment, "he moved");
    EXPECT_EQ(world.store.events[1].asker.comment, "he moved");
    EXPECT_EQ(account().cascade->rounds, 1U);
}

TEST_F(AccountTest, CancelledIsItsLastStatus) {
    EXPECT_TRUE(change(AccountStatus::cancelled)->modified);
    EXPECT_FALSE(change(AccountStatus::cancelled)->modified);
    EXPECT_EQ(change(AccountStatus::active).error().kind, FailureKind::account_ended);
    EXPECT_EQ(account().status, AccountStatus::cancelled);
    EXPECT_TRUE(remove()->modified);
    EXPECT_EQ(remove().error().kind, FailureKind::account_not_there);
    EXPECT_EQ(change(AccountStatus::cancelled).error().kind, FailureKind::account_not_there);
}

TEST_F(AccountTest, OnceDeletedItIsNotSeenAndItsEntitlementsEnd) {
    hold(1, EntitlementStatus::active);
    world.propagator.carries = false;
    EXPECT_TRUE(remove());
    EXPECT_EQ(count(EntitlementStatus::cancelled), 1U);
    EXPECT_EQ(world.run(read_account(world.ports, test::kTenant, test::kAccount)).error().kind,
              FailureKind::account_not_there);
}

TEST_F(AccountTest, WhatWasRefusedIsAskedAgain) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::refused()};
    world.partner.reads = {test::found(PartnerStatus::active)};
    EXPECT_TRUE(change(AccountStatus::cancelled));
    world.drain();
    EXPECT_EQ(count(EntitlementStatus::active), 1U) << "the partner would not";
    world.partner.acts = {test::confirmed(PartnerStatus::cancelled)};
    world.clock.pass(minutes{1});
    go_on();
    world.drain();
    EXPECT_EQ(count(EntitlementStatus::cancelled), 1U);
    EXPECT_EQ(account().cascade->asked, 2U);
}

TEST_F(AccountTest, WhatIsRefusedForGoodIsNotAskedForEver) {
    world.hold(EntitlementStatus::active);
    world.propagator.actions = {};
    EXPECT_TRUE(change(AccountStatus::cancelled));
    for (int round = 0; round < 20; ++round) {
        world.clock.pass(std::chrono::hours{3});
        go_on();
    }
    EXPECT_FALSE(account().cascade->due_at);
    EXPECT_EQ(account().cascade->rounds, 8U);
    const auto view = world.run(read_account(world.ports, test::kTenant, test::kAccount));
    EXPECT_EQ(view->live, 1U) << "and that can be seen";
}

TEST_F(AccountTest, ACrashInItsMiddleLosesNothing) {
    hold(250, EntitlementStatus::active);
    world.propagator.carries = false;
    // Time for a page, not for all.
    const auto changed = world.run(change_account(
        world.ports,
        {.tenant = test::kTenant, .account = test::kAccount, .status = AccountStatus::cancelled},
        world.clock.monotonic()));
    EXPECT_TRUE(changed);
    EXPECT_FALSE(changed->all_confirmed);
    EXPECT_EQ(count(EntitlementStatus::cancelled), 0U);
    go_on();
    EXPECT_EQ(count(EntitlementStatus::cancelled), 0U) << "whoever began it may still be at it";
    world.clock.pass(minutes{1});
    go_on();
    EXPECT_EQ(count(EntitlementStatus::cancelled), 250U);
    EXPECT_EQ(account().cascade->asked, 250U);
}

TEST_F(AccountTest, AStoreThatFailsInItsMiddleIsMetAgain) {
    hold(2, EntitlementStatus::active);
    world.propagator.carries = false;
    world.store.after_next = [&] { world.store.error = StoreError::not_writable; };
    const auto changed = change(AccountStatus::cancelled);
    ASSERT_TRUE(changed) << "the account was changed";
    EXPECT_FALSE(changed->all_confirmed);
    EXPECT_EQ(count(EntitlementStatus::cancelled), 0U);
    world.clock.pass(minutes{1});
    go_on();
    EXPECT_EQ(count(EntitlementStatus::cancelled), 2U);
}

TEST_F(AccountTest, SuspendingItLeavesThemAloneUnlessTheOperatorWantsItSo) {
    hold(1, EntitlementStatus::active);
    world.propagator.carries = false;
    EXPECT_TRUE(change(AccountStatus::suspended)->modified);
    EXPECT_EQ(count(EntitlementStatus::active), 1U);
    EXPECT_FALSE(account().cascade);
    EXPECT_TRUE(change(AccountStatus::active)->modified);
    EXPECT_TRUE(change(AccountStatus::suspended, true)->modified);
    EXPECT_EQ(count(EntitlementStatus::suspended), 1U);
}

TEST_F(AccountTest, OnlyWhatItsSuspensionSuspendedIsResumed) {
    hold(2, EntitlementStatus::active);
    world.propagator.carries = false;
    // One is suspended for itself.
    EXPECT_TRUE(world.run(update_status(world.ports, {.tenant = test::kTenant,
                                                      .entitlement = domain::EntitlementId{"e-000"},
                                                      .status = EntitlementStatus::suspended})));
    EXPECT_TRUE(change(AccountStatus::suspended, true)->modified);
    EXPECT_EQ(count(EntitlementStatus::suspended), 2U);
    EXPECT_TRUE(change(AccountStatus::active, true)->modified);
    EXPECT_EQ(count(EntitlementStatus::suspended), 1U);
    EXPECT_EQ(count(EntitlementStatus::active), 1U);
}

TEST_F(AccountTest, ANewerChangeEndsTheCascadeOfTheOneBefore) {
    hold(150, EntitlementStatus::active);
    world.propagator.carries = false;
    EXPECT_TRUE(world.run(change_account(world.ports,
                                         {.tenant = test::kTenant,
                                          .account = test::kAccount,
                                          .status = AccountStatus::suspended,
                                          .suspends = true},
                                         world.clock.monotonic())));
    EXPECT_TRUE(change(AccountStatus::active, true)->modified);
    world.clock.pass(minutes{5});
    go_on();
    EXPECT_EQ(count(EntitlementStatus::suspended), 0U);
}

}  // namespace
}  // namespace usher::flow
