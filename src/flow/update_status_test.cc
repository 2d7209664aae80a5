#include "flow/update_status.h"

#include <gtest/gtest.h>

#include "flow/receive_report.h"
#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::ActionOutcome;
using domain::EntitlementStatus;
using domain::PartnerAction;
using domain::PartnerStatus;
using std::chrono::seconds;
using Result = std::expected<Updated, Failure>;

class UpdateStatusTest : public testing::Test {
  protected:
    static UpdateStatus to(EntitlementStatus status) {
        return {.tenant = test::kTenant,
                .entitlement = test::kEntitlement,
                .status = status,
                .wait = seconds{2}};
    }
    Result put(UpdateStatus request) {
        return world.run(update_status(world.ports, std::move(request)));
    }
    Result put(EntitlementStatus status) { return put(to(status)); }
    FailureKind failure_of(UpdateStatus request) {
        const auto result = put(std::move(request));
        EXPECT_FALSE(result);
        return result ? FailureKind{} : result.error().kind;
    }

    test::World world;
};

TEST_F(UpdateStatusTest, RecordsTellsThePartnerAndConfirms) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    auto request = to(EntitlementStatus::suspended);
    request.reason.code = "unpaid";
    request.asker.subject = "portal";
    const auto result = put(request);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->modified);
    EXPECT_EQ(result->propagated, Propagated::confirmed);
    const auto& row = world.store.row();
    EXPECT_EQ(result->version, row.version);
    EXPECT_EQ(row.convergence.partner_status, PartnerStatus::suspended);
    EXPECT_EQ(row.reason.code, "unpaid");
    EXPECT_EQ(row.asker.subject, "portal");
    EXPECT_FALSE(row.claim.lease_until);
    EXPECT_FALSE(row.due_at);
    ASSERT_EQ(world.partner.acted.size(), 1U);
    EXPECT_EQ(world.partner.acted[0].action, PartnerAction::suspend);
}

TEST_F(UpdateStatusTest, RecordsOnlyWhileThePartnerTakesNoCalls) {
    world.hold(EntitlementStatus::active);
    world.propagator.open = false;
    const auto result = put(EntitlementStatus::cancelled);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->modified);
    EXPECT_EQ(result->propagated, Propagated::pending);
    EXPECT_EQ(world.store.row().due_at, world.clock.now());
    EXPECT_TRUE(world.partner.acted.empty());
}

TEST_F(UpdateStatusTest, AnswersARepeatAsUnchanged) {
    const auto before = world.hold(EntitlementStatus::active);
    const auto result = put(EntitlementStatus::active);
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->modified);
    EXPECT_EQ(result->propagated, Propagated::confirmed);
    EXPECT_EQ(world.store.row(), before);
}

TEST_F(UpdateStatusTest, RecordsAnotherReasonOrWordAndCallsNobody) {
    world.hold(EntitlementStatus::active);
    auto request = to(EntitlementStatus::active);
    request.reason.code = "goodwill";
    EXPECT_TRUE(put(request)->modified);
    EXPECT_EQ(world.store.row().version, 2U);
    EXPECT_EQ(world.store.row().reason.code, "goodwill");
    EXPECT_FALSE(put(request)->modified) << "the same reason again";
    EXPECT_FALSE(put(EntitlementStatus::active)->modified) << "no reason is no other reason";
    EXPECT_EQ(world.store.row().reason.code, "goodwill");
    EXPECT_TRUE(put(EntitlementStatus::subscribed)->modified);
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::subscribed);
    EXPECT_EQ(world.store.row().version, 3U);
    EXPECT_TRUE(world.partner.acted.empty());
}

TEST_F(UpdateStatusTest, ChangesNothingWhenAnAssertionDoesNotHold) {
    const auto before = world.hold(EntitlementStatus::active);
    auto request = to(EntitlementStatus::cancelled);
    request.account = domain::AccountId{"other"};
    EXPECT_EQ(failure_of(request), FailureKind::account_mismatch);
    request.account = test::kAccount;
    request.product = domain::ProductId{"other"};
    EXPECT_EQ(failure_of(request), FailureKind::product_mismatch);
    request.product = test::kProduct;
    request.product_type = "OTHER";
    EXPECT_EQ(failure_of(request), FailureKind::product_type_mismatch);
    request.product_type = "THIRDPARTY";
    request.if_version = 2;
    const auto result = put(request);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::version_mismatch);
    EXPECT_EQ(result.error().version, 1U);
    request.tenant = domain::TenantId{"other"};
    EXPECT_EQ(failure_of(request), FailureKind::entitlement_unknown);
    EXPECT_EQ(world.store.row(), before);
    EXPECT_TRUE(world.store.events.empty());
}

TEST_F(UpdateStatusTest, JudgesTheVersionInTheTransaction) {
    world.hold(EntitlementStatus::active);
    auto request = to(EntitlementStatus::suspended);
    request.if_version = 1;
    world.store.before_next = [&] { ++world.store.row().version; };
    EXPECT_EQ(failure_of(request), FailureKind::version_mismatch);
}

TEST_F(UpdateStatusTest, PassesOnWhatTheStoreSays) {
    world.hold(EntitlementStatus::active);
    world.store.error = StoreError::overloaded;
    const auto result = put(EntitlementStatus::suspended);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().store, StoreError::overloaded);
}

TEST_F(UpdateStatusTest, RefusesWhatTheLifecycleDoesNotAllow) {
    const auto before = world.hold(EntitlementStatus::cancelled);
    const auto result = put(EntitlementStatus::active);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().rejection, domain::Rejection::already_ended);
    EXPECT_EQ(result.error().status, EntitlementStatus::cancelled);
    EXPECT_EQ(world.store.row(), before);
}

