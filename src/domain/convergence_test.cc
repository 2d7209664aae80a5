#include "domain/convergence.h"

#include <string>

#include <gtest/gtest.h>

namespace usher::domain {
namespace {

using namespace std::chrono_literals;

// One entitlement and the clock, with the steps of a story as its verbs.
class Story : public testing::Test {
  protected:
    void begin_at(EntitlementStatus status, PartnerStatus partner) {
        it = {.status = status, .partner_status = partner, .bound = true, .partner_date = now};
    }
    Verdict asked(EntitlementStatus to) {
        const auto request = ask(it, to, supported);
        it = request.decision.after;
        change = request.decision.change;
        return request.verdict;
    }
    std::uint32_t send(PartnerAction action, const std::string& body = "body") {
        const Step expected{StepKind::act, action};
        EXPECT_EQ(plan(it, supported), expected);
        const auto begun =
            begin_call(it, action, RequestId{"id-" + std::to_string(++ids)}, body, limits, now);
        it = begun.after;
        sent = begun.call.request_id.text();
        return begun.call.number;
    }
    Verdict asked_for_product() {
        const auto request = ask_product(it, supported);
        it = request.decision.after;
        change = request.decision.change;
        return request.verdict;
    }
    void shows_product(PartnerStatus status) {
        EXPECT_EQ(plan(it, supported).kind, StepKind::read);
        now += 1s;
        take(settle_read(
            it,
            {ReadOutcome::found, {.status = status, .date = now, .has_wanted_product = true}, now},
            supported));
    }
    void answered(std::uint32_t number, const ActionAnswer& answer) {
        take(settle_action(it, number, answer, supported, limits, now));
    }
    void confirmed(std::uint32_t number, PartnerStatus status) {
        answered(number, {.outcome = ActionOutcome::confirmed, .view = {status, now}});
    }
    void read(PartnerStatus status) {
        EXPECT_EQ(plan(it, supported).kind, StepKind::read);
        swept(status);
    }
    void swept(PartnerStatus status) {
        now += 1s;
        take(settle_read(it, {ReadOutcome::found, {status, now}, now}, supported));
    }
    void reported(PartnerStatus status, base::Time date) {
        take(receive_report(it, {status, date}, supported, now));
    }
    void take(const Decision& decision) {
        it = decision.after;
        change = decision.change;
        for (const auto& call : decision.answered) ended = call.result;
    }
    ChangeKind told() const { return change.value().kind; }

    Convergence it;
    std::optional<Change> change;
    std::string ended;
    std::string sent;
    ActionSet supported = ActionSet::all();
    CallLimits limits;
    base::Time now = base::from_micros(1'000'000'000);
    int ids = 0;
};

TEST_F(Story, ARequestIsCarriedOutAndConfirmed) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    EXPECT_EQ(asked(EntitlementStatus::suspended).answer, Answer::accepted);
    EXPECT_EQ(told(), ChangeKind::requested);
    confirmed(send(PartnerAction::suspend), PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AnOvertakenRequestIsNeverSent) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    asked(EntitlementStatus::active);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(plan(it, supported), Step{});
}

TEST_F(Story, AnotherWordCallsNobody) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    EXPECT_EQ(asked(EntitlementStatus::subscribed).answer, Answer::accepted);
    EXPECT_EQ(it.status, EntitlementStatus::subscribed);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(asked(EntitlementStatus::subscribed).answer, Answer::unchanged);
}

TEST_F(Story, ALostAnswerIsReadBeforeAnythingIsSent) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    EXPECT_EQ(it.partner_status, PartnerStatus::unknown);
    EXPECT_EQ(told(), ChangeKind::lost);
    read(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, TheSameIdGoesAgainWhileNoAnswerWasReadAndWhatItBringsIsRead) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    const auto first = sent;
    read(PartnerStatus::active);
    const auto again = send(PartnerAction::suspend);
    EXPECT_EQ(sent, first);
    confirmed(again, PartnerStatus::suspended);
    EXPECT_FALSE(is_settled(it));
    read(PartnerStatus::suspended);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AnotherBodyOrAnAnswerThatWasReadTakesANewId) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    read(PartnerStatus::active);
    const auto first = sent;
    answered(send(PartnerAction::suspend, "other body"), {.outcome = ActionOutcome::failed});
    EXPECT_NE(sent, first);
    const auto second = sent;
    read(PartnerStatus::active);
    send(PartnerAction::suspend, "other body");
    EXPECT_NE(sent, second);
    EXPECT_EQ(it.calls.size(), 3U);
}

