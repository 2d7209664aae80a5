#include "flow/comparing.h"

#include <set>

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::CallPhase;
using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ComparingTest : public testing::Test {
  protected:
    ComparingTest() {
        ours = world.hold(EntitlementStatus::active);
        ours.customer = domain::CustomerId{"demo-account-1"};
        ours.created = noon - seconds{100};
        ours.convergence.partner_date = noon - seconds{50} + milliseconds{400};
        ours.partner_said_at = noon - seconds{49};
        row = {.id = ours.partner_id,
               .customer = ours.customer,
               .status = PartnerStatus::active,
               .product_key = ours.product_key,
               .last_updated = noon - seconds{50}};
    }
    Judgement judge() const { return judge_row(row, ours, as_of); }
    std::optional<Judgement> absent(bool all_statuses = false) const {
        return judge_absent(ours, ours.merchant, as_of, all_statuses);
    }
    void add_call(CallPhase phase) {
        ours.convergence.calls.push_back({.number = 1, .phase = phase});
    }

    static constexpr Judgement settled(Finding finding) { return {finding, false}; }
    static constexpr Judgement asking(Finding finding) { return {finding, true}; }

    test::World world;
    base::Time noon = base::Time{std::chrono::days{20'000}} + std::chrono::hours{12};
    base::Time as_of = noon;
    domain::Entitlement ours;
    FileRow row;
};

TEST_F(ComparingTest, WhatIsTheSameIsEqualWhateverItsDate) {
    EXPECT_EQ(judge(), settled(Finding::equal));
    row.last_updated = noon;
    EXPECT_EQ(judge(), settled(Finding::equal));
    row.last_updated = noon - seconds{90};
    EXPECT_EQ(judge(), settled(Finding::equal));
    ours.convergence.intent = true;
    ours.convergence.read_wanted = true;
    EXPECT_EQ(judge(), settled(Finding::equal));
}

TEST_F(ComparingTest, BothEndedIsTheSameInAnyMix) {
    row.status = PartnerStatus::revoked;
    row.product_key = domain::ProductKey{"OTHER"};
    ours.convergence.partner_status = PartnerStatus::cancelled;
    EXPECT_EQ(judge(), settled(Finding::equal));
}

TEST_F(ComparingTest, ThePartnersOwnDatesSayWhoIsNewer) {
    row.status = PartnerStatus::suspended;
    row.last_updated = noon - seconds{49};
    EXPECT_EQ(judge(), asking(Finding::theirs_newer));
    ours.partner_said_at = noon + seconds{9};
    EXPECT_EQ(judge(), asking(Finding::theirs_newer)) << "whatever our clock says";
    row.last_updated = noon - seconds{51};
    EXPECT_EQ(judge(), settled(Finding::ours_newer));
}

TEST_F(ComparingTest, WithinOneSecondOrWithoutDatesItCountsWhenThePartnerWasHeard) {
    row.status = PartnerStatus::suspended;
    EXPECT_EQ(judge(), asking(Finding::status_differs));
    ours.partner_said_at = as_of + milliseconds{1};
    EXPECT_EQ(judge(), settled(Finding::ours_newer));
    ours.convergence.partner_date.reset();
    EXPECT_EQ(judge(), settled(Finding::ours_newer));
    ours.partner_said_at.reset();
    EXPECT_EQ(judge(), asking(Finding::status_differs));
}

TEST_F(ComparingTest, AChangeOfOursUnderWayExplainsADifference) {
    row.status = PartnerStatus::suspended;
    const auto before = ours;
    ours.convergence.intent = true;
    EXPECT_EQ(judge(), settled(Finding::ours_open));
    ours = before;
    ours.claim.lease_until = noon;
    EXPECT_EQ(judge(), settled(Finding::ours_open));
    for (const auto phase : {CallPhase::under_way, CallPhase::awaited}) {
        ours = before;
        add_call(phase);
        EXPECT_EQ(judge(), settled(Finding::ours_open));
        EXPECT_EQ(absent(), std::nullopt);
    }
    ours = before;
    add_call(CallPhase::open);
    EXPECT_EQ(judge(), asking(Finding::status_differs)) << "it may have acted: a read tells";
}

TEST_F(ComparingTest, WhatIsInDoubtAlreadyIsNotAskedForAgain) {
    row.status = PartnerStatus::suspended;
    ours.convergence.read_wanted = true;
    EXPECT_EQ(judge(), settled(Finding::being_read));
    EXPECT_EQ(absent(), settled(Finding::unknown_there));
    row.repeated = true;
    EXPECT_EQ(judge(), settled(Finding::repeated));
    ours.convergence.read_wanted = false;
    row.repeated = false;
    ours.convergence.partner_status = PartnerStatus::unknown;
    EXPECT_EQ(judge(), settled(Finding::being_read));
    row.status = PartnerStatus::unknown;
    EXPECT_EQ(judge(), settled(Finding::being_read)) << "both do not know: that is no agreement";
}

TEST_F(ComparingTest, ProductAndEndDateAreComparedToo) {
    row.product_key = domain::ProductKey{"OTHER"};
    EXPECT_EQ(judge(), asking(Finding::product_differs));
    ours.partner_said_at = as_of + seconds{1};
    EXPECT_EQ(judge(), asking(Finding::product_differs)) << "hearing of it did not change it";
    row.last_updated = noon - seconds{51};
    EXPECT_EQ(judge(), settled(Finding::ours_newer));

    row.last_updated = noon - seconds{50};
    ours.other_product_key = row.product_key;
    EXPECT_EQ(judge(), settled(Finding::product_differs)) << "known, and no read helps";
    ours.other_product_key = {};

    row.product_key = ours.product_key;
    row.status = PartnerStatus::active_ending;
    row.last_updated = noon - seconds{50};
    ours.convergence.partner_status = PartnerStatus::active_ending;
    row.ends_at = noon + seconds{500};
    EXPECT_EQ(judge(), asking(Finding::end_date_differs));
    ours.ends_at = noon + seconds{500} + milliseconds{700};
    EXPECT_EQ(judge(), settled(Finding::equal));
    ours.ends_at = noon + seconds{501};
    EXPECT_EQ(judge(), asking(Finding::end_date_differs));
    row.ends_at.reset();
    EXPECT_EQ(judge(), settled(Finding::equal)) << "a row without a date says nothing of it";
}

TEST_F(ComparingTest, AnotherCustomersIdIsForAPerson) {
    row.customer = domain::CustomerId{"demo-account-2"};
    EXPECT_EQ(judge(), settled(Finding::customer_differs));
    row.repeated = true;
    EXPECT_EQ(judge(), asking(Finding::repeated));
}

TEST_F(ComparingTest, WhoIsUnknownHereIsToldApart) {
    EXPECT_EQ(judge_stranger(row, false, nullptr), settled(Finding::other_tenant));
    EXPECT_EQ(judge_stranger(row, true, nullptr), settled(Finding::unknown_here));
    EXPECT_EQ(judge_stranger(row, true, &ours), asking(Finding::lost_create));
    ours.convergence.read_wanted = true;
    EXPECT_EQ(judge_stranger(row, true, &ours), settled(Finding::lost_create));
    row.status = PartnerStatus::revoked;
    EXPECT_EQ(judge_stranger(row, true, nullptr), settled(Finding::ended_there));
    row.repeated = true;
    EXPECT_EQ(judge_stranger(row, true, nullptr), settled(Finding::repeated));
    EXPECT_EQ(judge_stranger(row, false, nullptr), settled(Finding::other_tenant));
}

TEST_F(ComparingTest, AFileMustHaveWhatLivedThereWhenItWasMade) {
    EXPECT_EQ(absent(), asking(Finding::unknown_there));
    EXPECT_EQ(judge_absent(ours, domain::MerchantId{"OTHER"}, as_of, true), std::nullopt);
    const auto before = ours;
    ours.created = as_of + seconds{1};
    EXPECT_EQ(absent(), std::nullopt);
    ours = before;
    ours.convergence.partner_date = as_of + seconds{1};
    EXPECT_EQ(absent(), std::nullopt);
    ours = before;
    ours.partner_said_at = as_of + seconds{1};
    EXPECT_EQ(absent(), std::nullopt);
    ours = before;
    ours.partner_id = {};
    EXPECT_EQ(absent(), std::nullopt);
    ours = before;
    ours.convergence.intent = true;
    EXPECT_EQ(absent(), std::nullopt);
}

TEST_F(ComparingTest, WhichStatusesAFileHasIsSaid) {
    for (const auto status : domain::kPartnerStatuses) {
        ours.convergence.partner_status = status;
        const bool surely = status == PartnerStatus::active || status == PartnerStatus::suspended ||
                            status == PartnerStatus::active_ending;
        EXPECT_EQ(absent().has_value(), surely) << domain::to_text(status);
        EXPECT_EQ(absent(true).has_value(), surely || status == PartnerStatus::pending);
    }
}

TEST(ComparisonTest, EveryFindingIsDescribedAndCanBeStored) {
    FindingCounts counts{};
    std::set<std::string_view> names;
    std::uint64_t differences = 0;
    for (const auto finding : kFindings) {
        const auto& entry = describe(finding);
        EXPECT_EQ(entry.finding, finding);
        EXPECT_EQ(parse_finding(entry.name), finding);
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        EXPECT_FALSE(entry.meaning.empty());
        EXPECT_EQ(entry.what_to_do.empty(), !is_difference(finding)) << entry.name;
        counts.at(index_of(finding)) = 10 + index_of(finding);
        if (is_difference(finding)) differences += 10 + index_of(finding);
    }
    EXPECT_EQ(differences_in(counts), differences);
    EXPECT_EQ(parse_finding_counts(to_text(counts)), counts);
    EXPECT_EQ(parse_finding_counts(""), FindingCounts{});
    for (const auto* wrong : {"equal", "equal=", "equal=x", "equal=1x", "nothing=1", " equal=1"}) {
        EXPECT_EQ(parse_finding_counts(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace usher::flow
