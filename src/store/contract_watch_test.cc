// What is kept beside the entitlements: sweeps, holds and comparisons.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::Hold;
using flow::HoldKind;
using flow::Rows;
using flow::Sweep;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

domain::TenantId tenant(const std::string& name) {
    return domain::TenantId{name};
}

std::vector<std::string> ids(const std::vector<flow::SweepStop>& stops) {
    std::vector<std::string> all;
    for (const auto& stop : stops) all.push_back(stop.entitlement.text());
    return all;
}

Committed write(Lab& lab, const std::string& name, Writes writes) {
    return lab.commit({.tenant = tenant(name)}, [writes](const Rows&) { return writes; });
}

}  // namespace

TEST_P(Contract, ASweepComesBackAsItWasWritten) {
    auto& lab = open();
    Sweep sweep{.tenant = tenant("t"), .round_begun = clock_.now(), .lease_until = clock_.now()};
    ASSERT_TRUE(write(lab, "t", {.sweep = sweep}).has_value());
    EXPECT_EQ(lab.ask(lab.store().sweep_of(tenant("t"), false))->sweep, sweep);

    sweep.after = domain::EntitlementId{"7"};
    sweep.passed = 3;
    sweep.missed = 2;
    sweep.last_round = 9;
    sweep.fresh_since = clock_.now() - std::chrono::hours{1};
    sweep.holder = "this one";
    const auto seen = std::make_shared<std::optional<Sweep>>();
    ASSERT_TRUE(lab.commit({.tenant = tenant("t"), .sweep = true},
                           [&](const Rows& rows) {
                               *seen = rows.sweep;
                               return Writes{.sweep = sweep};
                           })
                    .has_value());
    EXPECT_NE(*seen, sweep);
    EXPECT_EQ(lab.ask(lab.store().sweep_of(tenant("t"), false))->sweep, sweep);
    EXPECT_EQ(lab.ask(lab.store().sweep_of(tenant("other"), false))->sweep, std::nullopt);
}

TEST_P(Contract, StopsOfASweepAreATenantsInOrder) {
    auto& lab = open();
    for (const auto* id : {"c", "a", "b"}) {
        ASSERT_TRUE(lab.insert(bare_entitlement("t", id)).has_value());
    }
    ASSERT_TRUE(lab.insert(bare_entitlement("s", "z")).has_value());
    ASSERT_TRUE(lab.insert(bare_entitlement("u", "0")).has_value());
    ASSERT_TRUE(lab.update(bare_entitlement("t", "b"),
                           [&](auto& row) {
                               row.convergence.partner_status = domain::PartnerStatus::suspended;
                               row.due_at = clock_.now();
                           })
                    .has_value());
    const auto stops = [&](const std::string& after, std::size_t limit) {
        return lab.ask(lab.store().sweep_stops(tenant("t"), domain::EntitlementId{after}, limit))
            .value();
    };
    EXPECT_THAT(ids(stops("", 10)), ElementsAre("a", "b", "c"));
    EXPECT_THAT(ids(stops("", 2)), ElementsAre("a", "b"));
    EXPECT_THAT(ids(stops("b", 10)), ElementsAre("c"));
    EXPECT_THAT(ids(stops("c", 10)), IsEmpty());
    EXPECT_EQ(stops("a", 1).at(0),
              (flow::SweepStop{domain::EntitlementId{"b"}, domain::PartnerStatus::suspended,
                               clock_.now()}));
    EXPECT_EQ(lab.ask(lab.store().sweep_of(tenant("t"), true))->entitlements, 3U);
}

TEST_P(Contract, WhatIsNotSettledIsListed) {
    auto& lab = open();
    for (const auto* id : {"a", "b", "c", "d"}) {
        ASSERT_TRUE(lab.insert(bare_entitlement("t", id)).has_value());
    }
    ASSERT_TRUE(lab.insert(bare_entitlement("u", "e")).has_value());
    const auto unsettle = [&](const std::string& id, domain::Problem problem) {
        ASSERT_TRUE(lab.update(bare_entitlement("t", id),
                               [&](auto& row) {
                                   row.unsettled_since = clock_.now();
                                   row.due_at = clock_.now();
                                   row.attempts = 3;
                                   row.problem = problem;
                               })
                        .has_value());
    };
    unsettle("b", domain::Problem::no_answer);
    unsettle("c", domain::Problem::login_refused);
    unsettle("d", domain::Problem::no_answer);
    const auto listed = [&](const std::string& after, std::optional<domain::Problem> problem,
                            std::size_t limit) {
        std::vector<std::string> all;
        const auto found = lab.ask(
            lab.store().unsettled(tenant("t"), domain::EntitlementId{after}, problem, limit));
        for (const auto& one : found.value()) all.push_back(one.entitlement.text());
        return all;
    };
    EXPECT_THAT(listed("", {}, 10), ElementsAre("b", "c", "d"));
    EXPECT_THAT(listed("", {}, 2), ElementsAre("b", "c"));
    EXPECT_THAT(listed("b", domain::Problem::no_answer, 10), ElementsAre("d"));
    EXPECT_THAT(listed("", domain::Problem::slow_down, 10), IsEmpty());
    const auto row = bare_entitlement("t", "b");
    EXPECT_EQ(lab.ask(lab.store().unsettled(tenant("t"), {}, {}, 1))->at(0),
              (flow::Unsettled{.entitlement = row.id,
                               .status = row.convergence.status,
                               .partner_status = row.convergence.partner_status,
                               .problem = domain::Problem::no_answer,
                               .since = clock_.now(),
                               .attempts = 3,
                               .next = clock_.now()}));
}

