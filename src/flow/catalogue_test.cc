#include "flow/catalogue.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::AccountStatus;
using std::chrono::seconds;

class CatalogueTest : public testing::Test {
  protected:
    std::expected<domain::Product, Failure> put(std::string merchant, std::string key,
                                                std::string name) {
        return world.run(put_product(world.ports, {.tenant = test::kTenant,
                                                   .name = std::move(name),
                                                   .merchant = domain::MerchantId{merchant},
                                                   .product_key = domain::ProductKey{key}}));
    }
    std::expected<domain::Account, Failure> add(std::optional<std::string> id,
                                                AccountStatus status) {
        std::optional<domain::AccountId> account;
        if (id) account = domain::AccountId{*id};
        return world.run(
            add_account(world.ports, {.tenant = test::kTenant, .id = account, .status = status}));
    }

    test::World world;
};

TEST_F(CatalogueTest, AProductIsNamedByWhereItLivesAtThePartner) {
    const auto put_first = put("TV", "FILMS", "Films");
    ASSERT_TRUE(put_first);
    EXPECT_EQ(put_first->id.text(), "TV_FILMS");
    EXPECT_EQ(world.store.products.at(put_first->id), *put_first);
    world.clock.pass(seconds{5});
    const auto again = put("TV", "FILMS", "More films");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->name, "More films");
    EXPECT_EQ(again->created, put_first->created);
    EXPECT_EQ(again->modified, world.clock.now());
}

TEST_F(CatalogueTest, TwoProductsNeverShareAnId) {
    ASSERT_TRUE(put("a_b", "c", "one"));
    const auto other = put("a", "b_c", "two");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, FailureKind::product_in_use);
    EXPECT_EQ(world.store.products.at(domain::ProductId{"a_b_c"}).name, "one");
}

TEST_F(CatalogueTest, AnAccountIsAddedOnce) {
    const auto added = add("account-9", AccountStatus::active);
    ASSERT_TRUE(added);
    world.clock.pass(seconds{5});
    const auto again = add("account-9", AccountStatus::active);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *added);
    const auto other = add("account-9", AccountStatus::suspended);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, FailureKind::id_taken);
}

TEST_F(CatalogueTest, AnIdIsMadeWhenNoneIsGiven) {
    const auto one = add({}, AccountStatus::restricted);
    const auto two = add({}, AccountStatus::restricted);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->id.text().size(), 24U);
    EXPECT_NE(one->id, two->id);
    EXPECT_EQ(one->status, AccountStatus::restricted);
}

TEST_F(CatalogueTest, PassesOnWhatTheStoreSays) {
    world.store.error = StoreError::not_writable;
    EXPECT_EQ(put("TV", "FILMS", "Films").error().store, StoreError::not_writable);
    world.store.error = StoreError::not_writable;
    EXPECT_EQ(add({}, AccountStatus::active).error().store, StoreError::not_writable);
}

}  // namespace
}  // namespace usher::flow
