// The operator moves an entitlement to another product.
#include "flow/change_product.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "flow/explanation.h"
#include "flow/test_world.h"
#include "flow/work.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::Rejection;
using std::chrono::seconds;

const domain::ProductId kMore{"M_MORE"};
const domain::ProductKey kMoreKey{"MORE"};

class ChangeProductTest : public testing::Test {
  protected:
    ChangeProductTest() {
        world.store.products[kMore] = {.tenant = test::kTenant,
                                       .id = kMore,
                                       .name = "More",
                                       .merchant = test::kMerchant,
                                       .product_key = kMoreKey};
    }
    std::expected<ProductChanged, Failure> change(const domain::ProductId& product = kMore,
                                                  std::optional<std::uint64_t> if_version = {}) {
        return world.run(change_product(world.ports, {.tenant = test::kTenant,
                                                      .entitlement = test::kEntitlement,
                                                      .product = product,
                                                      .if_version = if_version,
                                                      .asker = {.subject = "portal"},
                                                      .wait = seconds{2}}));
    }
    static ActionReply has(const domain::ProductKey& key,
                           PartnerStatus status = PartnerStatus::active) {
        auto reply = test::confirmed(status);
        reply.record->product_key = key;
        return reply;
    }
    static ReadReply shows(const domain::ProductKey& key,
                           PartnerStatus status = PartnerStatus::active) {
        auto reply = test::found(status);
        reply.record->product_key = key;
        return reply;
    }

    test::World world;
};

TEST_F(ChangeProductTest, TheRecordTakesTheProductThatThePartnerHas) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {has(kMoreKey)};
    const auto changed = change();
    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->updated.modified);
    EXPECT_EQ(changed->updated.propagated, Propagated::confirmed);
    EXPECT_EQ(changed->product, kMore);
    ASSERT_EQ(world.partner.acted.size(), 1U);
    EXPECT_EQ(world.partner.acted[0].action, PartnerAction::change_product);
    EXPECT_EQ(world.partner.acted[0].entitlement.wanted_product_key, kMoreKey);
    const auto& row = world.store.row();
    EXPECT_EQ(row.product, kMore);
    EXPECT_EQ(row.product_key, kMoreKey);
    EXPECT_TRUE(row.wanted_product.empty());
    EXPECT_TRUE(domain::is_settled(row));
    ASSERT_EQ(world.store.events.size(), 3U);
    EXPECT_EQ(world.store.events[0].change.kind, domain::ChangeKind::requested);
    EXPECT_EQ(world.store.events[1].change.kind, domain::ChangeKind::product_moved);
    EXPECT_EQ(world.store.events[1].initiator, domain::Initiator::op);
    EXPECT_EQ(world.store.events[1].product, kMore);
    EXPECT_EQ(world.store.events[2].change.kind, domain::ChangeKind::confirmed);
}

TEST_F(ChangeProductTest, UntilThenItKeepsTheOldOne) {
    world.hold(EntitlementStatus::active);
    world.propagator.open = false;
    const auto changed = change();
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->updated.propagated, Propagated::pending);
    EXPECT_EQ(changed->product, test::kProduct);
    EXPECT_EQ(world.store.row().wanted_product, kMore);
    // The same again is no second request; another one has to wait.
    EXPECT_FALSE(change()->updated.modified);
    EXPECT_EQ(change(test::kProduct).error().rejection, Rejection::change_under_way);
}

TEST_F(ChangeProductTest, WhatItHasAlreadyAsksNobody) {
    world.hold(EntitlementStatus::active);
    const auto changed = change(test::kProduct);
    ASSERT_TRUE(changed);
    EXPECT_FALSE(changed->updated.modified);
    EXPECT_EQ(changed->updated.propagated, Propagated::confirmed);
    EXPECT_TRUE(world.partner.acted.empty());
}