TEST_P(Contract, ABacklogIsCountedByWhatItHasInCommon) {
    auto& lab = open();
    using std::chrono::hours;
    const auto now = clock_.now();
    const auto insert = [&](const std::string& of, const std::string& id, domain::Problem problem,
                            base::Time since, base::Duration due_in,
                            std::optional<base::Duration> leased_for = {}) {
        auto row = bare_entitlement(of, id);
        row.problem = problem;
        row.unsettled_since = since;
        row.due_at = now + due_in;
        if (leased_for) row.claim.lease_until = now + *leased_for;
        ASSERT_TRUE(lab.insert(row).has_value());
    };
    using domain::Problem;
    insert("t", "a", Problem::none, now - hours{1}, hours{0});
    insert("t", "b", Problem::none, now - hours{30}, -hours{1});
    insert("t", "c", Problem::no_answer, now - hours{2}, hours{1});
    insert("t", "d", Problem::none, now, hours{1}, hours{1});
    insert("t", "e", Problem::none, now, -hours{1}, -hours{1});
    insert("u", "f", Problem::no_answer, now - hours{3}, hours{1});
    auto settled = bare_entitlement("t", "pending");
    settled.due_at = now;
    ASSERT_TRUE(lab.insert(settled).has_value());
    ASSERT_TRUE(lab.insert(bare_entitlement("t", "idle")).has_value());
    const domain::MerchantId m{"BANGO_US"};
    EXPECT_THAT(
        lab.ask(lab.store().backlog(now - hours{24})).value(),
        testing::UnorderedElementsAre(
            flow::BacklogPart{tenant("t"), m, Problem::none, true, false, 3, 1, now - hours{30}},
            flow::BacklogPart{tenant("t"), m, Problem::no_answer, false, false, 1, 0,
                              now - hours{2}},
            flow::BacklogPart{tenant("t"), m, Problem::none, false, true, 1, 0, now},
            flow::BacklogPart{tenant("u"), m, Problem::no_answer, false, false, 1, 0,
                              now - hours{3}}));
}

TEST_P(Contract, PinsAreInForceUntilTheyAreLifted) {
    auto& lab = open();
    using flow::ActionPin;
    const ActionPin all{.action = domain::PartnerAction::suspend,
                        .since = clock_.now(),
                        .by = "ann",
                        .why = "none of theirs can"};
    ActionPin one{.tenant = tenant("t"),
                  .merchant = domain::MerchantId{"M"},
                  .product = domain::ProductKey{"P"},
                  .action = domain::PartnerAction::suspend,
                  .supported = true,
                  .since = clock_.now(),
                  .by = "ben",
                  .why = "agreed"};
    ASSERT_TRUE(write(lab, "", {.pin = all}).has_value());
    ASSERT_TRUE(write(lab, "t", {.pin = one}).has_value());
    EXPECT_THAT(lab.ask(lab.store().pins()).value(), ElementsAre(all, one));
    one.lifted = clock_.now() + std::chrono::hours{1};
    one.lifted_by = "cas";
    one.lifted_why = "over";
    ASSERT_TRUE(write(lab, "t", {.pin = one}).has_value());
    EXPECT_THAT(lab.ask(lab.store().pins()).value(), ElementsAre(all));
}