TEST_F(Story, AnAcceptedCallIsAwaitedUntilItsDeadline) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::accepted});
    EXPECT_EQ(told(), ChangeKind::accepted);
    swept(PartnerStatus::active);
    EXPECT_EQ(plan(it, supported), Step{});
    EXPECT_EQ(it.calls.front().phase, CallPhase::awaited);
    now += limits.awaited;
    take(pass_time(it, limits, now));
    EXPECT_EQ(told(), ChangeKind::lost);
    EXPECT_EQ(it.calls.front().phase, CallPhase::open);
    read(PartnerStatus::suspended);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AnAcceptedCallWhoseEffectShowsIsWaitedForNoLonger) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::accepted});
    swept(PartnerStatus::suspended);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(it.calls.front().result, kEffectSeen);
    now += limits.horizon;
    take(pass_time(it, limits, now));
    EXPECT_TRUE(it.calls.empty());
}

TEST_F(Story, ALateEffectOfAnOvertakenCallIsPushedBackOnce) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    asked(EntitlementStatus::active);
    read(PartnerStatus::active);
    EXPECT_TRUE(is_settled(it));
    swept(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::pushed_back);
    confirmed(send(PartnerAction::resume), PartnerStatus::active);
    EXPECT_TRUE(is_settled(it));
    swept(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::partner_moved);
    EXPECT_EQ(it.status, EntitlementStatus::suspended);
}

// The looks until then may have been lost, and what has ended here is not swept.
TEST_F(Story, AnOpenCallIsOverOnlyAfterALookThatBeganAtItsHorizon) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    asked(EntitlementStatus::active);
    read(PartnerStatus::active);
    const auto left = now;
    now += limits.horizon;
    take(pass_time(it, limits, now));
    EXPECT_EQ(plan(it, supported).kind, StepKind::read);
    take(settle_read(it, {ReadOutcome::lost, {}, now}, supported));
    take(settle_read(it, {ReadOutcome::found, {PartnerStatus::active, left}, left}, supported));
    EXPECT_EQ(it.calls.size(), 1U) << "it left too early to tell";
    take(pass_time(it, limits, now));
    read(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::pushed_back);
    EXPECT_EQ(ended, kEffectSeen);
    confirmed(send(PartnerAction::resume), PartnerStatus::active);
    EXPECT_TRUE(it.calls.empty());
    EXPECT_TRUE(is_settled(it));
}

// Another create may still be made; what is found of the first one is nothing.
TEST_F(Story, ALookWhileACreateIsAwaitedEndsAnotherThatIsOver) {
    begin_at(EntitlementStatus::pending, PartnerStatus::none);
    it.intent = true;
    it.bound = false;
    it.calls = {{.number = 1,
                 .action = PartnerAction::create,
                 .phase = CallPhase::open,
                 .deadline = now - 2s,
                 .horizon = now}};
    it.last_call = 1;
    it.calls.push_back({.number = 2,
                        .action = PartnerAction::create,
                        .phase = CallPhase::awaited,
                        .deadline = now + 60s});
    take(pass_time(it, limits, now));
    EXPECT_EQ(plan(it, supported).kind, StepKind::read);
    take(settle_read(it, {ReadOutcome::not_found, {}, now}, supported));
    EXPECT_EQ(plan(it, supported).kind, StepKind::none) << "it is waited for";
    ASSERT_EQ(it.calls.size(), 1U);
    EXPECT_EQ(it.calls.front().number, 2U);
}

TEST_F(Story, WhatThePartnerMovesIsFollowed) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    swept(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::partner_moved);
    EXPECT_EQ(it.status, EntitlementStatus::suspended);
    swept(PartnerStatus::revoked);
    EXPECT_EQ(it.status, EntitlementStatus::revoked);
}

TEST_F(Story, ThePartnersEndIsTheLastWord) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    read(PartnerStatus::cancelled);
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_EQ(change->rejection, Rejection::ended_by_partner);
    EXPECT_EQ(it.status, EntitlementStatus::cancelled);
}

TEST_F(Story, ASoftEndTakesTheFinerWord) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::cancelled);
    confirmed(send(PartnerAction::cancel), PartnerStatus::active_ending);
    EXPECT_EQ(it.status, EntitlementStatus::active_ending);
    EXPECT_TRUE(is_settled(it));
    swept(PartnerStatus::cancelled);
    EXPECT_EQ(it.status, EntitlementStatus::cancelled);
}

