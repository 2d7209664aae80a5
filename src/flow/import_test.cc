#include "flow/import.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using test::kAccount;
using test::kProduct;
using test::kTenant;

class ImportTest : public testing::Test {
  protected:
    static Import one(const char* id = "e-9", const char* partner_id = "b-9") {
        return {.tenant = kTenant,
                .entitlement = domain::EntitlementId{id},
                .account = domain::AccountId{"new"},
                .product = kProduct,
                .partner_id = domain::PartnerEntitlementId{partner_id},
                .status = EntitlementStatus::active,
                .asker = {.subject = "ann"}};
    }
    std::expected<Imported, Failure> take(Import request) {
        return world.run(import_entitlement(world.ports, std::move(request)));
    }
    const domain::Entitlement& row(const char* id = "e-9") {
        return world.store.rows.at({kTenant, domain::EntitlementId{id}});
    }

    test::World world;
};

TEST_F(ImportTest, NothingIsSentAndWhatThePartnerHasIsAsked) {
    auto request = one();
    request.created = world.clock.now() - std::chrono::days{100};
    request.customer = domain::CustomerId{"old-name"};
    const auto imported = take(request).value();
    EXPECT_TRUE(imported.is_new);
    EXPECT_TRUE(imported.account_is_new);
    EXPECT_EQ(row().convergence.status, EntitlementStatus::active);
    EXPECT_EQ(row().convergence.partner_status, PartnerStatus::unknown);
    EXPECT_FALSE(row().convergence.intent);
    EXPECT_TRUE(row().convergence.bound);
    EXPECT_EQ(row().due_at, world.clock.now());
    EXPECT_EQ(row().created, request.created);
    EXPECT_EQ(row().customer, request.customer);
    ASSERT_EQ(world.store.events.size(), 1U);
    EXPECT_EQ(world.store.events.front().change.kind, domain::ChangeKind::imported);
    EXPECT_EQ(world.store.events.front().asker.subject, "ann");
    EXPECT_TRUE(world.store.accounts.contains(domain::AccountId{"new"}));
    EXPECT_EQ(domain::plan(row().convergence, {}).kind, domain::StepKind::read);
}

TEST_F(ImportTest, TheSameAgainWritesNothing) {
    ASSERT_TRUE(take(one()));
    const auto again = take(one()).value();
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.entitlement, row());
    EXPECT_EQ(world.store.events.size(), 1U);
}

TEST_F(ImportTest, ALookWritesNothing) {
    auto request = one();
    request.only_looks = true;
    EXPECT_TRUE(take(request).value().is_new);
    EXPECT_TRUE(world.store.rows.empty());
    EXPECT_FALSE(world.store.accounts.contains(domain::AccountId{"new"}));
}

TEST_F(ImportTest, AWrongIdIsCorrectedWhileThePartnerHasSaidNothing) {
    ASSERT_TRUE(take(one()));
    auto& stored = world.store.rows.at({kTenant, domain::EntitlementId{"e-9"}});
    stored.claim = {.fence = 3, .lease_until = world.clock.now()};
    EXPECT_EQ(take(one("e-9", "b-8")).error().store, StoreError::contended) << "being asked";
    stored.claim.lease_until.reset();
    auto correction = one("e-9", "b-8");
    correction.status = EntitlementStatus::suspended;
    EXPECT_TRUE(take(correction).value().is_new);
    EXPECT_EQ(row().partner_id, domain::PartnerEntitlementId{"b-8"});
    EXPECT_EQ(row().convergence.status, EntitlementStatus::suspended);
    EXPECT_EQ(row().version, 2U);
    EXPECT_EQ(row().claim.fence, 3U);
    ASSERT_EQ(world.store.events.size(), 2U);
    const auto& change = world.store.events.back().change;
    EXPECT_EQ(change.status_from, EntitlementStatus::active) << "the history has no gap";
    EXPECT_EQ(change.status_to, EntitlementStatus::suspended);
    EXPECT_FALSE(row().deleted_at);
}

TEST_F(ImportTest, WhatIsThereAlreadyIsNotTakenOver) {
    ASSERT_TRUE(take(one()));
    world.store.rows.at({kTenant, domain::EntitlementId{"e-9"}}).partner_said_at =
        world.clock.now();
    EXPECT_EQ(take(one("e-9", "b-8")).error().kind, FailureKind::id_taken);
    const auto occupied = take(one("e-8", "b-8")).error();
    EXPECT_EQ(occupied.kind, FailureKind::already_entitled);
    EXPECT_EQ(occupied.existing, domain::EntitlementId{"e-9"});
    auto others = one("e-8", "b-9");
    others.account = kAccount;
    const auto bound = take(others).error();
    EXPECT_EQ(bound.kind, FailureKind::partner_id_taken);
    EXPECT_EQ(bound.existing, domain::EntitlementId{"e-9"});
}

TEST_F(ImportTest, WhatItNamesMustBeThere) {
    auto request = one();
    request.product = domain::ProductId{"none"};
    EXPECT_EQ(take(request).error().kind, FailureKind::product_unknown);
    request = one();
    request.account = kAccount;
    world.store.accounts[kAccount].status = domain::AccountStatus::cancelled;
    EXPECT_EQ(take(request).error().kind, FailureKind::account_not_active);
    world.store.accounts[kAccount].deleted_at = world.clock.now();
    EXPECT_EQ(take(request).error().kind, FailureKind::account_unknown);
    EXPECT_TRUE(world.store.rows.empty());
}

}  // namespace
}  // namespace usher::flow
