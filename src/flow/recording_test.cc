#include "flow/recording.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;

const base::Time kRecordedAt{std::chrono::days{20'000}};

domain::Entitlement settled(EntitlementStatus status, PartnerStatus partner) {
    domain::Entitlement row{.tenant = test::kTenant, .id = test::kEntitlement};
    row.convergence.status = status;
    row.convergence.partner_status = partner;
    row.version = row.request = 4;
    return row;
}

domain::Decision with_change(const domain::Entitlement& row, domain::Change change) {
    return {.after = row.convergence, .answered = {}, .change = std::move(change)};
}

TEST(Recording, CountsVersionsByLinesOfHistory) {
    Recording recording{settled(EntitlementStatus::active, PartnerStatus::active), kRecordedAt};
    recording.take({.after = recording.entitlement().convergence}, domain::Initiator::usher);
    EXPECT_EQ(recording.entitlement().version, 4U) << "a decision without a change tells nothing";
    recording.tell(domain::ChangeKind::requested, domain::Initiator::op, "another reason");
    recording.take(with_change(recording.entitlement(), {.kind = domain::ChangeKind::learnt}),
                   domain::Initiator::partner, "seen", 9);
    const auto writes = std::move(recording).finish();
    EXPECT_EQ(writes.entitlement->version, 6U);
    EXPECT_EQ(writes.entitlement->modified, kRecordedAt);
    ASSERT_EQ(writes.events.size(), 2U);
    EXPECT_EQ(writes.events[0].version, 5U);
    EXPECT_EQ(writes.events[0].note, "another reason");
    EXPECT_EQ(writes.events[0].change.partner_to, PartnerStatus::active);
    EXPECT_EQ(writes.events[1].version, 6U);
    EXPECT_EQ(writes.events[1].initiator, domain::Initiator::partner);
    EXPECT_EQ(writes.events[1].call, 9U);
}

TEST(Recording, KeepsWhyTheNewestRequestWasRefused) {
    auto row = settled(EntitlementStatus::suspended, PartnerStatus::active);
    row.reason.code = "unpaid";
    Recording recording{row, kRecordedAt};
    recording.take(with_change(row, {.kind = domain::ChangeKind::refused,
                                     .status_from = EntitlementStatus::suspended,
                                     .status_to = EntitlementStatus::active,
                                     .rejection = domain::Rejection::not_supported_by_partner,
                                     .partner_code = "NO"}),
                   domain::Initiator::usher);
    EXPECT_EQ(recording.entitlement().reason, domain::Reason{}) << "it explains nothing any more";
    const auto refusal = std::move(recording).finish().entitlement->last_refusal;
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->asked, EntitlementStatus::suspended);
    EXPECT_EQ(refusal->rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_EQ(refusal->partner_code, "NO");
    EXPECT_EQ(refusal->at, kRecordedAt);
    EXPECT_EQ(refusal->request, 4U);
}

TEST(Recording, HoldsThePartnersIdForGood) {
    Recording recording{settled(EntitlementStatus::active, PartnerStatus::active), kRecordedAt};
    recording.hold(test::record_of(PartnerStatus::active, "first"));
    recording.hold(test::record_of(PartnerStatus::active, "second"));
    EXPECT_EQ(recording.entitlement().partner_id.text(), "first");
}

TEST(Recording, HoldsTheEndOnlyWhileEndingAndTheUrlOnlyWhilePending) {
    Recording recording{settled(EntitlementStatus::pending, PartnerStatus::pending), kRecordedAt};
    const auto& row = recording.entitlement();
    auto pending = test::record_of(PartnerStatus::pending);
    pending.activation = domain::Activation{base::Secret{"https://shop.example/a"}, {}};
    pending.ends_at = kRecordedAt;
    recording.hold(pending);
    EXPECT_EQ(row.activation, pending.activation);
    EXPECT_FALSE(row.ends_at) << "not ending yet";
    pending.activation.reset();
    recording.hold(pending);
    EXPECT_TRUE(row.activation) << "a read without a URL does not take the one held away";
    auto ending = test::record_of(PartnerStatus::active_ending);
    ending.ends_at = kRecordedAt;
    recording.hold(ending);
    EXPECT_EQ(row.ends_at, kRecordedAt);
    EXPECT_FALSE(row.activation);
    recording.hold(test::record_of(PartnerStatus::active));
    EXPECT_FALSE(row.ends_at);
}

TEST(Recording, GivesThePlaceUpOnceBothSidesHaveEnded) {
    const auto occupies = [](EntitlementStatus status, PartnerStatus partner, bool intent) {
        auto row = settled(status, partner);
        row.convergence.intent = intent;
        return Recording{row, kRecordedAt}.finish().entitlement->occupies;
    };
    EXPECT_FALSE(occupies(EntitlementStatus::cancelled, PartnerStatus::cancelled, false));
    EXPECT_FALSE(occupies(EntitlementStatus::unsubscribed, PartnerStatus::revoked, false));
    EXPECT_FALSE(occupies(EntitlementStatus::cancelled, PartnerStatus::none, false));
    EXPECT_TRUE(occupies(EntitlementStatus::cancelled, PartnerStatus::active, true));
    EXPECT_TRUE(occupies(EntitlementStatus::cancelled, PartnerStatus::unknown, true));
    EXPECT_TRUE(occupies(EntitlementStatus::cancelled, PartnerStatus::none, true));
    EXPECT_TRUE(occupies(EntitlementStatus::active_ending, PartnerStatus::active_ending, false));
    EXPECT_TRUE(occupies(EntitlementStatus::active, PartnerStatus::cancelled, true));
}

TEST(Recording, DatesTheDisagreementFromItsBeginning) {
    auto row = settled(EntitlementStatus::suspended, PartnerStatus::active);
    row.convergence.intent = true;
    row = *Recording{row, kRecordedAt}.finish().entitlement;
    EXPECT_EQ(row.unsettled_since, kRecordedAt);
    row.last_problem = "silence";
    row = *Recording{row, kRecordedAt + std::chrono::seconds{5}}.finish().entitlement;
    EXPECT_EQ(row.unsettled_since, kRecordedAt);
    EXPECT_EQ(row.last_problem, "silence");
    row.convergence.intent = false;
    row.convergence.partner_status = PartnerStatus::suspended;
    row = *Recording{row, kRecordedAt}.finish().entitlement;
    EXPECT_FALSE(row.unsettled_since);
    EXPECT_TRUE(row.last_problem.empty());
}

}  // namespace
}  // namespace usher::flow
