#include "flow/pinning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::PartnerAction;
using testing::ElementsAre;
using testing::IsEmpty;

class PinningTest : public testing::Test {
  protected:
    ActionPin pin(bool supported, const std::string& by = "ann") {
        return world
            .run(place_pin(world.ports, {.tenant = test::kTenant,
                                         .merchant = test::kMerchant,
                                         .action = PartnerAction::suspend,
                                         .supported = supported,
                                         .by = by,
                                         .why = "they say so"}))
            .value();
    }
    test::World world;
};

TEST_F(PinningTest, APinIsInForceAtOnceAndOnce) {
    const auto first = pin(false);
    EXPECT_EQ(first.since, world.clock.now());
    EXPECT_THAT(world.propagator.heard_pins.value(), ElementsAre(first));
    EXPECT_EQ(world.propagator.woken, 1);
    world.clock.pass(std::chrono::seconds{1});
    EXPECT_EQ(pin(false, "ben"), first);
    EXPECT_THAT(world.store.pinned, ElementsAre(first));
}

TEST_F(PinningTest, TheOppositeTakesItsPlace) {
    pin(false);
    world.clock.pass(std::chrono::seconds{1});
    const auto other = pin(true, "ben");
    EXPECT_THAT(world.store.pinned, ElementsAre(other));
    EXPECT_THAT(world.propagator.heard_pins.value(), ElementsAre(other));
}

TEST_F(PinningTest, OnlyTheOneThatIsMeantIsLifted) {
    const auto placed = pin(false);
    const auto lift = [&](PartnerAction action, const domain::ProductKey& product) {
        return world
            .run(lift_pin(world.ports, {.tenant = test::kTenant,
                                        .merchant = test::kMerchant,
                                        .product = product,
                                        .action = action,
                                        .by = "ben",
                                        .why = "over"}))
            .value();
    };
    EXPECT_EQ(lift(PartnerAction::cancel, {}), 0U);
    EXPECT_EQ(lift(PartnerAction::suspend, domain::ProductKey{"P"}), 0U);
    EXPECT_THAT(world.store.pinned, ElementsAre(placed));
    EXPECT_EQ(lift(PartnerAction::suspend, {}), 1U);
    EXPECT_THAT(world.propagator.heard_pins.value(), IsEmpty());
}

TEST(ActionPin, TheOneThatNamesMostCounts) {
    const domain::TenantId t{"t"};
    const domain::MerchantId m{"m"};
    const domain::ProductKey p{"p"};
    const std::vector<ActionPin> pins{
        {.action = PartnerAction::suspend, .by = "all"},
        {.tenant = t, .merchant = m, .action = PartnerAction::suspend, .by = "merchant"},
        {.product = p, .action = PartnerAction::suspend, .supported = true, .by = "product"},
        {.tenant = t, .product = p, .action = PartnerAction::cancel, .by = "cancel"}};
    const auto by = [&](const domain::TenantId& tenant, const domain::MerchantId& merchant,
                        const domain::ProductKey& product, PartnerAction action) {
        const auto* found = pin_for(pins, tenant, merchant, product, action);
        return found == nullptr ? "" : found->by;
    };
    EXPECT_EQ(by(t, m, p, PartnerAction::suspend), "product");
    EXPECT_EQ(by(t, m, domain::ProductKey{"q"}, PartnerAction::suspend), "merchant");
    EXPECT_EQ(by(domain::TenantId{"u"}, m, domain::ProductKey{"q"}, PartnerAction::suspend), "all");
    EXPECT_EQ(by(t, m, p, PartnerAction::cancel), "cancel");
    EXPECT_EQ(by(domain::TenantId{"u"}, m, p, PartnerAction::cancel), "");
    EXPECT_EQ(by(t, m, p, PartnerAction::resume), "");
}

}  // namespace
}  // namespace usher::flow
