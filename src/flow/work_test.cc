#include "flow/work.h"

#include <gtest/gtest.h>

#include "flow/claiming.h"
#include "flow/receive_report.h"
#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::ActionOutcome;
using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using domain::Problem;
using domain::StepKind;
using std::chrono::seconds;

class WorkTest : public testing::Test {
  protected:
    WorkTest() { world.propagator.carries = false; }

    // Asks for a status and gives the work that follows.
    Work ask(EntitlementStatus status) {
        world.run(update_status(
            world.ports,
            {.tenant = test::kTenant, .entitlement = test::kEntitlement, .status = status}));
        auto work = std::move(world.propagator.parked.back());
        world.propagator.parked.pop_back();
        return work;
    }
    Advance claim_it() { return *world.run(claim(world.ports, test::kTenant, test::kEntitlement)); }
    Advance settled(const Work& work, ActionReply reply) {
        return *world.run(settle(world.ports, work, std::move(reply)));
    }
    Advance settled(const Work& work, ReadReply reply) {
        return *world.run(settle(world.ports, work, std::move(reply), world.clock.now()));
    }
    Advance released(const Work& work) { return *world.run(release(world.ports, work)); }
    const domain::Entitlement& row() { return world.store.row(); }

    // Settled, but for a call that may still act.
    Work look_at_open_call() {
        auto& held = world.hold(EntitlementStatus::cancelled);
        held.partner_id = {};
        held.convergence.bound = false;
        held.convergence.partner_status = PartnerStatus::none;
        held.convergence.last_call = 1;
        held.convergence.calls = {{.number = 1,
                                   .action = PartnerAction::create,
                                   .phase = domain::CallPhase::open,
                                   .begun = world.clock.now(),
                                   .horizon = world.clock.now() + std::chrono::hours{48}}};
        held.due_at = world.clock.now();
        return *claim_it().next;
    }

    // A purchase whose create was lost long ago: read by our id or by candidates.
    Work read_without_id() {
        auto& held = world.hold(EntitlementStatus::pending);
        held.partner_id = {};
        held.convergence.bound = false;
        held.convergence.intent = true;
        held.convergence.partner_status = PartnerStatus::unknown;
        held.due_at = world.clock.now();
        return *claim_it().next;
    }
    void hold_another(const std::string& partner_id) {
        auto& other = world.hold(EntitlementStatus::active, domain::EntitlementId{"e-2"});
        other.account = domain::AccountId{"account-2"};
        other.partner_id = domain::PartnerEntitlementId{partner_id};
    }
    static ReadReply candidates(std::vector<std::string> ids) {
        ReadReply reply{.kind = ReadKind::candidates};
        for (auto& id : ids) {
            reply.candidates.push_back(test::record_of(PartnerStatus::active, std::move(id)));
        }
        return reply;
    }

    test::World world;
};

TEST_F(WorkTest, OnlyWhatIsDueAndFreeIsClaimed) {
    EXPECT_FALSE(claim_it().entitlement) << "unknown";
    auto& held = world.hold(EntitlementStatus::pending);
    EXPECT_FALSE(claim_it().next) << "never due";
    held.due_at = world.clock.now() + seconds{1};
    EXPECT_FALSE(claim_it().next) << "not due yet";
    world.clock.pass(seconds{1});
    const auto claimed = claim_it();
    ASSERT_TRUE(claimed.next);
    EXPECT_EQ(claimed.next->entitlement, row());
    EXPECT_FALSE(claim_it().next) << "somebody has it";
    world.store.row().due_at = world.clock.now();
    EXPECT_FALSE(claim_it().next) << "even if it were due";
    world.clock.pass(world.ports.limits.lease);
    EXPECT_EQ(claim_it().next->fence, 2U) << "the lease is over";
}

TEST_F(WorkTest, AnAnswerUnderAnOldFenceChangesNothing) {
    world.hold(EntitlementStatus::active);
    const auto old = ask(EntitlementStatus::suspended);
    world.clock.pass(world.ports.limits.lease);
    const auto claimed = claim_it();
    ASSERT_TRUE(claimed.next);
    const auto before = row();
    EXPECT_FALSE(settled(old, test::confirmed(PartnerStatus::suspended)).next);
    EXPECT_FALSE(settled(old, test::found(PartnerStatus::suspended)).next);
    EXPECT_FALSE(released(old).next);
    EXPECT_EQ(row(), before);
}

