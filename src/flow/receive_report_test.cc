#include "flow/receive_report.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ReceiveReportTest : public testing::Test {
  protected:
    using Received = std::expected<ReportOutcome, Failure>;

    Received report(std::string body = "{}",
                    const domain::EntitlementId& entitlement = test::kEntitlement) {
        return world.run(
            receive_report(world.ports, {test::kTenant, entitlement, std::move(body)}));
    }
    // A body that says this.
    std::string says(std::string body, PartnerStatus status, std::optional<base::Time> date) {
        auto& note = world.partner.notes[body];
        note.view = domain::PartnerView{.status = status, .date = date};
        note.text = body;
        return body;
    }
    domain::Entitlement& hold_active() {
        auto& row = world.hold(EntitlementStatus::active);
        row.convergence.partner_date = world.clock.now();
        return row;
    }
    std::size_t kept(const domain::EntitlementId& of = test::kEntitlement) {
        return world.store.kept_of(of).size();
    }

    test::World world;
};

TEST_F(ReceiveReportTest, MakesItDueForARead) {
    const auto before = hold_active();
    EXPECT_EQ(report(), ReportOutcome::read_wanted);
    const auto& row = world.store.row();
    EXPECT_TRUE(row.convergence.read_wanted);
    EXPECT_EQ(row.due_at, world.clock.now());
    EXPECT_EQ(row.unsettled_since, world.clock.now());
    EXPECT_EQ(row.version, before.version) << "a hint is not a change";
    EXPECT_EQ(row.convergence.status, before.convergence.status);
    EXPECT_EQ(world.propagator.woken, 1);
    EXPECT_TRUE(world.store.events.empty());
    ASSERT_EQ(kept(), 1U);
    EXPECT_EQ(world.store.kept[0].outcome, ReportOutcome::read_wanted);
    EXPECT_EQ(world.store.kept[0].text, "{}");
    EXPECT_EQ(world.store.kept[0].received, world.clock.now());
}

TEST_F(ReceiveReportTest, ManyCostOneRead) {
    hold_active();
    report();
    const auto once = world.store.row();
    world.clock.pass(seconds{1});
    for (int i = 0; i < 5; ++i) report("{" + std::to_string(i) + "}");
    EXPECT_EQ(world.store.row(), once);
    EXPECT_EQ(kept(), 6U);
}

TEST_F(ReceiveReportTest, WhatIsKnownCostsNothing) {
    const auto before = hold_active();
    const auto now = world.clock.now();
    EXPECT_EQ(report(says("same", PartnerStatus::active, now)), ReportOutcome::nothing_new);
    EXPECT_EQ(report(says("older", PartnerStatus::active, now - hours{1})),
              ReportOutcome::nothing_new);
    EXPECT_EQ(world.store.row(), before);
    EXPECT_EQ(kept(), 2U) << "but it was said";
}

TEST_F(ReceiveReportTest, WhateverMayBeNewIsRead) {
    const auto now = world.clock.now();
    const std::pair<PartnerStatus, std::optional<base::Time>> cases[] = {
        {PartnerStatus::active, now + seconds{1}},     // something else of it changed
        {PartnerStatus::active, std::nullopt},         // no telling when
        {PartnerStatus::suspended, now + seconds{1}},  // it moved
        {PartnerStatus::suspended, now - seconds{1}},  // late, or the dates are not to be trusted
        {PartnerStatus::unknown, now},
    };
    for (const auto& [status, date] : cases) {
        const auto row = hold_active();
        const ReportNote note{.view = domain::PartnerView{.status = status, .date = date}};
        EXPECT_EQ(judge_report(row, note), ReportOutcome::read_wanted)
            << domain::to_text(status) << " " << date.has_value();
    }
    auto row = hold_active();
    const domain::PartnerView same{.status = PartnerStatus::active, .date = now};
    const domain::ProductKey other{"OTHER"};
    EXPECT_EQ(judge_report(row, {.product_key = other, .view = same}), ReportOutcome::read_wanted);
    EXPECT_EQ(judge_report(row, {.product_key = row.product_key, .view = same}),
              ReportOutcome::nothing_new);
    row.other_product_key = other;
    EXPECT_EQ(judge_report(row, {.product_key = other, .view = same}), ReportOutcome::nothing_new);
    row.convergence.read_wanted = true;
    EXPECT_EQ(judge_report(row, {.view = same}), ReportOutcome::read_wanted);
}

