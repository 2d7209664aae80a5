#include "flow/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/ask_reads.h"
#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class CompareTest : public testing::Test {
  protected:
    domain::Entitlement& hold(const std::string& id, const std::string& account = "account-1") {
        auto& row = world.hold(EntitlementStatus::active, domain::EntitlementId{id});
        row.account = domain::AccountId{account};
        row.customer = domain::CustomerId{"demo-" + account};
        return row;
    }
    FileRow row_of(const std::string& id, PartnerStatus status = PartnerStatus::active,
                   const std::string& customer = "demo-account-1") const {
        return {.id = domain::PartnerEntitlementId{"b-" + id},
                .customer = domain::CustomerId{customer},
                .status = status,
                .product_key = domain::ProductKey{"MUSIC"},
                .last_updated = world.clock.now() - seconds{9}};
    }
    std::vector<RowFinding> compare(std::vector<FileRow> rows) {
        return world
            .run(compare_rows(world.ports, {.tenant = test::kTenant,
                                            .merchant = test::kMerchant,
                                            .as_of = world.clock.now(),
                                            .rows = std::move(rows)}))
            .value();
    }
    std::vector<Finding> findings(std::vector<FileRow> rows) {
        std::vector<Finding> all;
        for (const auto& one : compare(std::move(rows))) all.push_back(one.judgement.finding);
        return all;
    }
    std::size_t ask(std::vector<ReadAsked> asked) {
        return world.run(ask_reads(world.ports, test::kTenant, std::move(asked))).value();
    }

    test::World world;
};

TEST_F(CompareTest, EachRowIsHeldAgainstTheRecordWithItsId) {
    hold("1");
    hold("2", "account-2");
    const auto found = compare({row_of("2", PartnerStatus::suspended, "demo-account-2"),
                                row_of("9"), row_of("1"), row_of("8", {}, "other-account-1")});
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].judgement, (Judgement{Finding::status_differs, true}));
    EXPECT_EQ(found[0].ours, world.store.row(domain::EntitlementId{"2"}));
    EXPECT_EQ(found[1].judgement.finding, Finding::unknown_here);
    EXPECT_EQ(found[1].ours, std::nullopt);
    EXPECT_EQ(found[2].judgement.finding, Finding::equal);
    EXPECT_EQ(found[3].judgement.finding, Finding::other_tenant);
}

TEST_F(CompareTest, AnIdOfAnotherTenantIsUnknown) {
    auto stranger = hold("1");
    world.store.rows.clear();
    stranger.tenant = domain::TenantId{"second"};
    world.store.rows[{stranger.tenant, stranger.id}] = stranger;
    EXPECT_THAT(findings({row_of("1")}), ElementsAre(Finding::unknown_here));
}

TEST_F(CompareTest, APurchaseThatWaitsForItsAnswerIsFound) {
    auto& waiting = hold("1");
    waiting.partner_id = {};
    waiting.convergence.bound = false;
    waiting.convergence.partner_status = PartnerStatus::unknown;
    waiting.convergence.intent = true;
    const auto found = compare({row_of("7")});
    EXPECT_EQ(found.at(0).judgement, (Judgement{Finding::lost_create, true}));
    EXPECT_EQ(ask({{waiting.id, waiting.version}}), 1U);
    EXPECT_EQ(waiting.due_at, world.clock.now());
    // Another product, another customer, or one that is bound already, is not it.
    auto other = row_of("7");
    other.product_key = domain::ProductKey{"FILMS"};
    EXPECT_THAT(findings({other, row_of("7", PartnerStatus::active, "demo-account-9")}),
                ElementsAre(Finding::unknown_here, Finding::unknown_here));
    waiting.partner_id = domain::PartnerEntitlementId{"b-1"};
    EXPECT_THAT(findings({row_of("7")}), ElementsAre(Finding::unknown_here));
}

TEST_F(CompareTest, ComparingChangesNothing) {
    hold("1");
    const auto before = world.store.rows;
    findings({row_of("1", PartnerStatus::suspended), row_of("9")});
    (void)world.run(list_held(
        world.ports,
        {.tenant = test::kTenant, .merchant = test::kMerchant, .as_of = world.clock.now()}));
    EXPECT_EQ(world.store.rows, before);
    EXPECT_EQ(world.propagator.woken, 0);
}

TEST_F(CompareTest, WhatAFileMustHaveIsListedInPages) {
    hold("1");
    hold("2").convergence.partner_status = PartnerStatus::cancelled;
    hold("3");
    const auto page = [&](const std::string& after) {
        return world
            .run(list_held(world.ports, {.tenant = test::kTenant,
                                         .merchant = test::kMerchant,
                                         .as_of = world.clock.now(),
                                         .after = domain::EntitlementId{after},
                                         .limit = 2}))
            .value();
    };
    const auto first = page("");
    ASSERT_EQ(first.held.size(), 1U);
    EXPECT_EQ(first.held[0].ours->id.text(), "1");
    EXPECT_EQ(first.held[0].judgement, (Judgement{Finding::unknown_there, true}));
    EXPECT_EQ(first.next, domain::EntitlementId{"2"});
    const auto second = page("2");
    ASSERT_EQ(second.held.size(), 1U);
    EXPECT_EQ(second.held[0].ours->id.text(), "3");
    EXPECT_EQ(second.next, std::nullopt);
}

TEST_F(CompareTest, WhatIsAskedForIsReadAndNothingElseChanges) {
    const auto before = hold("1");
    hold("2", "account-2");
    EXPECT_EQ(ask({{before.id, before.version}}), 1U);
    auto expected = before;
    expected.convergence.read_wanted = true;
    expected.due_at = world.clock.now();
    expected.unsettled_since = world.clock.now();
    EXPECT_EQ(world.store.row(before.id), expected);
    EXPECT_EQ(world.store.row(domain::EntitlementId{"2"}).due_at, std::nullopt);
    EXPECT_TRUE(world.store.events.empty());
    EXPECT_EQ(world.propagator.woken, 1);
    EXPECT_EQ(ask({{before.id, before.version}}), 0U) << "it is due already";
    EXPECT_EQ(world.store.row(before.id), expected);
}

TEST_F(CompareTest, WhatHasChangedSinceOrIsBeingCalledIsLeftAlone) {
    auto& row = hold("1");
    row.version = 4;
    const auto unknown = domain::EntitlementId{"none"};
    EXPECT_EQ(ask({{row.id, 3}, {unknown, 1}}), 0U);
    row.claim.lease_until = world.clock.now();
    EXPECT_EQ(ask({{row.id, 4}}), 0U);
    EXPECT_FALSE(row.convergence.read_wanted);
    EXPECT_EQ(world.propagator.woken, 0);
}

TEST_F(CompareTest, ALineIsWrittenDownWithItsTime) {
    Comparison line{.tenant = test::kTenant, .merchant = test::kMerchant, .by = "ann"};
    const auto written = world.run(sign_comparison(world.ports, line)).value();
    line.at = world.clock.now();
    EXPECT_EQ(written, line);
    EXPECT_THAT(world.store.comparisons, ElementsAre(line));
}

TEST_F(CompareTest, AStoreInTroubleIsSaid) {
    hold("1");
    world.store.error = StoreError::not_writable;
    const auto asked =
        world.run(ask_reads(world.ports, test::kTenant, {{domain::EntitlementId{"1"}, 1}}));
    EXPECT_EQ(asked.error(), StoreError::not_writable);
}

}  // namespace
}  // namespace usher::flow