TEST_F(Story, AnEndingIsUndoneBeforeItIsSuspended) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::cancelled);
    answered(send(PartnerAction::cancel), {.outcome = ActionOutcome::lost});
    asked(EntitlementStatus::active);
    asked(EntitlementStatus::suspended);
    read(PartnerStatus::active_ending);
    confirmed(send(PartnerAction::undo_cancel), PartnerStatus::active);
    confirmed(send(PartnerAction::suspend), PartnerStatus::suspended);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, ARefusalEndsTheRequestItServes) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend),
             {.outcome = ActionOutcome::refused, .partner_code = "NO_CREDIT"});
    read(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_EQ(change->partner_code, "NO_CREDIT");
    EXPECT_EQ(it.status, EntitlementStatus::active);
}

TEST_F(Story, ARefusalDoesNotEndANewerRequest) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    const auto suspend = send(PartnerAction::suspend);
    asked(EntitlementStatus::cancelled);
    answered(suspend, {.outcome = ActionOutcome::refused});
    read(PartnerStatus::active);
    EXPECT_EQ(it.status, EntitlementStatus::cancelled);
    confirmed(send(PartnerAction::cancel), PartnerStatus::cancelled);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AReplayedRefusalIsTriedAgainWithANewId) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    const auto first = sent;
    read(PartnerStatus::active);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::refused});
    read(PartnerStatus::active);
    EXPECT_EQ(it.status, EntitlementStatus::suspended);
    send(PartnerAction::suspend);
    EXPECT_NE(sent, first);
}

// The partner refuses the second send of a create while the first is still on its way there.
TEST_F(Story, ARefusedRepeatLeavesTheFirstSendOpen) {
    it.intent = true;
    answered(send(PartnerAction::create), {.outcome = ActionOutcome::lost});
    now += limits.call;
    take(settle_read(it, {ReadOutcome::not_found, {}, now}, supported));
    answered(send(PartnerAction::create), {.outcome = ActionOutcome::refused});
    supported.erase(PartnerAction::create);
    take(settle_read(it, {ReadOutcome::not_found, {}, now + limits.call}, supported));
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_EQ(it.status, EntitlementStatus::cancelled);
    ASSERT_EQ(it.calls.size(), 1U) << "the first send may still act";
    EXPECT_EQ(it.calls.front().phase, CallPhase::open);
    swept(PartnerStatus::pending);
    EXPECT_EQ(it.status, EntitlementStatus::pending) << "what the partner has is followed";
    EXPECT_TRUE(it.calls.empty());
}

TEST_F(Story, WhatTurnsOutNotToBeSupportedIsRefusedByTheProductsName) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    supported.erase(PartnerAction::suspend);
    const auto verdict = asked(EntitlementStatus::suspended);
    EXPECT_EQ(verdict.rejection, Rejection::not_supported_by_partner);
    EXPECT_TRUE(is_settled(it));

    supported = ActionSet::all();
    asked(EntitlementStatus::suspended);
    supported.erase(PartnerAction::suspend);
    EXPECT_EQ(plan(it, supported).kind, StepKind::refused);
    take(conclude(it, supported));
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, OnlyTheCustomerActivates) {
    begin_at(EntitlementStatus::pending, PartnerStatus::pending);
    asked(EntitlementStatus::active);
    read(PartnerStatus::pending);
    EXPECT_EQ(change->rejection, Rejection::still_pending_at_partner);
    EXPECT_EQ(it.status, EntitlementStatus::pending);
    asked(EntitlementStatus::active);
    read(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::confirmed);
}

TEST_F(Story, APurchaseIsFoundAfterItsAnswerWasLost) {
    it.intent = true;
    const auto create = send(PartnerAction::create);
    answered(create, {.outcome = ActionOutcome::lost});
    const ReadAnswer early{ReadOutcome::not_found, {}, now};
    take(settle_read(it, early, supported));
    EXPECT_EQ(it.partner_status, PartnerStatus::unknown) << "it may still be on its way";
    now += limits.call;
    read(PartnerStatus::pending);
    EXPECT_TRUE(is_settled(it));
    EXPECT_TRUE(it.bound);
    EXPECT_TRUE(it.calls.empty()) << "what is found was created";
}

TEST_F(Story, NotFoundAfterTheDeadlineIsCreatedAgain) {
    it.intent = true;
    answered(send(PartnerAction::create), {.outcome = ActionOutcome::lost});
    const auto first = sent;
    now += limits.call;
    take(settle_read(it, {ReadOutcome::not_found, {}, now}, supported));
    EXPECT_EQ(it.partner_status, PartnerStatus::none);
    send(PartnerAction::create);
    EXPECT_EQ(sent, first);
}