TEST_F(WorkTest, AnAnswerIsWrittenDownOnce) {
    world.hold(EntitlementStatus::active);
    const auto work = ask(EntitlementStatus::suspended);
    settled(work, test::confirmed(PartnerStatus::suspended));
    const auto before = row();
    const auto again = settled(work, test::refused());
    EXPECT_FALSE(again.next);
    EXPECT_EQ(*again.entitlement, before);
    EXPECT_EQ(row(), before);
}

TEST_F(WorkTest, GoesStraightOnWithTheNextStep) {
    world.hold(EntitlementStatus::active);
    const auto suspend = ask(EntitlementStatus::suspended);
    const auto read = settled(suspend, test::refused());
    ASSERT_TRUE(read.next);
    EXPECT_EQ(read.next->step.kind, StepKind::read);
    // A soft end that nobody here asked for: it is undone before what was asked is done.
    const auto undo = settled(*read.next, test::found(PartnerStatus::active_ending));
    ASSERT_TRUE(undo.next && undo.next->call);
    EXPECT_EQ(undo.next->call->action, PartnerAction::undo_cancel);
    const auto again = settled(*undo.next, test::confirmed(PartnerStatus::active));
    ASSERT_TRUE(again.next && again.next->call);
    EXPECT_EQ(again.next->call->action, PartnerAction::suspend);
    EXPECT_FALSE(settled(*again.next, test::confirmed(PartnerStatus::suspended)).next);
    EXPECT_TRUE(domain::is_settled(row().convergence));
    EXPECT_EQ(row().claim.fence, 4U);
}

TEST_F(WorkTest, ReleasingCountsAsNothingSentAndKeepsTheProblem) {
    world.hold(EntitlementStatus::active);
    const auto first = ask(EntitlementStatus::suspended);
    settled(first, test::ended_in(ActionOutcome::trouble));
    EXPECT_EQ(row().last_problem, "trouble");
    world.clock.pass(seconds{10});
    const auto second = claim_it();
    ASSERT_TRUE(second.next && second.next->call);
    released(*second.next);
    EXPECT_FALSE(row().claim.lease_until);
    EXPECT_TRUE(row().convergence.calls.empty());
    EXPECT_EQ(row().convergence.partner_status, PartnerStatus::active);
    EXPECT_EQ(row().last_problem, "trouble") << "still why it is not settled";
    EXPECT_GT(row().due_at, world.clock.now());
    EXPECT_EQ(world.store.answered.back().result, "not sent");
}

TEST_F(WorkTest, TheCodeOfAProblemStaysUntilSomethingGetsSomewhere) {
    world.hold(EntitlementStatus::active);
    auto reply = test::ended_in(ActionOutcome::lost);
    reply.problem_code = Problem::no_answer;
    settled(ask(EntitlementStatus::suspended), reply);
    EXPECT_EQ(row().problem, Problem::no_answer);
    EXPECT_FALSE(row().partner_said_at);
    world.clock.pass(seconds{10});
    const auto read = claim_it();
    EXPECT_EQ(row().problem, Problem::no_answer);
    settled(*read.next, test::found(PartnerStatus::active));
    EXPECT_EQ(row().problem, Problem::none) << "the read got somewhere";
    EXPECT_EQ(row().partner_said_at, world.clock.now());
}

TEST_F(WorkTest, APartnerThatDoesNotKnowItselfIsToldAsSuch) {
    auto& held = world.hold(EntitlementStatus::active);
    held.due_at = world.clock.now();
    auto unsure = test::found(PartnerStatus::unknown);
    unsure.record->status_word = "FAILED";
    settled(*claim_it().next, unsure);
    EXPECT_EQ(row().problem, Problem::partner_unsure);
    EXPECT_NE(row().last_problem.find("FAILED"), std::string::npos);
}