TEST_F(ReceiveReportTest, ARepeatWithADateIsAboutOneMoment) {
    hold_active();
    const auto body = says("moved", PartnerStatus::suspended, world.clock.now() + seconds{1});
    EXPECT_EQ(report(body), ReportOutcome::read_wanted);
    auto& row = world.store.row();
    row.convergence.read_wanted = false;
    row.due_at.reset();
    const auto read = row;
    EXPECT_EQ(report(body), ReportOutcome::nothing_new);
    EXPECT_EQ(world.store.row(), read);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(ReceiveReportTest, ARepeatWithoutADateMayBeNews) {
    hold_active();
    EXPECT_EQ(report("undated"), ReportOutcome::read_wanted);
    auto& row = world.store.row();
    row.convergence.read_wanted = false;
    row.due_at.reset();
    EXPECT_EQ(report("undated"), ReportOutcome::read_wanted);
    EXPECT_TRUE(world.store.row().convergence.read_wanted);
}

TEST_F(ReceiveReportTest, AFloodIsReadOncePerInterval) {
    auto& row = hold_active();
    row.partner_said_at = world.clock.now();
    world.clock.pass(milliseconds{300});
    report("one");
    const auto interval = world.ports.limits.reports.read_min_interval;
    EXPECT_EQ(world.store.row().due_at, *world.store.row().partner_said_at + interval);
    // A due time that comes earlier anyway is left as it is.
    auto& early = hold_active();
    early.partner_said_at = world.clock.now();
    early.due_at = world.clock.now() + milliseconds{5};
    const auto due = early.due_at;
    report("two");
    EXPECT_EQ(world.store.row().due_at, due);
}

TEST_F(ReceiveReportTest, AnotherIdAtThePartnerIsOnlyReadAbout) {
    auto& row = hold_active();
    row.partner_id = domain::PartnerEntitlementId{"b-1"};
    const auto body = says("other", PartnerStatus::active, world.clock.now());
    world.partner.notes[body].partner_id = domain::PartnerEntitlementId{"b-2"};
    EXPECT_EQ(report(body), ReportOutcome::another_record);
    EXPECT_EQ(world.store.row().partner_id.text(), "b-1");
    EXPECT_TRUE(world.store.row().convergence.read_wanted);
}

TEST_F(ReceiveReportTest, LeavesTheClaimToWhoHoldsIt) {
    hold_active();
    world.propagator.carries = false;
    world.run(update_status(world.ports, {.tenant = test::kTenant,
                                          .entitlement = test::kEntitlement,
                                          .status = EntitlementStatus::suspended}));
    const auto before = world.store.row();
    report();
    const auto& row = world.store.row();
    EXPECT_EQ(row.claim, before.claim);
    EXPECT_EQ(row.due_at, before.due_at);
    EXPECT_EQ(row.hints, before.hints + 1);
    EXPECT_TRUE(row.convergence.read_wanted);
}

TEST_F(ReceiveReportTest, KeepsTheNewestFewOfEach) {
    hold_active();
    const auto most = world.ports.limits.reports.kept_of_each;
    for (std::size_t i = 0; i < most + 5; ++i) {
        world.clock.pass(seconds{1});
        report(std::to_string(i));
    }
    const auto reports = world.store.kept_of(test::kEntitlement);
    ASSERT_EQ(reports.size(), most);
    EXPECT_EQ(reports.front().text, std::to_string(most + 4));
    EXPECT_EQ(reports.back().text, "5");
}

TEST_F(ReceiveReportTest, FindsByTheBodyWhatThePathDoesNotName) {
    auto& row = hold_active();
    row.partner_id = domain::PartnerEntitlementId{"b-1"};
    auto& by_ours = world.partner.notes["ours"];
    by_ours.external_id = test::kEntitlement;
    EXPECT_EQ(report("ours", {}), ReportOutcome::read_wanted);

    row.convergence.read_wanted = false;
    world.partner.notes["theirs"].partner_id = row.partner_id;
    EXPECT_EQ(report("theirs", {}), ReportOutcome::found_otherwise);
    EXPECT_TRUE(world.store.row().convergence.read_wanted);

    row.convergence.read_wanted = false;
    EXPECT_EQ(report("theirs", domain::EntitlementId{"nobody's"}), ReportOutcome::found_otherwise);
    EXPECT_EQ(kept(), 2U) << "under the one it was found for";
    EXPECT_EQ(kept({}), 0U);
}

TEST_F(ReceiveReportTest, FindsACreateWhoseAnswerWasLost) {
    auto& row = world.hold(EntitlementStatus::pending);
    row.partner_id = {};
    row.convergence.partner_status = PartnerStatus::unknown;
    row.convergence.bound = false;
    auto& note = world.partner.notes["made"];
    note.partner_id = domain::PartnerEntitlementId{"b-9"};
    note.customer = world.partner.customer_of(test::kTenant, row.account, row.merchant);
    note.product_key = row.product_key;
    EXPECT_EQ(report("made", {}), ReportOutcome::found_otherwise);
    EXPECT_TRUE(world.store.row().convergence.read_wanted);
    EXPECT_TRUE(world.store.row().partner_id.empty()) << "a hint binds nothing";

    note.product_key = domain::ProductKey{"ANOTHER"};
    world.partner.notes["of another product"] = note;
    EXPECT_EQ(report("of another product", {}), ReportOutcome::unknown);
}

TEST_F(ReceiveReportTest, WhatFitsNothingIsKeptForPeople) {
    EXPECT_EQ(report("stray"), ReportOutcome::unknown);
    EXPECT_EQ(report("stray"), ReportOutcome::unknown);
    const auto strays = world.store.kept_of({});
    ASSERT_EQ(strays.size(), 1U);
    EXPECT_EQ(strays[0].named, test::kEntitlement.text());
    EXPECT_EQ(strays[0].outcome, ReportOutcome::unknown);
}

TEST_F(ReceiveReportTest, StraysHaveABudgetAndOwnOnesNone) {
    world.ports.limits.reports.unnamed_per_minute = 3;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(report(std::to_string(i), {}), ReportOutcome::unknown);
    }
    const auto refused = report("4", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, FailureKind::budget_spent);
    EXPECT_EQ(kept({}), 3U);
    hold_active();
    EXPECT_TRUE(report());
    world.clock.pass(seconds{20});
    EXPECT_EQ(report("5", {}), ReportOutcome::unknown) << "a third of a minute, one of three";
}

TEST_F(ReceiveReportTest, SaysWhenItCouldNotBeKept) {
    hold_active();
    world.store.error = StoreError::closed;
    EXPECT_EQ(report().error().store, StoreError::closed);
}

}  // namespace
}  // namespace usher::flow
