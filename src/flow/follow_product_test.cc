#include "flow/follow_product.h"

#include <gtest/gtest.h>

#include "flow/standing.h"
#include "flow/test_world.h"
#include "flow/work.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::Problem;

const domain::ProductKey kOtherKey{"MUSIC_PREMIUM"};
const domain::ProductId kOtherProduct{"OTHER_PRODUCT"};

class FollowProductTest : public testing::Test {
  protected:
    void SetUp() override {
        auto& row = world.hold(EntitlementStatus::active);
        row.other_product_key = kOtherKey;
    }
    void sell_other() {
        world.store.products[kOtherProduct] = {.tenant = test::kTenant,
                                               .id = kOtherProduct,
                                               .merchant = test::kMerchant,
                                               .product_key = kOtherKey};
    }
    std::shared_ptr<const domain::Entitlement> follow() {
        return world.run(follow_product(world.ports, world.store.row())).value();
    }

    test::World world;
};

TEST_F(FollowProductTest, TheRecordFollowsWithAnEvent) {
    sell_other();
    const auto before = world.store.row();
    const auto row = follow();
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, world.store.row());
    EXPECT_EQ(row->product, kOtherProduct);
    EXPECT_EQ(row->product_key, kOtherKey);
    EXPECT_TRUE(row->other_product_key.empty());
    EXPECT_EQ(row->version, before.version + 1);
    EXPECT_FALSE(row->unsettled_since);
    ASSERT_EQ(world.store.events.size(), 1U);
    const auto& event = world.store.events[0];
    EXPECT_EQ(event.change.kind, domain::ChangeKind::product_moved);
    EXPECT_EQ(event.initiator, domain::Initiator::partner);
    EXPECT_EQ(event.product, kOtherProduct);
    EXPECT_EQ(event.change.status_to, EntitlementStatus::active);
    EXPECT_FALSE(follow()) << "once";
}

TEST_F(FollowProductTest, WhatIsNoProductOfOursNeedsAPerson) {
    const auto row = follow();
    ASSERT_TRUE(row);
    EXPECT_EQ(row->product, test::kProduct);
    EXPECT_EQ(row->problem, Problem::product_not_ours);
    EXPECT_TRUE(world.store.events.empty());
    const auto standing = standing_of(*row, std::chrono::hours{24}, world.clock.now());
    EXPECT_EQ(standing.word, StandingWord::attention);
    EXPECT_NE(standing.last_problem.find(kOtherKey.text()), std::string::npos);
    sell_other();
    EXPECT_EQ(follow()->product, kOtherProduct) << "once it is one";
}

TEST_F(FollowProductTest, APlaceThatIsTakenNeedsAPerson) {
    sell_other();
    auto holder = world.store.row();
    holder.id = domain::EntitlementId{"holder"};
    holder.product = kOtherProduct;
    holder.other_product_key = {};
    holder.partner_id = domain::PartnerEntitlementId{"b-holder"};
    world.store.rows[{test::kTenant, holder.id}] = holder;
    const auto row = follow();
    ASSERT_TRUE(row);
    EXPECT_EQ(row->problem, Problem::product_taken);
    EXPECT_EQ(row->product, test::kProduct);
    EXPECT_NE(row->last_problem.find("holder"), std::string::npos);
}

TEST_F(FollowProductTest, ARowThatWentOnIsLeftAlone) {
    sell_other();
    const auto stale = world.store.row();
    world.store.row().other_product_key = {};
    EXPECT_FALSE(world.run(follow_product(world.ports, stale)).value());
    EXPECT_TRUE(world.store.events.empty());
}

TEST_F(FollowProductTest, ALookFindsTheOtherProductAndComesBackToIt) {
    auto& row = world.store.row();
    row.other_product_key = {};
    row.convergence.read_wanted = true;
    row.due_at = world.clock.now();
    const auto claimed = world.run(claim(world.ports, test::kTenant, test::kEntitlement)).value();
    ASSERT_TRUE(claimed.next);
    ReadReply reply{.kind = ReadKind::found,
                    .record = PartnerRecord{.id = row.partner_id,
                                            .view = {.status = domain::PartnerStatus::active},
                                            .merchant = test::kMerchant,
                                            .product_key = kOtherKey}};
    const auto done =
        world.run(settle(world.ports, *claimed.next, reply, world.clock.now())).value();
    ASSERT_TRUE(done.entitlement);
    EXPECT_EQ(done.entitlement->other_product_key, kOtherKey);
    EXPECT_EQ(done.entitlement->product, test::kProduct);
    EXPECT_FALSE(domain::is_settled(*done.entitlement));
    EXPECT_TRUE(done.entitlement->due_at);

    row = *done.entitlement;
    row.convergence.read_wanted = true;
    row.due_at = world.clock.now();
    const auto again = world.run(claim(world.ports, test::kTenant, test::kEntitlement)).value();
    reply.record->product_key = row.product_key;
    const auto back = world.run(settle(world.ports, *again.next, reply, world.clock.now())).value();
    EXPECT_TRUE(back.entitlement->other_product_key.empty());
    EXPECT_TRUE(domain::is_settled(*back.entitlement));
}

}  // namespace
}  // namespace usher::flow