TEST_F(Story, WhatIsBoundIsNeverTakenForNotThere) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    const auto before = it;
    take(settle_read(it, {ReadOutcome::not_found, {}, now}, supported));
    EXPECT_EQ(it, before);
    take(settle_read(it, {ReadOutcome::lost, {}, now}, supported));
    EXPECT_EQ(it, before);
}

TEST_F(Story, FailedAtThePartnerIsUnknownAndMayStillAct) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    confirmed(send(PartnerAction::suspend), PartnerStatus::unknown);
    EXPECT_EQ(it.partner_status, PartnerStatus::unknown);
    EXPECT_EQ(it.calls.front().phase, CallPhase::open);
    EXPECT_EQ(plan(it, supported).kind, StepKind::read);
}

TEST_F(Story, TroubleEndsOnlyWhatWasNotSentBefore) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::trouble});
    EXPECT_TRUE(it.calls.empty());
    EXPECT_EQ(it.partner_status, PartnerStatus::active);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::lost});
    read(PartnerStatus::active);
    answered(send(PartnerAction::suspend), {.outcome = ActionOutcome::trouble});
    EXPECT_EQ(it.calls.front().phase, CallPhase::open);
}

TEST_F(Story, ADeadProcessLeavesAnOpenCall) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::suspended);
    const auto number = send(PartnerAction::suspend);
    take(take_over(it, limits, now));
    EXPECT_EQ(it.calls.front().phase, CallPhase::open);
    EXPECT_EQ(told(), ChangeKind::lost);
    const auto before = it;
    confirmed(number, PartnerStatus::suspended);
    EXPECT_EQ(it, before) << "an answer after the take-over is nobody's";
}

TEST_F(Story, AReportIsBelievedOnlyWhenItIsNewsAndNothingIsOpen) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    const auto held = now;
    reported(PartnerStatus::active, held);
    EXPECT_FALSE(it.read_wanted) << "a repeat";
    reported(PartnerStatus::suspended, held + 1s);
    EXPECT_EQ(it.status, EntitlementStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::partner_moved);
    reported(PartnerStatus::active, held);
    EXPECT_EQ(it.partner_status, PartnerStatus::suspended);
    EXPECT_EQ(plan(it, supported).kind, StepKind::read);
}

TEST_F(Story, AReadThatLeftBeforeAReportProvesNothing) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    const auto left = now;
    now += 1s;
    reported(PartnerStatus::suspended, now);
    take(settle_read(it, {ReadOutcome::found, {PartnerStatus::active, left}, left}, supported));
    EXPECT_EQ(it.partner_status, PartnerStatus::suspended);
    read(PartnerStatus::suspended);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AMistakenEndCanBeTakenBackWhileItIsOpen) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked(EntitlementStatus::revoked);
    answered(send(PartnerAction::revoke), {.outcome = ActionOutcome::lost});
    EXPECT_EQ(asked(EntitlementStatus::active).answer, Answer::accepted);
    read(PartnerStatus::active);
    EXPECT_TRUE(is_settled(it));
    swept(PartnerStatus::revoked);
    EXPECT_EQ(it.status, EntitlementStatus::revoked) << "it acted late, and that is final";
}

// --- another product

const ActionAnswer kHasProduct{
    .outcome = ActionOutcome::confirmed,
    .view = {.status = PartnerStatus::active, .date = {}, .has_wanted_product = true}};

TEST_F(Story, AnotherProductIsAskedForAndConfirmed) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    EXPECT_EQ(asked_for_product().answer, Answer::accepted);
    EXPECT_EQ(told(), ChangeKind::requested);
    EXPECT_FALSE(is_settled(it));
    answered(send(PartnerAction::change_product), kHasProduct);
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(it.status, EntitlementStatus::active);
    EXPECT_FALSE(it.product_wanted);
}

TEST_F(Story, AnotherProductIsForWhatIsActiveAndSettled) {
    const auto refusal = [&](EntitlementStatus status) {
        begin_at(status, meaning(status));
        return asked_for_product().rejection;
    };
    EXPECT_EQ(refusal(EntitlementStatus::pending), Rejection::product_not_changeable);
    EXPECT_EQ(refusal(EntitlementStatus::suspended), Rejection::product_not_changeable);
    EXPECT_EQ(refusal(EntitlementStatus::active_ending), Rejection::product_not_changeable);
    EXPECT_EQ(refusal(EntitlementStatus::cancelled), Rejection::already_ended);
    EXPECT_EQ(refusal(EntitlementStatus::revoked), Rejection::already_ended);
    EXPECT_EQ(refusal(EntitlementStatus::subscribed), std::nullopt);
    EXPECT_EQ(asked_for_product().rejection, Rejection::change_under_way);
    begin_at(EntitlementStatus::suspended, PartnerStatus::suspended);
    asked(EntitlementStatus::active);
    EXPECT_EQ(asked_for_product().rejection, Rejection::change_under_way);
    supported.erase(PartnerAction::change_product);
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    EXPECT_EQ(asked_for_product().rejection, Rejection::not_supported_by_partner);
}