TEST_F(WorkTest, WhatWasAcceptedAndNeverDoneAndWhatNobodyHeardIsNamed) {
    world.hold(EntitlementStatus::active);
    auto accepted = test::confirmed(PartnerStatus::active);
    accepted.answer.outcome = ActionOutcome::accepted;
    settled(ask(EntitlementStatus::suspended), accepted);
    EXPECT_EQ(row().problem, Problem::none);
    world.clock.pass(world.ports.limits.calls.awaited);
    claim_it();
    EXPECT_EQ(row().problem, Problem::never_confirmed);
    EXPECT_EQ(row().last_problem, kNeverConfirmed);

    world.hold(EntitlementStatus::active);
    ask(EntitlementStatus::suspended);
    world.clock.pass(world.ports.limits.lease);
    claim_it();
    EXPECT_EQ(row().problem, Problem::outcome_not_learnt);
}

TEST_F(WorkTest, ReleasingTheRepeatOfALostCallLeavesTheFirstSendOpen) {
    world.hold(EntitlementStatus::active);
    const auto first = ask(EntitlementStatus::suspended);
    settled(first, test::ended_in(ActionOutcome::lost));
    world.clock.pass(seconds{10});
    const auto read = claim_it();
    const auto repeat = settled(*read.next, test::found(PartnerStatus::active));
    ASSERT_TRUE(repeat.next && repeat.next->call);
    EXPECT_EQ(repeat.next->call->request_id, first.call->request_id);
    released(*repeat.next);
    ASSERT_EQ(row().convergence.calls.size(), 1U);
    EXPECT_EQ(row().convergence.calls[0].phase, domain::CallPhase::open);
}

// Reports alone must not make it be read in a row.
TEST_F(WorkTest, AReportWhileAReadIsOutAsksForAnotherLater) {
    auto& held = world.hold(EntitlementStatus::active);
    held.due_at = world.clock.now();
    const auto read = claim_it();
    ASSERT_EQ(read.next->step.kind, StepKind::read);
    world.run(receive_report(world.ports, {test::kTenant, test::kEntitlement, "{}"}));
    EXPECT_FALSE(settled(*read.next, test::found(PartnerStatus::active)).next);
    EXPECT_TRUE(row().convergence.read_wanted);
    const auto interval = world.ports.limits.reports.read_min_interval;
    EXPECT_EQ(row().due_at, world.clock.now() + interval);
    world.clock.pass(interval);
    const auto again = claim_it();
    ASSERT_TRUE(again.next);
    EXPECT_EQ(again.next->step.kind, StepKind::read);
    EXPECT_FALSE(settled(*again.next, test::found(PartnerStatus::active)).next);
    EXPECT_TRUE(domain::is_settled(row().convergence));
}

TEST_F(WorkTest, WhoAskedDoesNotWaitForReports) {
    auto& held = world.hold(EntitlementStatus::active);
    held.due_at = world.clock.now();
    held.convergence.intent = true;
    held.convergence.status = EntitlementStatus::suspended;
    held.convergence.read_wanted = true;
    const auto read = claim_it();
    ASSERT_EQ(read.next->step.kind, StepKind::read);
    world.run(receive_report(world.ports, {test::kTenant, test::kEntitlement, "{}"}));
    const auto again = settled(*read.next, test::found(PartnerStatus::active));
    ASSERT_TRUE(again.next);
    EXPECT_EQ(again.next->step.kind, StepKind::read);
}

TEST_F(WorkTest, AReportWhileACallIsOutAsksForARead) {
    world.hold(EntitlementStatus::active);
    const auto work = ask(EntitlementStatus::suspended);
    world.run(receive_report(world.ports, {test::kTenant, test::kEntitlement, "{}"}));
    const auto read = settled(work, test::confirmed(PartnerStatus::suspended));
    ASSERT_TRUE(read.next);
    EXPECT_EQ(read.next->step.kind, StepKind::read);
    settled(*read.next, test::found(PartnerStatus::suspended));
    EXPECT_TRUE(domain::is_settled(row().convergence));
}

TEST_F(WorkTest, TheOneFreeCandidateIsTaken) {
    hold_another("b-2");
    const auto read = read_without_id();
    settled(read, candidates({"b-2", "b-3"}));
    EXPECT_EQ(row().partner_id.text(), "b-3");
    EXPECT_EQ(row().convergence.status, EntitlementStatus::active);
}

