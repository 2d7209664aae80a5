#include "domain/lifecycle.h"

#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "domain/tables.h"

namespace usher::domain {
namespace {

// The request table once more, written from the rules and apart from the code. For each status of
// the record and each asked status a letter for each partner status, in this order:
// NONE UNKNOWN PENDING ACTIVE SUSPENDED ACTIVE-ENDING CANCELLED REVOKED.
//   y yes  = unchanged  p nothing goes back to PENDING  n not activated yet
//   s an ending cannot be suspended  e ended: buy again  f a hard end does not become a soft one
const std::map<std::string_view, std::map<std::string_view, std::string_view>> kGolden{
    {"PENDING",
     {{"PENDING", "========"},
      {"ACTIVE", "yyyyyyyy"},
      {"SUSPENDED", "nnnnnnnn"},
      {"ACTIVE-ENDING", "nnnnnnnn"},
      {"CANCELLED", "yyyyyyyy"},
      {"REVOKED", "yyyyyyyy"}}},
    {"ACTIVE",
     {{"PENDING", "pppppppp"},
      {"ACTIVE", "========"},
      {"SUSPENDED", "nynyyyyy"},
      {"ACTIVE-ENDING", "nynyyyyy"},
      {"CANCELLED", "yyyyyyyy"},
      {"REVOKED", "yyyyyyyy"}}},
    {"SUSPENDED",
     {{"PENDING", "pppppppp"},
      {"ACTIVE", "yyyyyyyy"},
      {"SUSPENDED", "========"},
      {"ACTIVE-ENDING", "nynyyyyy"},
      {"CANCELLED", "yyyyyyyy"},
      {"REVOKED", "yyyyyyyy"}}},
    {"ACTIVE-ENDING",
     {{"PENDING", "pppppppp"},
      {"ACTIVE", "yyyyyyyy"},
      {"SUSPENDED", "ssssssss"},
      {"ACTIVE-ENDING", "========"},
      {"CANCELLED", "========"},
      {"REVOKED", "yyyyyyyy"}}},
    {"CANCELLED",
     {{"PENDING", "pppppppp"},
      {"ACTIVE", "eyyyyyee"},
      {"SUSPENDED", "eeeeeeee"},
      {"ACTIVE-ENDING", "eeeeeeee"},
      {"CANCELLED", "========"},
      {"REVOKED", "yyyyyyee"}}},
    {"REVOKED",
     {{"PENDING", "pppppppp"},
      {"ACTIVE", "eyyyyyee"},
      {"SUSPENDED", "eeeeeeee"},
      {"ACTIVE-ENDING", "eeeeeeee"},
      {"CANCELLED", "ffffffff"},
      {"REVOKED", "========"}}},
};

std::string_view plain_word(EntitlementStatus status) {
    return to_text(record_word(meaning(status)));
}

Verdict golden(EntitlementStatus status, std::size_t partner, EntitlementStatus to) {
    const char letter = kGolden.at(plain_word(status)).at(plain_word(to)).at(partner);
    const auto refused = [status](Rejection rejection) {
        return Verdict{Answer::refused, status, rejection};
    };
    switch (letter) {
        case '=':
            // Another word for the same changes the record.
            if (status != to && plain_word(status) == plain_word(to)) {
                return {Answer::accepted, to, std::nullopt};
            }
            return {Answer::unchanged, status, std::nullopt};
        case 'p':
            return refused(Rejection::pending_is_never_asked);
        case 'n':
            return refused(Rejection::not_active_yet);
        case 's':
            return refused(Rejection::ending_cannot_be_suspended);
        case 'e':
            return refused(Rejection::already_ended);
        case 'f':
            return refused(Rejection::revoked_is_final);
        default:
            return {Answer::accepted, to, std::nullopt};
    }
}

TEST(Lifecycle, AnswersEveryRequestAsTheRulesSay) {
    std::size_t rows = 0;
    for (const auto& row : request_table()) {
        const auto partner = static_cast<std::size_t>(row.partner);
        EXPECT_EQ(row.verdict, golden(row.status, partner, row.to))
            << to_text(row.status) << " with " << to_text(row.partner) << " there, asked "
            << to_text(row.to);
        ++rows;
    }
    EXPECT_EQ(rows, 8U * 8U * 8U);
}

TEST(Lifecycle, GoesTheShortestWay) {
    const auto all = ActionSet::all();
    using enum PartnerStatus;
    EXPECT_EQ(first_step(active, EntitlementStatus::suspended, all), PartnerAction::suspend);
    EXPECT_EQ(first_step(suspended, EntitlementStatus::subscribed, all), PartnerAction::resume);
    EXPECT_EQ(first_step(active_ending, EntitlementStatus::suspended, all),
              PartnerAction::undo_cancel);
    EXPECT_EQ(first_step(none, EntitlementStatus::pending, all), PartnerAction::create);
    EXPECT_EQ(first_step(pending, EntitlementStatus::unsubscribed, all), PartnerAction::cancel);
    EXPECT_EQ(first_step(active_ending, EntitlementStatus::revoked, all), PartnerAction::revoke);
    EXPECT_EQ(first_step(pending, EntitlementStatus::active, all), std::nullopt);
    EXPECT_EQ(first_step(cancelled, EntitlementStatus::active, all), std::nullopt);
}

TEST(Lifecycle, TakesOnlyWaysThatAreSupported) {
    auto supported = ActionSet::all();
    supported.erase(PartnerAction::undo_cancel);
    EXPECT_EQ(first_step(PartnerStatus::active_ending, EntitlementStatus::active, supported),
              std::nullopt);
    supported.erase(PartnerAction::cancel);
    EXPECT_EQ(first_step(PartnerStatus::active, EntitlementStatus::cancelled, supported),
              std::nullopt);
}

TEST(Lifecycle, NeverEndsSomethingOnTheWayToALiveStatus) {
    ActionSet supported{PartnerAction::cancel, PartnerAction::undo_cancel};
    EXPECT_EQ(first_step(PartnerStatus::suspended, EntitlementStatus::active, supported),
              std::nullopt);
}

TEST(Lifecycle, SidesAgreeOnEndsInAnyMix) {
    EXPECT_TRUE(agree(EntitlementStatus::revoked, PartnerStatus::cancelled));
    EXPECT_TRUE(agree(EntitlementStatus::unsubscribed, PartnerStatus::revoked));
    EXPECT_TRUE(agree(EntitlementStatus::cancelled, PartnerStatus::none));
    EXPECT_TRUE(agree(EntitlementStatus::subscribed, PartnerStatus::active));
    EXPECT_FALSE(agree(EntitlementStatus::active, PartnerStatus::none));
    EXPECT_FALSE(agree(EntitlementStatus::cancelled, PartnerStatus::active_ending));
    EXPECT_FALSE(agree(EntitlementStatus::cancelled, PartnerStatus::unknown));
}

TEST(Lifecycle, PlanReadsWhatIsUnknownAndNeverCallsUnasked) {
    EXPECT_EQ(plan_table().size(), 8U * 8U * 2U);
    for (const auto& row : plan_table()) {
        SCOPED_TRACE(std::string{to_text(row.status)} + " " + std::string{to_text(row.partner)});
        if (row.partner == PartnerStatus::unknown) {
            EXPECT_EQ(row.step, "read");
        } else if (!row.intent || is_ended(row.partner) || agree(row.status, row.partner)) {
            EXPECT_EQ(row.step, "none");
        }
    }
}

TEST(Lifecycle, PageShowsEveryCallAndStatus) {
    const auto page = lifecycle_page();
    for (const auto action : kPartnerActions) {
        EXPECT_NE(page.find(": " + std::string{to_text(action)} + "\n"), std::string::npos);
    }
    for (const auto status : kPartnerStatuses) {
        EXPECT_NE(page.find(to_text(status)), std::string::npos);
    }
    EXPECT_NE(page.find("stateDiagram-v2"), std::string::npos);
}

}  // namespace
}  // namespace usher::domain
