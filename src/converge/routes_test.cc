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

Answered failed(domain::Problem problem) {
    return {.unhealthy = true, .trouble = {problem, "trouble"}};
}

TEST(Routes, LetsNoMoreThanItsLimitInAtOnce) {
    auto known = routes(2);
    EXPECT_TRUE(known.enter(kDemo, kNow));
    EXPECT_TRUE(known.takes_calls(kDemo, kNow));
    EXPECT_TRUE(known.enter(kDemo, kNow));
    EXPECT_FALSE(known.takes_calls(kDemo, kNow));
    EXPECT_FALSE(known.enter(kDemo, kNow));
    EXPECT_TRUE(known.is_healthy(kDemo)) << "full is not ill";
    EXPECT_TRUE(known.state(kDemo, kNow).full);
    known.leave(kDemo);
    EXPECT_TRUE(known.enter(kDemo, kNow));
}

TEST(Routes, OneTenantsTroubleIsNotAnothers) {
    auto known = routes();
    known.answered(kDemo, failed(domain::Problem::login_refused), kNow);
    EXPECT_FALSE(known.takes_calls(kDemo, kNow));
    EXPECT_TRUE(known.takes_calls(kOtherTenant, kNow));
    const auto shut = known.shut(kNow);
    EXPECT_EQ(shut.routes, std::vector{kDemo});
    EXPECT_TRUE(shut.to_probe.empty());
    EXPECT_EQ(shut.next, kNow + seconds{1});
    EXPECT_EQ(known.shut(kNow + seconds{1}).to_probe, std::vector{kDemo});
    EXPECT_EQ(known.state(kDemo, kNow).breaker, Breaker::State::open);
    EXPECT_EQ(known.state(kDemo, kNow).trouble.code, domain::Problem::login_refused);
    EXPECT_EQ(known.state(kDemo, kNow).next_probe, kNow + seconds{1});
    EXPECT_EQ(known.state(kOtherTenant, kNow).breaker, Breaker::State::closed);
    EXPECT_EQ(known.state(kOtherTenant, kNow).trouble.code, domain::Problem::none);
    known.answered(kDemo, {.begun = kNow}, kNow);
    EXPECT_TRUE(known.shut(kNow).routes.empty());
    EXPECT_TRUE(known.takes_calls(kDemo, kNow));
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

TEST(Routes, WhatAPersonPinnedCountsBeforeWhatWasLearnt) {
    auto known = routes();
    using domain::PartnerAction;
    const auto supports = [&](PartnerAction action, const flow::Route& route = kDemo) {
        return known.supported(route, kProduct, kNow).contains(action);
    };
    known.learn_unsupported(kDemo, kProduct, PartnerAction::suspend, kNow);
    known.set_pins({{.tenant = kDemo.tenant, .action = PartnerAction::suspend, .supported = true},
                    {.tenant = kDemo.tenant, .action = PartnerAction::revoke}});
    EXPECT_TRUE(supports(PartnerAction::suspend));
    EXPECT_FALSE(supports(PartnerAction::revoke));
    EXPECT_TRUE(supports(PartnerAction::revoke, kOtherTenant));
    known.set_pins({});
    EXPECT_FALSE(supports(PartnerAction::suspend)) << "it was learnt all the same";
    EXPECT_TRUE(supports(PartnerAction::revoke));
}

TEST(Routes, WhatWasLearntIsShownAndCanBeForgotten) {
    auto known = routes();
    using domain::PartnerAction;
    known.learn_unsupported(kDemo, kProduct, PartnerAction::suspend, kNow);
    known.learn_unsupported(kOtherTenant, kProduct, PartnerAction::suspend, kNow);
    ASSERT_EQ(known.learned(kNow).size(), 2U);
    EXPECT_EQ(known.learned(kNow).at(0).until, kNow + hours{24});
    EXPECT_EQ(known.learned(kNow + hours{24}).size(), 0U);
    EXPECT_EQ(known.forget_learned({.tenant = kDemo.tenant, .action = PartnerAction::cancel}, kNow),
              0U);
    EXPECT_EQ(known.forget_learned({.tenant = kDemo.tenant}, kNow), 1U);
    EXPECT_EQ(known.supported(kDemo, kProduct, kNow), domain::ActionSet::all());
    EXPECT_FALSE(known.supported(kOtherTenant, kProduct, kNow).contains(PartnerAction::suspend));
}

// Many calls are out when the partner asks for a pause; the answers to them do not end it.
TEST(Routes, APauseThatThePartnerAskedForIsKept) {
    auto known = routes(8);
    ASSERT_TRUE(known.enter(kDemo, kNow));
    ASSERT_TRUE(known.enter(kDemo, kNow));
    auto asked = failed(domain::Problem::slow_down);
    asked.retry_after = seconds{30};
    known.answered(kDemo, asked, kNow);
    known.answered(kDemo, {.begun = kNow}, kNow + seconds{1});
    EXPECT_FALSE(known.enter(kDemo, kNow + seconds{29}));
    EXPECT_TRUE(known.shut(kNow + seconds{29}).to_probe.empty());
    EXPECT_EQ(known.shut(kNow + seconds{30}).to_probe, std::vector{kDemo});
}

TEST(Routes, BeingAskedToSlowDownIsNoOutage) {
    auto known = routes(8);
    const auto whole = known.state(kDemo, kNow).window;
    for (int i = 0; i < 9; ++i) {
        auto asked = failed(domain::Problem::slow_down);
        asked.begun = kNow + seconds{i};
        known.answered(kDemo, asked, kNow + seconds{i});
    }
    EXPECT_TRUE(known.is_healthy(kDemo));
    EXPECT_LT(known.state(kDemo, kNow).window, whole / 4);
}

TEST(Routes, AfterAnOutageOneCallAfterTheProbeThenMore) {
    auto known = routes(8);
    known.answered(kDemo, failed(domain::Problem::no_answer), kNow);
    EXPECT_FALSE(known.enter(kDemo, kNow));
    const auto later = kNow + seconds{1};
    known.begin_probe(kDemo, later, seconds{10});
    known.probe_answered(kDemo, later);
    EXPECT_TRUE(known.enter(kDemo, later));
    EXPECT_FALSE(known.enter(kDemo, later)) << "one real call decides";
    known.answered(kDemo, {.begun = later}, later + seconds{1});
    known.leave(kDemo);
    EXPECT_LE(known.state(kDemo, later).window, 2) << "and then it begins small";
    EXPECT_TRUE(known.enter(kDemo, later + seconds{1}));
}

TEST(Routes, ATrialThatWasNotSentIsGivenBack) {
    auto known = routes(8);
    known.answered(kDemo, failed(domain::Problem::no_answer), kNow);
    known.probe_answered(kDemo, kNow + seconds{1});
    EXPECT_TRUE(known.enter(kDemo, kNow + seconds{1}));
    known.give_back(kDemo);
    EXPECT_TRUE(known.enter(kDemo, kNow + seconds{1}));
}

TEST(HoldsTest, APausedRouteTakesNoCallAndIsNotProbed) {
    Holds holds;
    Routes routes{{}, &holds};
    const flow::Route route{domain::TenantId{"t"}, domain::MerchantId{"m"}};
    const flow::Route other{domain::TenantId{"t"}, domain::MerchantId{"n"}};
    EXPECT_FALSE(routes.takes_calls(route, kNow)) << "nobody knows yet what is paused";
    holds.set({{.merchant = route.merchant, .kind = flow::HoldKind::paused}});
    for (int i = 0; i < 10; ++i) routes.answered(route, failed(domain::Problem::no_answer), {});
    EXPECT_FALSE(routes.enter(route, kNow));
    EXPECT_FALSE(routes.enter_spare(route, kNow));
    EXPECT_FALSE(routes.is_healthy(route));
    EXPECT_TRUE(routes.enter(other, kNow));
    const auto shut = routes.shut(base::Monotonic{std::chrono::hours{1}});
    EXPECT_EQ(shut.routes.at(0), (flow::Route{{}, route.merchant}));
    EXPECT_TRUE(shut.to_probe.empty());
    holds.set({});
    routes.answered(route, {.begun = kNow}, kNow);
    EXPECT_TRUE(routes.takes_calls(route, kNow));
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
