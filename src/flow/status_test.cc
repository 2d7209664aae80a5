#include "flow/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::Problem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const domain::TenantId kDemo{"demo"};
const domain::TenantId kOther{"second"};
const domain::MerchantId kShop{"SHOP"};
const base::Time kNow = base::from_micros(1'800'000'000'000'000);

RouteReport route(const domain::TenantId& tenant = kDemo) {
    return {.tenant = tenant,
            .merchant = kShop,
            .window = 32,
            .most = 32,
            .settled_per_minute = 600,
            .rate_is_known = true};
}

BacklogPart part(Problem problem, std::uint64_t count, bool due = true,
                 const domain::TenantId& tenant = kDemo) {
    return {.tenant = tenant,
            .merchant = kShop,
            .problem = problem,
            .due = due,
            .count = count,
            .oldest = kNow - hours{1}};
}

StatusFacts facts(std::vector<RouteReport> routes, std::vector<BacklogPart> parts) {
    return {.now = kNow,
            .backlog = std::make_shared<const Counted>(Counted{std::move(parts), kNow}),
            .routes = std::move(routes),
            .tenants = {{kDemo, hours{24}, std::nullopt}, {kOther, hours{24}, std::nullopt}},
            .give_up_after = hours{24}};
}

// The sentence of the first finding, and whether it is trouble.
std::string first(const Status& status) {
    if (status.findings.empty()) return "";
    const auto& finding = status.findings.front();
    return (finding.severity == Severity::trouble ? "! " : "- ") + finding.what;
}

TEST(Status, NothingToTellIsNoTrouble) {
    const auto status = tell_status(facts({route()}, {}));
    EXPECT_THAT(status.findings, IsEmpty());
    EXPECT_FALSE(is_in_trouble(status));
    ASSERT_EQ(status.routes.size(), 1U);
    EXPECT_FALSE(status.routes.at(0).eta);
    EXPECT_EQ(status.routes.at(0).eta_unknown, "");
    EXPECT_FALSE(status.tenants.at(0).oldest);
}

TEST(Status, WhatWaitsIsDoneAfterAsLongAsItTakesAtThePresentRate) {
    const auto status = tell_status(
        facts({route()}, {part(Problem::none, 5000), part(Problem::no_answer, 1000, false)}));
    const auto& told = status.routes.at(0);
    EXPECT_EQ(told.unsettled, 6000U);
    EXPECT_EQ(told.waiting, 5000U);
    EXPECT_EQ(told.oldest, kNow - hours{1});
    EXPECT_EQ(told.eta, seconds{500});
}

TEST(Status, TheNewestComparisonOfEachMerchantIsTold) {
    auto known = facts({route()}, {part(Problem::product_not_ours, 2)});
    const auto line = [](const std::string& merchant, int hour, std::uint64_t differences) {
        Comparison told{.merchant = domain::MerchantId{merchant}, .at = kNow - hours{24 - hour}};
        told.counts.at(index_of(Finding::status_differs)) = differences;
        return told;
    };
    known.tenants.at(0).compared = {line("A", 1, 3), line("A", 2, 0), line("B", 1, 0),
                                    line("B", 2, 5)};
    const auto status = tell_status(known);
    const auto& told = status.tenants.at(0);
    ASSERT_EQ(told.compared.size(), 2U);
    EXPECT_EQ(told.compared.at(0), line("A", 2, 0));
    EXPECT_EQ(told.compared.at(1), line("B", 2, 5));
    ASSERT_EQ(status.findings.size(), 2U) << "what needs a person, and the differences";
    EXPECT_NE(status.findings.at(1).what.find("5 differences"), std::string::npos);
    EXPECT_EQ(told.attention, 2U) << "no call settles that";
}

TEST(Status, ATimeThatIsNotKnownSaysWhy) {
    const std::vector waiting{part(Problem::none, 10)};
    const auto why = [&](auto change) {
        auto report = route();
        change(report);
        const auto status = tell_status(facts({report}, waiting));
        EXPECT_FALSE(status.routes.at(0).eta);
        return status.routes.at(0).eta_unknown;
    };
    EXPECT_EQ(why([](auto& r) { r.paused = Hold{}; }), "it is paused");
    EXPECT_EQ(why([](auto& r) { r.state = RouteState::open; }), "the partner is in trouble");
    EXPECT_EQ(why([](auto& r) { r.state = RouteState::half_open; }),
              "the partner has only just answered again");
    EXPECT_EQ(why([](auto& r) { r.rate_is_known = false; }),
              "it has not been moving for ten seconds yet");
    EXPECT_EQ(why([](auto& r) { r.settled_per_minute = 0; }),
              "nothing was settled in the last two minutes");
}

// The causes are those that `usher explain` names for one: what stands in the way of all comes
// before what the last try met.
TEST(Status, CountsByTheCauseThatExplainNames) {
    const std::vector parts{part(Problem::none, 3), part(Problem::no_answer, 2, false)};
    const auto causes = [&](RouteReport report, std::optional<std::string> not_writable = {}) {
        auto known = facts({std::move(report)}, parts);
        known.not_writable = std::move(not_writable);
        return tell_status(std::move(known)).tenants.at(0).causes;
    };
    EXPECT_THAT(causes(route()),
                UnorderedElementsAre(Pair(Cause::waiting_for_turn, 3), Pair(Cause::no_answer, 2)));
    auto open = route();
    open.state = RouteState::open;
    open.problem_code = Problem::login_refused;
    EXPECT_THAT(causes(open), ElementsAre(Pair(Cause::login_refused, 5)));
    auto paused = open;
    paused.paused = Hold{.kind = HoldKind::paused};
    EXPECT_THAT(causes(paused), ElementsAre(Pair(Cause::paused, 5)));
    EXPECT_THAT(causes(paused, "the disk is full"),
                ElementsAre(Pair(Cause::store_not_writable, 5)));
}

TEST(Status, TheWorstComesFirst) {
    auto open = route();
    open.state = RouteState::open;
    open.problem = "no connection";
    open.problem_code = Problem::partner_unreachable;
    auto known = facts({route(kOther), open},
                       {part(Problem::none, 7), part(Problem::none, 70, true, kOther)});
    known.issuer.answers = false;
    auto status = tell_status(known);
    EXPECT_EQ(status.routes.at(0).report.tenant, kDemo);
    EXPECT_THAT(first(status), HasSubstr("! demo/SHOP: no connection; 7 wait"));
    EXPECT_TRUE(is_in_trouble(status));
    known.not_writable = "the disk is full";
    EXPECT_THAT(first(tell_status(known)), HasSubstr("! No change can be recorded: the disk"));
}

TEST(Status, APauseThatThePartnerAskedForIsNoTrouble) {
    auto asked = route();
    asked.state = RouteState::open;
    asked.problem = "too many requests";
    asked.problem_code = Problem::slow_down;
    const auto status = tell_status(facts({asked}, {part(Problem::none, 7)}));
    EXPECT_FALSE(is_in_trouble(status));
    EXPECT_THAT(first(status), HasSubstr("- demo/SHOP: too many requests"));
}

TEST(Status, HoldsSayWhatLiftsThem) {
    auto known = facts({}, {part(Problem::none, 7)});
    known.holds = {{.tenant = kDemo,
                    .merchant = kShop,
                    .kind = HoldKind::paused,
                    .since = kNow,
                    .by = "ann",
                    .why = "their upgrade"}};
    auto status = tell_status(known);
    ASSERT_EQ(status.findings.size(), 1U);
    EXPECT_FALSE(is_in_trouble(status)) << "somebody knows of it";
    EXPECT_THAT(status.findings.at(0).what, HasSubstr("by ann: their upgrade"));
    EXPECT_THAT(status.findings.at(0).todo,
                HasSubstr("usher resume partner bango --tenant demo --merchant SHOP"));
    EXPECT_EQ(status.routes.at(0).eta_unknown, "it is paused");

    known.holds = {{.kind = HoldKind::endings}, {.kind = HoldKind::restored}};
    status = tell_status(known);
    EXPECT_TRUE(is_in_trouble(status));
    EXPECT_THAT(status.findings.at(0).todo, HasSubstr("usher confirm endings --all-tenants"));
    EXPECT_THAT(status.findings.at(1).todo, HasSubstr("usher confirm restored --all-tenants"));
}

TEST(Status, WhatIsNotSettledForTooLongNeedsAPerson) {
    auto old = part(Problem::id_unknown, 3, false);
    old.long_ago = 2;
    const auto status = tell_status(facts({route()}, {old}));
    EXPECT_EQ(status.tenants.at(0).attention, 2U);
    EXPECT_THAT(
        first(status),
        HasSubstr("! demo: 2 need a person, not settled for more than 24 h or by no call; most of "
                  "all: id_unknown"));
}

TEST(Status, ASweepIsLateAfterTwoLimits) {
    const auto late = [](base::Duration fresh_for) {
        auto known = facts({}, {});
        known.tenants.at(0).sweep = Sweep{.tenant = kDemo, .fresh_since = kNow - fresh_for};
        return tell_status(known);
    };
    EXPECT_FALSE(is_in_trouble(late(hours{47})));
    EXPECT_TRUE(is_in_trouble(late(hours{49})));
    EXPECT_EQ(late(hours{49}).tenants.at(0).sweep_age, hours{49});
}

TEST(Status, WhatStandsStillWithoutAReasonIsTrouble) {
    auto still = route();
    still.settled_per_minute = 0;
    EXPECT_TRUE(is_in_trouble(tell_status(facts({still}, {part(Problem::none, 1)}))));
    EXPECT_FALSE(is_in_trouble(tell_status(facts({still}, {}))));
}

TEST(Status, AGapThatIsPinnedIsNotAskedAbout) {
    auto known = facts({}, {});
    known.learned = {{.tenant = kDemo,
                      .merchant = kShop,
                      .product = domain::ProductKey{"MUSIC"},
                      .action = domain::PartnerAction::suspend,
                      .until = kNow + hours{1}}};
    EXPECT_THAT(first(tell_status(known)),
                HasSubstr("- demo/SHOP: MUSIC does not support suspend"));
    known.pins = {{.tenant = kDemo, .action = domain::PartnerAction::suspend}};
    EXPECT_THAT(tell_status(known).findings, IsEmpty());
}

TEST(Status, ATenantSeesItsOwnAndWhatConcernsAll) {
    auto known = facts({route(), route(kOther)},
                       {part(Problem::none, 1), part(Problem::none, 2, true, kOther)});
    known.holds = {{.kind = HoldKind::paused}, {.tenant = kOther, .kind = HoldKind::paused}};
    known.pins = {{.tenant = kOther}, {}};
    known.learned = {{.tenant = kOther}, {.tenant = kDemo}};
    const auto own = tell_status(only_of(known, kDemo));
    EXPECT_EQ(own.routes.size(), 1U);
    EXPECT_EQ(own.tenants.size(), 1U);
    EXPECT_EQ(own.tenants.at(0).unsettled, 1U);
    EXPECT_EQ(own.facts.holds.size(), 1U);
    EXPECT_EQ(own.facts.pins.size(), 1U);
    EXPECT_EQ(own.facts.learned.size(), 1U);
}

TEST(Status, IsGatheredFromStoreAndWays) {
    test::World world;
    world.store.waiting = {part(Problem::none, 4)};
    world.store.in_force = {{.kind = HoldKind::paused}};
    world.propagator.ways = {route()};
    world.store.takes_writes = std::unexpected{"the disk is full"};
    Backlog backlog{world.ports, hours{24}};
    const auto gathered =
        world.run(gather_status(world.ports, backlog, {{kDemo, hours{24}, std::nullopt}}));
    const auto status = tell_status(gathered);
    EXPECT_EQ(status.facts.not_writable, "the disk is full");
    EXPECT_EQ(status.tenants.at(0).unsettled, 4U);
    EXPECT_EQ(status.facts.holds.size(), 1U);
}

TEST(Backlog, IsNotCountedMoreOftenThanItMay) {
    test::World world;
    Backlog backlog{world.ports, hours{24}};
    const auto first_count = world.run(backlog.count()).value();
    world.clock.pass(seconds{1});
    EXPECT_EQ(world.run(backlog.count()).value(), first_count);
    EXPECT_EQ(world.store.counted, 1);
    world.clock.pass(seconds{2});
    EXPECT_NE(world.run(backlog.count()).value(), first_count);
    EXPECT_EQ(world.store.counted, 2);
}

}  // namespace
}  // namespace usher::flow
