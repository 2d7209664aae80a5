#include "flow/claiming.h"

#include <gtest/gtest.h>

#include "flow/standing.h"
#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::StepKind;

constexpr base::Duration kDay = std::chrono::hours{24};

class ClaimingTest : public testing::Test {
  protected:
    ClaimTools tools() { return make_claim_tools(world.ports); }
    base::Time now() const { return world.clock.now(); }

    domain::Entitlement asked(EntitlementStatus to, PartnerStatus partner) {
        auto row = world.hold(EntitlementStatus::active);
        row.convergence.status = to;
        row.convergence.intent = true;
        row.convergence.partner_status = partner;
        return row;
    }

    test::World world;
};

TEST_F(ClaimingTest, TakesTheCallAndTheRightToMakeItTogether) {
    Recording recording{asked(EntitlementStatus::suspended, PartnerStatus::active), now()};
    const auto with = tools();
    const auto work = take_claim(recording, with, false);
    ASSERT_TRUE(work);
    ASSERT_TRUE(work->call);
    EXPECT_EQ(work->step.kind, StepKind::act);
    EXPECT_EQ(work->call->action, PartnerAction::suspend);
    EXPECT_EQ(work->call->request_id, with.fresh_id);
    EXPECT_EQ(work->lease_end, with.asked_at + world.ports.limits.lease);
    EXPECT_EQ(work->claimed_at, now());
    const auto row = *std::move(recording).finish().entitlement;
    EXPECT_EQ(row.claim.fence, 1U);
    EXPECT_EQ(work->fence, 1U);
    EXPECT_EQ(row.claim.lease_until, now() + world.ports.limits.lease);
    EXPECT_EQ(row.due_at, row.claim.lease_until) << "nobody is asked to look before";
    ASSERT_EQ(row.convergence.calls.size(), 1U);
    EXPECT_TRUE(is_claimed(row, now()));
    EXPECT_FALSE(is_claimed(row, *row.claim.lease_until));
}

TEST_F(ClaimingTest, LooksAtASettledOneOnlyWhenItIsToLook) {
    auto row = world.hold(EntitlementStatus::pending);
    Recording quiet{row, now()};
    EXPECT_FALSE(take_claim(quiet, tools(), false));
    EXPECT_TRUE(quiet.entitlement().due_at) << "the customer may activate";
    Recording looking{row, now()};
    const auto work = take_claim(looking, tools(), true);
    ASSERT_TRUE(work);
    EXPECT_EQ(work->step.kind, StepKind::read);
    EXPECT_FALSE(work->call);
}

