#include "converge/routes.h"

#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const flow::Route kDemo{domain::TenantId{"demo"}, domain::MerchantId{"M"}};
const flow::Route kOtherTenant{domain::TenantId{"second"}, domain::MerchantId{"M"}};
const domain::ProductKey kProduct{"P"};
constexpr base::Monotonic kNow{seconds{1000}};

Routes routes(std::size_t in_flight = 2) {
    return Routes{{.in_flight = in_flight, .breaker = {.failures = 1}}};
}

TEST(Routes, LetsNoMoreThanItsLimitInAtOnce) {
    auto known = routes(2);
    EXPECT_TRUE(known.enter(kDemo));
    EXPECT_TRUE(known.takes_calls(kDemo));
    EXPECT_TRUE(known.enter(kDemo));
    EXPECT_FALSE(known.takes_calls(kDemo));
    EXPECT_FALSE(known.enter(kDemo));
    EXPECT_TRUE(known.is_healthy(kDemo)) << "full is not ill";
    EXPECT_TRUE(known.state(kDemo).full);
    known.leave(kDemo);
    EXPECT_TRUE(known.enter(kDemo));
}

TEST(Routes, OneTenantsTroubleIsNotAnothers) {
    auto known = routes();
    known.fail(kDemo, kNow, {domain::Problem::login_refused, "wrong password"});
    EXPECT_FALSE(known.takes_calls(kDemo));
    EXPECT_TRUE(known.takes_calls(kOtherTenant));
    const auto shut = known.shut(kNow);
    EXPECT_EQ(shut.routes, std::vector{kDemo});
    EXPECT_TRUE(shut.to_probe.empty());
    EXPECT_EQ(shut.next_probe, kNow + seconds{1});
    EXPECT_EQ(known.shut(kNow + seconds{1}).to_probe, std::vector{kDemo});
    EXPECT_FALSE(known.state(kDemo).healthy);
    EXPECT_EQ(known.state(kDemo).trouble.code, domain::Problem::login_refused);
    EXPECT_EQ(known.state(kDemo).next_probe, kNow + seconds{1});
    EXPECT_TRUE(known.state(kOtherTenant).healthy);
    EXPECT_EQ(known.state(kOtherTenant).trouble.code, domain::Problem::none);
    known.succeed(kDemo);
    EXPECT_TRUE(known.shut(kNow).routes.empty());
    EXPECT_TRUE(known.takes_calls(kDemo));
}

TEST(Routes, RemembersForADayWhatAProductDoesNotSupport) {
    auto known = routes();
    using domain::PartnerAction;
    EXPECT_EQ(known.supported(kDemo, kProduct, kNow), domain::ActionSet::all());
    known.learn_unsupported(kDemo, kProduct, PartnerAction::suspend, kNow);
    EXPECT_FALSE(known.supported(kDemo, kProduct, kNow).contains(PartnerAction::suspend));
    EXPECT_TRUE(known.supported(kDemo, kProduct, kNow).contains(PartnerAction::cancel));
    EXPECT_EQ(known.supported(kDemo, domain::ProductKey{"Q"}, kNow), domain::ActionSet::all());
    EXPECT_EQ(known.supported(kOtherTenant, kProduct, kNow), domain::ActionSet::all());
    EXPECT_EQ(known.supported(kDemo, kProduct, kNow + hours{24}), domain::ActionSet::all());
}

TEST(HoldsTest, APausedRouteTakesNoCallAndIsNotProbed) {
    Holds holds;
    Routes routes{{}, &holds};
    const flow::Route route{domain::TenantId{"t"}, domain::MerchantId{"m"}};
    const flow::Route other{domain::TenantId{"t"}, domain::MerchantId{"n"}};
    EXPECT_FALSE(routes.takes_calls(route)) << "nobody knows yet what is paused";
    holds.set({{.merchant = route.merchant, .kind = flow::HoldKind::paused}});
    for (int i = 0; i < 10; ++i) routes.fail(route, {}, {domain::Problem::no_answer, "silence"});
    EXPECT_FALSE(routes.enter(route));
    EXPECT_FALSE(routes.enter_spare(route));
    EXPECT_FALSE(routes.is_healthy(route));
    EXPECT_TRUE(routes.enter(other));
    const auto shut = routes.shut(base::Monotonic{std::chrono::hours{1}});
    EXPECT_EQ(shut.routes.at(0), (flow::Route{{}, route.merchant}));
    EXPECT_TRUE(shut.to_probe.empty());
    holds.set({});
    routes.succeed(route);
    EXPECT_TRUE(routes.takes_calls(route));
}

TEST(HoldsTest, ARestoreHoldsWhatWasAskedBefore) {
    Holds holds;
    const flow::Route route{domain::TenantId{"t"}, domain::MerchantId{"m"}};
    EXPECT_TRUE(holds.unsent_until(route)) << "nobody knows yet";
    const base::Time restored = base::from_micros(5'000'000);
    holds.set({{.kind = flow::HoldKind::restored, .since = restored}});
    EXPECT_EQ(holds.unsent_until(route), restored);
    EXPECT_FALSE(holds.is_paused(route));
    holds.set({});
    EXPECT_FALSE(holds.unsent_until(route));
}

TEST(HoldsTest, EndingsAreHeldForTheirTenant) {
    Holds holds;
    EXPECT_FALSE(holds.takes_endings(domain::TenantId{"t"})) << "nobody knows yet";
    holds.set({});
    EXPECT_TRUE(holds.takes_endings(domain::TenantId{"t"}));
    holds.add({.tenant = domain::TenantId{"t"}, .kind = flow::HoldKind::endings});
    EXPECT_FALSE(holds.takes_endings(domain::TenantId{"t"}));
    EXPECT_TRUE(holds.takes_endings(domain::TenantId{"u"}));
}

}  // namespace
}  // namespace usher::converge
