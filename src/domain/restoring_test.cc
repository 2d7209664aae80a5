// What a record from a backup is taken for.
#include "domain/restoring.h"

#include <gtest/gtest.h>

namespace usher::domain {
namespace {

const base::Time kRestoredAt{std::chrono::days{20'000}};
constexpr CallLimits kLimits;

Convergence held(EntitlementStatus status, PartnerStatus partner, bool intent = false) {
    Convergence made{.status = status, .partner_status = partner, .intent = intent};
    made.bound = partner != PartnerStatus::none;
    return made;
}

Call a_call(PartnerAction action, CallPhase phase) {
    return {
        .number = 1,
        .action = action,
        .phase = phase,
        .request_id = RequestId{"r-1"},
        .begun = kRestoredAt - std::chrono::days{1},
        .deadline = kRestoredAt - std::chrono::days{1},
        .horizon = phase == CallPhase::open ? kRestoredAt + std::chrono::hours{1} : base::Time{}};
}

// Nothing is ever sent before a read.
TEST(Restoring, WhateverMayLiveAtThePartnerIsReadFirst) {
    int read = 0;
    for (const auto status : kEntitlementStatuses) {
        for (const auto partner : kPartnerStatuses) {
            for (const bool intent : {false, true}) {
                const auto before = held(status, partner, intent);
                const auto decision = doubt(before, kLimits, kRestoredAt);
                const auto step = plan(decision.after, ActionSet::all());
                EXPECT_NE(step.kind, StepKind::act);
                EXPECT_EQ(step.kind == StepKind::read, may_live_at_partner(before));
                EXPECT_EQ(decision.change.has_value(), may_live_at_partner(before));
                EXPECT_EQ(decision.after.status, status);
                EXPECT_EQ(decision.after.intent, intent);
                read += step.kind == StepKind::read ? 1 : 0;
            }
        }
    }
    EXPECT_GT(read, 0);
}

TEST(Restoring, WhatHasEndedThereStaysEnded) {
    EXPECT_FALSE(may_live_at_partner(held(EntitlementStatus::cancelled, PartnerStatus::cancelled)));
    EXPECT_FALSE(may_live_at_partner(held(EntitlementStatus::cancelled, PartnerStatus::none)));
    EXPECT_TRUE(may_live_at_partner(held(EntitlementStatus::cancelled, PartnerStatus::active)));
    EXPECT_TRUE(may_live_at_partner(held(EntitlementStatus::pending, PartnerStatus::none, true)))
        << "it may have been created since";
}

TEST(Restoring, CallsWithoutAnOutcomeAreOpen) {
    for (const auto phase : {CallPhase::under_way, CallPhase::awaited}) {
        auto before = held(EntitlementStatus::suspended, PartnerStatus::active, true);
        before.calls = {a_call(PartnerAction::suspend, phase)};
        const auto after = doubt(before, kLimits, kRestoredAt).after;
        ASSERT_EQ(after.calls.size(), 1U);
        EXPECT_EQ(after.calls.front().phase, CallPhase::open);
        EXPECT_EQ(after.calls.front().horizon, kRestoredAt + kLimits.horizon);
        EXPECT_EQ(after.calls.front().request_id, RequestId{"r-1"});
    }
}

// After the copy the operator asked for SUSPENDED and got it; an open call of before could have
// done it too, but it is not ours to undo it.
TEST(Restoring, WhatIsFoundIsFollowedAndNotPushedBack) {
    auto before = held(EntitlementStatus::active, PartnerStatus::active);
    before.calls = {a_call(PartnerAction::suspend, CallPhase::open)};
    const auto restored = doubt(before, kLimits, kRestoredAt).after;
    const auto read = settle_read(restored,
                                  {.outcome = ReadOutcome::found,
                                   .view = {.status = PartnerStatus::suspended},
                                   .begun = kRestoredAt + std::chrono::seconds{1}},
                                  ActionSet::all());
    EXPECT_EQ(read.after.status, EntitlementStatus::suspended);
    EXPECT_FALSE(read.after.intent);
    EXPECT_EQ(plan(read.after, ActionSet::all()).kind, StepKind::none);
}

}  // namespace
}  // namespace usher::domain