// What time has done to the calls is found out again by whoever comes next.
TEST_F(UpdateStatusTest, ARefusedRequestLeavesACallOfADeadClaimToTheLoop) {
    world.hold(EntitlementStatus::active);
    world.propagator.carries = false;
    put(EntitlementStatus::suspended);
    world.clock.pass(std::chrono::hours{1});
    const auto before = world.store.row();
    EXPECT_EQ(failure_of(to(EntitlementStatus::pending)), FailureKind::rejected);
    EXPECT_EQ(world.store.row(), before);
    ASSERT_TRUE(world.store.row().due_at);
    const auto advance = world.run(claim(world.ports, test::kTenant, test::kEntitlement));
    ASSERT_TRUE(advance->next);
    EXPECT_EQ(advance->next->step.kind, domain::StepKind::read);
    EXPECT_EQ(world.store.row().convergence.partner_status, PartnerStatus::unknown);
}

TEST_F(UpdateStatusTest, ARefusalByThePartnerIsTheAnswerAndTheRecordIsBack) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::refused("NO_SUSPEND")};
    world.partner.reads = {test::found(PartnerStatus::active)};
    auto request = to(EntitlementStatus::suspended);
    request.reason.code = "unpaid";
    const auto result = put(request);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::rejected);
    EXPECT_EQ(result.error().partner_code, "NO_SUSPEND");
    EXPECT_EQ(result.error().status, EntitlementStatus::active);
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::active);
}

TEST_F(UpdateStatusTest, ALostAnswerIsReadAndNotSentAgain) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::ended_in(ActionOutcome::lost)};
    EXPECT_EQ(put(EntitlementStatus::suspended)->propagated, Propagated::pending);
    EXPECT_EQ(world.store.row().last_problem, "trouble");
    world.clock.pass(seconds{10});
    world.partner.reads = {test::found(PartnerStatus::suspended)};
    EXPECT_EQ(put(EntitlementStatus::suspended)->propagated, Propagated::confirmed);
    EXPECT_EQ(world.partner.acted.size(), 1U);
}

TEST_F(UpdateStatusTest, AnOvertakenRequestIsAnsweredAsPending) {
    world.hold(EntitlementStatus::active);
    world.partner.meanwhile = [&] {
        boost::asio::co_spawn(world.io, update_status(world.ports, to(EntitlementStatus::active)),
                              [](const std::exception_ptr&, const Result&) {});
    };
    world.partner.acts = {test::confirmed(PartnerStatus::suspended),
                          test::confirmed(PartnerStatus::active)};
    // The newer request is recorded while the older one's call is out, before its answer.
    const auto result = put(EntitlementStatus::suspended);
    ASSERT_TRUE(result);
    world.drain();
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::active);
    EXPECT_TRUE(domain::is_settled(world.store.row().convergence));
}

TEST_F(UpdateStatusTest, ARefusalMeantForAnOlderRequestDoesNotEndTheNewerOne) {
    world.hold(EntitlementStatus::active);
    world.propagator.carries = false;
    put(EntitlementStatus::suspended);
    ASSERT_EQ(world.propagator.parked.size(), 1U);
    const auto suspend = world.propagator.parked.front();
    put(EntitlementStatus::cancelled);
    EXPECT_EQ(world.propagator.parked.size(), 1U) << "a call is under way already";
    const auto read = world.run(settle(world.ports, suspend, test::refused()));
    ASSERT_TRUE(read->next);
    const auto cancel = world.run(
        settle(world.ports, *read->next, test::found(PartnerStatus::active), world.clock.now()));
    ASSERT_TRUE(cancel->next && cancel->next->call);
    EXPECT_EQ(cancel->next->call->action, PartnerAction::cancel);
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::cancelled);
    EXPECT_FALSE(world.store.row().last_refusal);
}

// The last request was refused; a report makes us doubt; a repeat of what is there waits for that
// doubt and must not be told the old refusal.
TEST_F(UpdateStatusTest, ARepeatIsNotAnsweredWithAnOldRefusal) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::refused()};
    world.partner.reads = {test::found(PartnerStatus::active)};
    EXPECT_EQ(failure_of(to(EntitlementStatus::suspended)), FailureKind::rejected);
    world.run(receive_report(world.ports, {test::kTenant, test::kEntitlement, "{}"}));
    world.partner.reads = {test::found(PartnerStatus::active)};
    const auto result = put(EntitlementStatus::active);
    ASSERT_TRUE(result) << "nothing was refused";
    EXPECT_FALSE(result->modified);
    EXPECT_EQ(result->propagated, Propagated::confirmed);
}

// While it waited for its next try the action turned out to be unsupported: the repeat ends it.
TEST_F(UpdateStatusTest, ARepeatThatFindsTheRequestImpossibleSaysSo) {
    world.hold(EntitlementStatus::active);
    world.propagator.open = false;
    put(EntitlementStatus::suspended);
    world.propagator.open = true;
    world.propagator.actions.erase(PartnerAction::suspend);
    const auto result = put(EntitlementStatus::suspended);
    ASSERT_FALSE(result) << "the record is ACTIVE now";
    EXPECT_EQ(result.error().rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_EQ(result.error().status, EntitlementStatus::active);
}

TEST_F(UpdateStatusTest, ARepeatOfWhatIsNotSettledMakesItDueNow) {
    world.hold(EntitlementStatus::active);
    put(EntitlementStatus::suspended);
    auto& row = world.store.row();
    row.attempts = 9;
    row.due_at = world.clock.now() + seconds{300};
    world.partner.reads = {test::found(PartnerStatus::suspended)};
    const auto result = put(EntitlementStatus::suspended);
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->modified);
    EXPECT_EQ(result->propagated, Propagated::confirmed);
}

}  // namespace
}  // namespace usher::flow