TEST_F(WorkTest, SeveralFreeCandidatesAreNotGuessedAt) {
    const auto read = read_without_id();
    const auto advance = settled(read, candidates({"b-3", "b-4"}));
    EXPECT_FALSE(advance.next);
    EXPECT_TRUE(row().partner_id.empty());
    EXPECT_EQ(row().convergence.partner_status, PartnerStatus::unknown);
    EXPECT_FALSE(row().last_problem.empty());
    EXPECT_EQ(row().problem, Problem::several_candidates);
    EXPECT_GT(row().due_at, world.clock.now());
}

TEST_F(WorkTest, CandidatesThatAllBelongToOthersAreNone) {
    hold_another("b-2");
    const auto read = read_without_id();
    const auto advance = settled(read, candidates({"b-2"}));
    ASSERT_TRUE(advance.next && advance.next->call) << "so it must be created";
    EXPECT_EQ(advance.next->call->action, PartnerAction::create);
}

TEST_F(WorkTest, AFoundRecordOfAnotherEntitlementIsNotBelieved) {
    hold_another("b-2");
    const auto read = read_without_id();
    settled(read, test::found(PartnerStatus::active, "b-2"));
    EXPECT_TRUE(row().partner_id.empty());
    EXPECT_EQ(row().convergence.partner_status, PartnerStatus::unknown);
    EXPECT_FALSE(row().last_problem.empty());
    EXPECT_EQ(row().problem, Problem::record_of_another);
}

// The store could never write such an answer down.
TEST_F(WorkTest, ACreateAnsweredWithTheRecordOfAnotherIsNotBelieved) {
    hold_another("b-2");
    const auto read = read_without_id();
    const auto create = settled(read, {.kind = ReadKind::not_found});
    ASSERT_TRUE(create.next && create.next->call);
    const auto result =
        world.run(settle(world.ports, *create.next, test::confirmed(PartnerStatus::active, "b-2")));
    ASSERT_TRUE(result);
    EXPECT_TRUE(row().partner_id.empty());
    EXPECT_FALSE(row().convergence.bound);
    EXPECT_EQ(row().convergence.partner_status, PartnerStatus::unknown);
    EXPECT_FALSE(row().last_problem.empty());
}

// A partner that confirms and does nothing must not be asked as fast as it answers.
TEST_F(WorkTest, SlowsDownWhenTheSidesNeverMeet) {
    world.hold(EntitlementStatus::active);
    std::optional<Work> work = ask(EntitlementStatus::suspended);
    const auto begun = world.clock.now();
    int calls = 0;
    while (world.clock.now() - begun < std::chrono::hours{1} && calls < 5000) {
        ++calls;
        work = work->call ? settled(*work, test::confirmed(PartnerStatus::active)).next
                          : settled(*work, test::found(PartnerStatus::active)).next;
        if (work) continue;
        ASSERT_TRUE(row().due_at);
        world.clock.pass(std::max(base::Duration{1}, *row().due_at - world.clock.now()));
        work = claim_it().next;
        ASSERT_TRUE(work);
    }
    EXPECT_LT(calls, 500);
}

TEST_F(WorkTest, ComesBackNoSoonerThanThePartnerAllows) {
    world.hold(EntitlementStatus::active);
    auto reply = test::ended_in(ActionOutcome::trouble);
    reply.retry_after = seconds{90};
    settled(ask(EntitlementStatus::suspended), reply);
    EXPECT_EQ(row().due_at, world.clock.now() + seconds{90});
}

TEST_F(WorkTest, PassesOnWhatTheStoreSays) {
    world.hold(EntitlementStatus::active);
    const auto work = ask(EntitlementStatus::suspended);
    world.store.error = StoreError::unconfirmed;
    const auto result =
        world.run(settle(world.ports, work, test::confirmed(PartnerStatus::suspended)));
    EXPECT_EQ(result, std::unexpected{StoreError::unconfirmed});
}

TEST_F(WorkTest, ALostLookAtAnOpenCallComesAgainSoon) {
    const auto& schedule = world.ports.limits.schedule;
    settled(look_at_open_call(), ReadReply{.kind = ReadKind::trouble, .problem = "silence"});
    ASSERT_TRUE(row().due_at.has_value());
    EXPECT_LE(*row().due_at, world.clock.now() + schedule.backoff_longest);
    settled(look_at_open_call(), ReadReply{.kind = ReadKind::not_found});
    EXPECT_EQ(row().due_at, world.clock.now() + schedule.open_call_read);
}

}  // namespace
}  // namespace usher::flow