TEST_P(Contract, HoldsAreInForceUntilTheyAreLifted) {
    auto& lab = open();
    const Hold all{.kind = HoldKind::restored, .since = clock_.now(), .by = "ann", .why = "a copy"};
    Hold one{.tenant = tenant("t"),
             .merchant = domain::MerchantId{"M"},
             .kind = HoldKind::paused,
             .since = clock_.now(),
             .by = "ben",
             .why = "their upgrade"};
    ASSERT_TRUE(write(lab, "", {.hold = all}).has_value());
    ASSERT_TRUE(write(lab, "t", {.hold = one}).has_value());
    EXPECT_THAT(lab.ask(lab.store().holds()).value(), ElementsAre(all, one));
    one.lifted = clock_.now() + std::chrono::hours{1};
    one.lifted_by = "cas";
    one.lifted_why = "done";
    ASSERT_TRUE(write(lab, "t", {.hold = one}).has_value());
    EXPECT_THAT(lab.ask(lab.store().holds()).value(), ElementsAre(all));
}

TEST_P(Contract, OfComparisonsTheNewestOfEachKindAreTold) {
    auto& lab = open();
    const auto compared = [&](const std::string& name, const std::string& merchant,
                              std::uint64_t missing) {
        clock_.pass(std::chrono::seconds{1});
        flow::Comparison line{.tenant = tenant(name),
                              .merchant = domain::MerchantId{merchant},
                              .at = clock_.now(),
                              .by = "ann",
                              .subject = "s-1",
                              .file = "it's a \"file\".csv",
                              .digest = "d1g3st",
                              .as_of = clock_.now() - std::chrono::hours{9},
                              .rows = 7,
                              .reads = missing};
        line.counts.at(flow::index_of(flow::Finding::equal)) = 7;
        line.counts.at(flow::index_of(flow::Finding::unknown_there)) = missing;
        EXPECT_TRUE(write(lab, name, {.comparison = line}).has_value());
        return line;
    };
    const auto latest = [&](const std::string& name) {
        return lab.ask(lab.store().latest_comparisons(tenant(name))).value();
    };
    EXPECT_THAT(latest("t"), IsEmpty());
    compared("t", "B", 0);
    const auto agreed = compared("t", "B", 0);
    compared("t", "B", 2);
    const auto differed = compared("t", "B", 3);
    const auto other = compared("t", "A", 1);
    compared("u", "B", 0);
    EXPECT_THAT(latest("t"), ElementsAre(other, agreed, differed));
    const auto again = compared("t", "B", 0);
    EXPECT_THAT(latest("t"), ElementsAre(other, differed, again));
}

TEST_P(Contract, WhatIsHeldAtAMerchantIsFoundByItsIdsThere) {
    auto& lab = open();
    const auto hold = [&](const std::string& name, const std::string& id,
                          const std::string& merchant, const std::string& partner_id) {
        auto row = full_entitlement(name, id);
        row.merchant = domain::MerchantId{merchant};
        row.partner_id = domain::PartnerEntitlementId{partner_id};
        EXPECT_TRUE(lab.insert(row).has_value());
        return *lab.stored(row);
    };
    const auto first = hold("t", "1", "M", "p1");
    const auto second = hold("t", "2", "M", "p2");
    hold("t", "3", "N", "p3");
    hold("u", "4", "M", "p4");
    const auto held = [&](const std::vector<std::string>& names) {
        std::vector<domain::PartnerEntitlementId> wanted;
        for (const auto& name : names) wanted.emplace_back(name);
        return lab.ask(lab.store().held_at(tenant("t"), domain::MerchantId{"M"}, wanted)).value();
    };
    EXPECT_THAT(held({"p2", "p3", "p4", "p1", "p0"}), testing::UnorderedElementsAre(first, second));
    EXPECT_THAT(held({}), IsEmpty());
}

TEST_P(Contract, AllOfATenantAreWalkedInOrder) {
    auto& lab = open();
    std::vector<domain::Entitlement> rows;
    for (const std::string id : {"3", "1", "2"}) {
        ASSERT_TRUE(lab.insert(full_entitlement("t", id)).has_value());
    }
    for (const std::string id : {"1", "2", "3"}) {
        rows.push_back(*lab.stored(bare_entitlement("t", id)));
    }
    ASSERT_TRUE(lab.insert(bare_entitlement("s", "9")).has_value());
    ASSERT_TRUE(lab.insert(bare_entitlement("u", "0")).has_value());
    const auto walk = [&](const std::string& after, std::size_t limit) {
        return lab
            .ask(lab.store().entitlements_after(tenant("t"), domain::EntitlementId{after}, limit))
            .value();
    };
    EXPECT_THAT(walk("", 10), ElementsAre(rows.at(0), rows.at(1), rows.at(2)));
    EXPECT_THAT(walk("", 2), ElementsAre(rows.at(0), rows.at(1)));
    EXPECT_THAT(walk("2", 10), ElementsAre(rows.at(2)));
    EXPECT_THAT(walk("3", 10), IsEmpty());
}

}  // namespace usher::store