TEST_F(ClaimingTest, EndsARequestThatCannotBeCarriedOutAnyMore) {
    world.propagator.actions.erase(PartnerAction::suspend);
    Recording recording{asked(EntitlementStatus::suspended, PartnerStatus::active), now()};
    EXPECT_FALSE(take_claim(recording, tools(), false));
    const auto row = *std::move(recording).finish().entitlement;
    EXPECT_EQ(row.convergence.status, EntitlementStatus::active);
    ASSERT_TRUE(row.last_refusal);
    EXPECT_EQ(row.last_refusal->rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_FALSE(row.due_at);
}

TEST_F(ClaimingTest, CatchesUpWithCallsOfAClaimThatEnded) {
    Recording first{asked(EntitlementStatus::suspended, PartnerStatus::active), now()};
    ASSERT_TRUE(take_claim(first, tools(), false));
    const auto row = *std::move(first).finish().entitlement;

    Recording within{row, now()};
    catch_up(within, tools());
    EXPECT_EQ(within.entitlement(), row) << "somebody is at it";

    world.clock.pass(world.ports.limits.lease);
    Recording after{row, now()};
    catch_up(after, tools());
    EXPECT_EQ(after.entitlement().convergence.partner_status, PartnerStatus::unknown);
    EXPECT_EQ(after.entitlement().convergence.calls.front().phase, domain::CallPhase::open);
    EXPECT_FALSE(after.entitlement().claim.lease_until);
    EXPECT_EQ(std::move(after).finish().events.size(), 1U);
}

TEST_F(ClaimingTest, ComesBackNoSoonerThanThePartnerAllows) {
    Recording recording{asked(EntitlementStatus::suspended, PartnerStatus::active), now()};
    schedule(recording, tools());
    EXPECT_EQ(recording.entitlement().due_at, now());
    schedule(recording, tools(), std::chrono::seconds{30});
    EXPECT_EQ(recording.entitlement().due_at, now() + std::chrono::seconds{30});
    Recording settled{world.hold(EntitlementStatus::active), now()};
    schedule(settled, tools(), std::chrono::seconds{30});
    EXPECT_FALSE(settled.entitlement().due_at) << "there is nothing to come back for";
}

TEST_F(ClaimingTest, StandingIsConfirmedWhileAReportIsBeingLookedInto) {
    auto row = world.hold(EntitlementStatus::active);
    row.convergence.read_wanted = true;
    EXPECT_EQ(standing_of(row, kDay, world.clock.now()).word, StandingWord::confirmed);
    row.convergence.intent = true;
    EXPECT_EQ(standing_of(row, kDay, world.clock.now()).word, StandingWord::pending);
}

TEST_F(ClaimingTest, StandingTellsHowItIsGoing) {
    EXPECT_EQ(standing_of(world.hold(EntitlementStatus::active), kDay, world.clock.now()).word,
              StandingWord::confirmed);
    auto row = asked(EntitlementStatus::suspended, PartnerStatus::unknown);
    row.unsettled_since = now();
    row.attempts = 3;
    row.due_at = now() + std::chrono::seconds{9};
    row.last_problem = "silence";
    const auto standing = standing_of(row, kDay, world.clock.now());
    EXPECT_EQ(standing.word, StandingWord::pending);
    EXPECT_EQ(standing.since, now());
    EXPECT_EQ(standing.attempts, 3U);
    EXPECT_EQ(standing.next, row.due_at);
    EXPECT_EQ(standing.last_problem, "silence");
    for (const auto word :
         {StandingWord::confirmed, StandingWord::pending, StandingWord::attention}) {
        EXPECT_FALSE(to_text(word).empty());
    }
}

TEST_F(ClaimingTest, WhatIsNotSettledForLongNeedsAttentionAndIsTriedLessOften) {
    auto row = asked(EntitlementStatus::suspended, PartnerStatus::active);
    row.attempts = 30;
    row.unsettled_since = now() - kDay + std::chrono::seconds{1};
    EXPECT_EQ(standing_of(row, kDay, now()).word, StandingWord::pending);
    Recording recent{row, now()};
    schedule(recent, tools());
    EXPECT_LE(recent.entitlement().due_at, now() + std::chrono::minutes{5});

    row.unsettled_since = now() - kDay;
    EXPECT_EQ(standing_of(row, kDay, now()).word, StandingWord::attention);
    Recording old{row, now()};
    schedule(old, tools());
    EXPECT_GT(old.entitlement().due_at, now() + std::chrono::minutes{5});
    EXPECT_LE(old.entitlement().due_at, now() + std::chrono::hours{1});
}

TEST_F(ClaimingTest, WhatMayNotBeSentIsNotClaimed) {
    world.propagator.sends = false;
    Recording recording{asked(EntitlementStatus::suspended, PartnerStatus::active), now()};
    EXPECT_FALSE(take_claim(recording, tools(), true));
    EXPECT_FALSE(recording.entitlement().claim.lease_until);
    EXPECT_EQ(recording.entitlement().problem, domain::Problem::held);
    EXPECT_TRUE(recording.entitlement().due_at) << "it is looked at again";
    Recording doubtful{asked(EntitlementStatus::suspended, PartnerStatus::unknown), now()};
    EXPECT_EQ(take_claim(doubtful, tools(), true)->step.kind, StepKind::read) << "reads go on";
}

}  // namespace
}  // namespace usher::flow