TEST_F(Story, AnotherProductMayNeedTheCustomerAgain) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product),
             {.outcome = ActionOutcome::confirmed,
              .view = {.status = PartnerStatus::pending, .date = now, .has_wanted_product = true}});
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(it.status, EntitlementStatus::pending);
}

TEST_F(Story, WhetherAnotherProductCameIsReadBeforeItIsAskedForAgain) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::lost});
    const auto first = sent;
    read(PartnerStatus::active);
    EXPECT_FALSE(is_settled(it)) << "the partner is active, and has the old product";
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::lost});
    EXPECT_EQ(sent, first) << "the same call, never answered";
    shows_product(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_FALSE(it.product_wanted);
    // Sent twice, so it may act once more, after anything that is asked for now.
    EXPECT_EQ(asked_for_product().rejection, Rejection::change_under_way);
    now += limits.horizon;
    take(pass_time(it, limits, now));
    EXPECT_EQ(asked_for_product().answer, Answer::accepted);
}

TEST_F(Story, AnotherProductThatWasAcceptedIsWaitedFor) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::accepted});
    EXPECT_EQ(told(), ChangeKind::accepted);
    EXPECT_EQ(plan(it, supported).kind, StepKind::none);
    it.read_wanted = true;
    read(PartnerStatus::active);
    EXPECT_EQ(plan(it, supported).kind, StepKind::none) << "not yet";
    it.read_wanted = true;
    shows_product(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::confirmed);
    EXPECT_FALSE(it.intent);
}

TEST_F(Story, AnotherProductThatIsRefusedIsGivenUp) {
    begin_at(EntitlementStatus::subscribed, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product),
             {.outcome = ActionOutcome::refused, .partner_code = "BAD_REQUEST"});
    read(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_EQ(change->partner_code, "BAD_REQUEST");
    EXPECT_EQ(it.status, EntitlementStatus::subscribed);
    EXPECT_TRUE(is_settled(it));
    EXPECT_EQ(asked_for_product().answer, Answer::accepted) << "that call is over";
}

TEST_F(Story, AnotherProductIsGivenUpWhenThePartnerMovedOn) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::lost});
    read(PartnerStatus::suspended);
    EXPECT_EQ(told(), ChangeKind::refused);
    EXPECT_EQ(change->rejection, Rejection::product_not_changeable);
    EXPECT_EQ(it.status, EntitlementStatus::suspended) << "and nobody resumes it for that";
    EXPECT_FALSE(it.intent);
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    it.calls.clear();
    asked_for_product();
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::lost});
    read(PartnerStatus::revoked);
    EXPECT_EQ(change->rejection, Rejection::ended_by_partner);
    EXPECT_FALSE(it.product_wanted);
}

TEST_F(Story, AnotherProductIsNotConfirmedByAPartnerThatIsUnsure) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    answered(send(PartnerAction::change_product), {.outcome = ActionOutcome::lost});
    shows_product(PartnerStatus::unknown);
    EXPECT_TRUE(it.product_wanted);
    EXPECT_FALSE(is_settled(it));
    shows_product(PartnerStatus::active);
    EXPECT_EQ(told(), ChangeKind::confirmed);
}

TEST_F(Story, AnEndingOvertakesAnotherProduct) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    EXPECT_EQ(asked(EntitlementStatus::cancelled).answer, Answer::accepted);
    EXPECT_FALSE(it.product_wanted);
    confirmed(send(PartnerAction::cancel), PartnerStatus::cancelled);
    EXPECT_TRUE(is_settled(it));
}

TEST_F(Story, AnotherProductThatIsNotSupportedAnyMoreIsGivenUp) {
    begin_at(EntitlementStatus::active, PartnerStatus::active);
    asked_for_product();
    supported.erase(PartnerAction::change_product);
    EXPECT_EQ(plan(it, supported).kind, StepKind::refused);
    take(conclude(it, supported));
    EXPECT_EQ(change->rejection, Rejection::not_supported_by_partner);
    EXPECT_TRUE(is_settled(it));
}

}  // namespace
}  // namespace usher::domain