TEST_F(ChangeProductTest, NeedsAProductOfTheSameMerchantThatTheAccountDoesNotHold) {
    world.hold(EntitlementStatus::active);
    EXPECT_EQ(change(domain::ProductId{"nothing"}).error().kind, FailureKind::product_unknown);
    world.store.products[kMore].merchant = domain::MerchantId{"ANOTHER"};
    EXPECT_EQ(change().error().kind, FailureKind::product_of_another_merchant);
    world.store.products[kMore].merchant = test::kMerchant;
    EXPECT_EQ(change(kMore, 99).error().kind, FailureKind::version_mismatch);
    auto& other = world.hold(EntitlementStatus::active, domain::EntitlementId{"e-2"});
    other.product = kMore;
    other.product_key = kMoreKey;
    other.occupies = true;
    EXPECT_EQ(change().error().kind, FailureKind::already_entitled);
    EXPECT_EQ(change().error().existing, domain::EntitlementId{"e-2"});
    EXPECT_TRUE(world.store.events.empty());
}

TEST_F(ChangeProductTest, ARefusalSaysWhichProductItWasAbout) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::refused("BAD_REQUEST")};
    world.partner.reads = {shows(domain::ProductKey{"MUSIC"})};
    const auto changed = change();
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().rejection, Rejection::refused_by_partner);
    EXPECT_EQ(changed.error().partner_code, "BAD_REQUEST");
    const auto& row = world.store.row();
    EXPECT_EQ(row.product, test::kProduct);
    EXPECT_EQ(row.refused_product, kMore);
    EXPECT_TRUE(row.wanted_product.empty());
    EXPECT_EQ(row.convergence.status, EntitlementStatus::active);
    const auto told = explain({.row = row, .history = world.store.events});
    EXPECT_EQ(told.asked->product, kMore);
    const auto says = [&](std::string_view text) {
        return std::ranges::any_of(
            told.evidence, [text](const Fact& fact) { return fact.text.starts_with(text); });
    };
    EXPECT_TRUE(says("the product M_MORE was asked for"));
    EXPECT_TRUE(says("the request for the product M_MORE ended: refused_by_partner"));
    EXPECT_TRUE(says("the last refusal: the product M_MORE was asked for"));
}

TEST_F(ChangeProductTest, AnAnswerThatIsLostIsReadFirst) {
    world.hold(EntitlementStatus::active);
    const auto changed = change();
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->updated.propagated, Propagated::pending);
    world.clock.pass(std::chrono::minutes{1});
    world.partner.reads = {shows(kMoreKey)};
    const auto taken = world.run(claim(world.ports, test::kTenant, test::kEntitlement));
    ASSERT_TRUE(taken && taken->next);
    world.propagator.start(*taken->next);
    world.drain();
    EXPECT_EQ(world.partner.acted.size(), 1U) << "it had come true";
    EXPECT_EQ(world.store.row().product, kMore);
}

TEST_F(ChangeProductTest, TheCustomerMayHaveToActForTheNewOne) {
    world.hold(EntitlementStatus::active);
    auto reply = has(kMoreKey, PartnerStatus::pending);
    reply.record->activation =
        domain::Activation{.url = base::Secret{"https://partner.example/a"}, .expiry = {}};
    world.partner.acts = {reply};
    const auto changed = change();
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->updated.status, EntitlementStatus::pending);
    ASSERT_TRUE(changed->activation);
    EXPECT_EQ(world.store.row().product, kMore);
}

TEST_F(ChangeProductTest, AnEndingOvertakesIt) {
    world.hold(EntitlementStatus::active);
    world.propagator.open = false;
    ASSERT_TRUE(change());
    ASSERT_TRUE(world.run(update_status(world.ports, {.tenant = test::kTenant,
                                                      .entitlement = test::kEntitlement,
                                                      .status = EntitlementStatus::cancelled})));
    EXPECT_TRUE(world.store.row().wanted_product.empty());
    EXPECT_FALSE(world.store.row().convergence.product_wanted);
}

TEST_F(ChangeProductTest, OneThatTheAccountGotMeanwhileIsTold) {
    world.hold(EntitlementStatus::active).occupies = true;
    world.partner.meanwhile = [&] {
        auto& other = world.hold(EntitlementStatus::active, domain::EntitlementId{"e-2"});
        other.product = kMore;
        other.product_key = kMoreKey;
        other.occupies = true;
    };
    world.partner.acts = {has(kMoreKey)};
    EXPECT_TRUE(change());
    const auto& row = world.store.row();
    EXPECT_EQ(row.product, test::kProduct);
    EXPECT_EQ(row.other_product_key, kMoreKey);
    EXPECT_FALSE(domain::is_settled(row)) << "a person must look";
}

}  // namespace
}  // namespace usher::flow
