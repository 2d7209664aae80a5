#include "domain/words.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "domain/convergence.h"
#include "domain/entitlement.h"
#include "domain/problem.h"
#include "domain/rejection.h"
#include "domain/rules.h"

namespace usher::domain {
namespace {

TEST(Words, HaveThePublishedSpellings) {
    EXPECT_EQ(to_text(EntitlementStatus::active_ending), "ACTIVE-ENDING");
    EXPECT_EQ(to_text(EntitlementStatus::subscribed), "SUBSCRIBED");
    EXPECT_EQ(to_text(PartnerStatus::none), "NONE");
    EXPECT_EQ(to_text(PartnerAction::undo_cancel), "undo_cancel");
}

TEST(Words, ComeBackFromTheirText) {
    for (const auto word : kEntitlementStatuses) {
        EXPECT_EQ(parse_entitlement_status(to_text(word)), word);
    }
    for (const auto word : kPartnerStatuses) EXPECT_EQ(parse_partner_status(to_text(word)), word);
    for (const auto word : kPartnerActions) EXPECT_EQ(parse_partner_action(to_text(word)), word);
    for (const auto word : kRejections) EXPECT_EQ(parse_rejection(to_text(word)), word);
    for (const auto word : kProblems) EXPECT_EQ(parse_problem(to_text(word)), word);
    for (const auto word : {ChangeKind::requested, ChangeKind::confirmed, ChangeKind::accepted,
                            ChangeKind::lost, ChangeKind::learnt, ChangeKind::refused,
                            ChangeKind::partner_moved, ChangeKind::pushed_back}) {
        EXPECT_EQ(parse_change_kind(to_text(word)), word);
    }
    for (const auto word : {Initiator::op, Initiator::partner, Initiator::usher}) {
        EXPECT_EQ(parse_initiator(to_text(word)), word);
    }
    for (const auto word : {AccountStatus::active, AccountStatus::restricted,
                            AccountStatus::suspended, AccountStatus::cancelled}) {
        EXPECT_EQ(parse_account_status(to_text(word)), word);
    }
}

TEST(Words, AreExact) {
    for (const auto* text : {"", "active", "ACTIVE ", "ACTIVE_ENDING", "NONE"}) {
        EXPECT_EQ(parse_entitlement_status(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_partner_status("SUBSCRIBED"), std::nullopt);
    EXPECT_EQ(parse_partner_action("UNDO_CANCEL"), std::nullopt);
}

TEST(Words, OfTheRecordMeanWhatThePartnerHas) {
    EXPECT_EQ(meaning(EntitlementStatus::subscribed), PartnerStatus::active);
    EXPECT_EQ(meaning(EntitlementStatus::unsubscribed), PartnerStatus::cancelled);
    for (const auto status : kPartnerStatuses) {
        if (is_live(status) || is_ended(status)) EXPECT_EQ(meaning(record_word(status)), status);
    }
    EXPECT_EQ(record_word(PartnerStatus::none), EntitlementStatus::cancelled);
}

TEST(Words, ActionSetsHoldWhatWasPutIn) {
    ActionSet set{PartnerAction::create, PartnerAction::revoke};
    EXPECT_TRUE(set.contains(PartnerAction::revoke));
    EXPECT_FALSE(set.contains(PartnerAction::cancel));
    set.erase(PartnerAction::revoke);
    EXPECT_EQ(set, ActionSet{PartnerAction::create});
    EXPECT_EQ(ActionSet::from_bits(ActionSet::all().bits()), ActionSet::all());
}

TEST(Words, RulesHaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const auto rule : kRules) names.insert(to_text(rule));
    EXPECT_EQ(names.size(), kRules.size());
    EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace usher::domain
