#include "flow/sub_tenants.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

const domain::TenantId kSub{"demo_one"};

class SubTenantsTest : public testing::Test {
  protected:
    static AddSubTenant one(bool enabled = true) {
        AddSubTenant request{.tenant = {.id = kSub,
                                        .primary = test::kTenant,
                                        .enabled = enabled,
                                        .settings = {.edition = "A"}}};
        request.asker.subject = "ann";
        request.asker.comment = "a new brand";
        return request;
    }
    std::expected<SubTenant, Failure> add(AddSubTenant request) {
        return world.run(add_sub_tenant(world.ports, std::move(request)));
    }
    std::expected<bool, Failure> change(ChangeSubTenant request) {
        return world.run(change_sub_tenant(world.ports, std::move(request)));
    }
    const std::vector<TenantChange>& told() { return world.store.tenant_changes_made; }

    test::World world;
};

TEST_F(SubTenantsTest, OneIsAddedWithItsHistoryAndKnownHereAtOnce) {
    ASSERT_TRUE(add(one()));
    ASSERT_EQ(world.ports.tenants->all()->size(), 1U);
    EXPECT_EQ(world.ports.tenants->all()->at(0).id, kSub);
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told().at(0).what, "added, ENABLED");
    EXPECT_EQ(told().at(0).why, "a new brand");
    EXPECT_EQ(told().at(0).asker.subject, "ann");
    EXPECT_EQ(told().at(0).at, world.clock.now());
}

TEST_F(SubTenantsTest, RepeatingItIsFineAndAnotherMeaningIsNot) {
    ASSERT_TRUE(add(one()));
    ASSERT_TRUE(add(one()));
    EXPECT_EQ(told().size(), 1U);
    EXPECT_EQ(add(one(false)).error().kind, FailureKind::id_taken);
    auto others = one();
    others.tenant.primary = domain::TenantId{"another"};
    EXPECT_EQ(add(std::move(others)).error().kind, FailureKind::id_taken);
}

TEST_F(SubTenantsTest, AChangeSaysWhatFromAndTo) {
    ASSERT_TRUE(add(one()));
    ChangeSubTenant request{.primary = test::kTenant,
                            .tenant = kSub,
                            .enabled = false,
                            .settings = TenantSettings{.edition = "B",
                                                       .wait = std::chrono::milliseconds{5},
                                                       .strict_reasons = true},
                            .why = "closed"};
    EXPECT_EQ(change(request).value(), true);
    EXPECT_EQ(told().back().what,
              "status ENABLED to DISABLED, edition A to B, waitMs 0 to 5, strictReasons false to "
              "true");
    EXPECT_EQ(told().back().why, "closed");
    EXPECT_FALSE(world.ports.tenants->all()->at(0).enabled);
    EXPECT_EQ(change(request).value(), false);
    EXPECT_EQ(told().size(), 2U);
    request.primary = domain::TenantId{"another"};
    EXPECT_EQ(change(request).error().kind, FailureKind::sub_tenant_unknown);
}

TEST_F(SubTenantsTest, APrimaryIsToldItsOwnAlone) {
    ASSERT_TRUE(add(one()));
    EXPECT_EQ(world.run(list_sub_tenants(world.ports, test::kTenant)).value().size(), 1U);
    EXPECT_TRUE(
        world.run(list_sub_tenants(world.ports, domain::TenantId{"another"})).value().empty());
}

}  // namespace
}  // namespace usher::flow
