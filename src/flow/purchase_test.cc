#include "flow/purchase.h"

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

class PurchaseTest : public testing::Test {
  protected:
    static Purchase of(std::optional<domain::EntitlementId> id = {}) {
        return {.tenant = test::kTenant,
                .account = test::kAccount,
                .product = test::kProduct,
                .id = std::move(id),
                .wait = seconds{2}};
    }
    std::expected<Purchased, Failure> buy(Purchase request) {
        return world.run(purchase(world.ports, std::move(request)));
    }
    FailureKind failure_of(Purchase request) {
        const auto result = buy(std::move(request));
        EXPECT_FALSE(result);
        return result ? FailureKind{} : result.error().kind;
    }
    static domain::Activation activation(std::string url) {
        return {.url = base::Secret{std::move(url)}, .expiry = {}};
    }
    static ActionReply pending(std::string url) {
        auto reply = test::confirmed(PartnerStatus::pending);
        reply.record->activation = activation(std::move(url));
        return reply;
    }

    test::World world;
};

TEST_F(PurchaseTest, MakesAnEntitlementThatTheCustomerMustActivate) {
    world.partner.acts = {pending("https://shop.example/1")};
    const auto bought = buy(of());
    ASSERT_TRUE(bought);
    EXPECT_EQ(bought->status, EntitlementStatus::pending);
    EXPECT_EQ(bought->propagated, Propagated::confirmed);
    EXPECT_EQ(bought->activation, activation("https://shop.example/1"));
    const auto& row = world.store.row(bought->id);
    EXPECT_EQ(row.customer.text(), "demo-account-1");
    EXPECT_EQ(row.partner_id.text(), "b-e-1");
    EXPECT_TRUE(row.occupies);
    EXPECT_TRUE(row.due_at) << "somebody looks whether the customer has activated";
}

TEST_F(PurchaseTest, IsActiveAtOnceWhereThePartnerSaysSo) {
    world.partner.acts = {test::confirmed(PartnerStatus::active)};
    const auto bought = buy(of());
    ASSERT_TRUE(bought);
    EXPECT_EQ(bought->status, EntitlementStatus::active);
    EXPECT_FALSE(bought->activation);
}

TEST_F(PurchaseTest, RefersToWhatExists) {
    auto request = of();
    request.account = domain::AccountId{"nobody"};
    EXPECT_EQ(failure_of(request), FailureKind::account_unknown);
    request = of();
    request.product = domain::ProductId{"nothing"};
    EXPECT_EQ(failure_of(request), FailureKind::product_unknown);
    world.store.accounts[test::kAccount].status = domain::AccountStatus::suspended;
    EXPECT_EQ(failure_of(of()), FailureKind::account_not_active);
    EXPECT_TRUE(world.store.rows.empty());
}

TEST_F(PurchaseTest, ARepeatGivesTheSameWithAFreshUrl) {
    world.partner.acts = {pending("https://shop.example/1")};
    const auto first = buy(of());
    auto fresh = test::found(PartnerStatus::pending);
    fresh.record->activation = activation("https://shop.example/2");
    world.partner.fresh = fresh;
    const auto again = buy(of());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, first->id);
    EXPECT_EQ(again->version, first->version);
    EXPECT_EQ(again->activation, activation("https://shop.example/2"));
    world.propagator.open = false;
    EXPECT_EQ(buy(of())->activation, activation("https://shop.example/1"));
    world.propagator.open = true;
    world.partner.fresh.reset();
    EXPECT_EQ(buy(of())->activation, activation("https://shop.example/1"));
    EXPECT_EQ(world.partner.acted.size(), 1U);
}

TEST_F(PurchaseTest, OneAccountHoldsAProductOnce) {
    world.hold(EntitlementStatus::active);
    const auto result = buy(of());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::already_entitled);
    EXPECT_EQ(result.error().existing, test::kEntitlement);
    EXPECT_EQ(result.error().status, EntitlementStatus::active);
    EXPECT_EQ(failure_of(of(domain::EntitlementId{"mine"})), FailureKind::already_entitled);
}

TEST_F(PurchaseTest, AnIdChosenByTheCallerMeansOneThing) {
    const domain::EntitlementId mine{"mine"};
    world.partner.acts = {test::confirmed(PartnerStatus::active)};
    const auto first = buy(of(mine));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->id, mine);
    const auto again = buy(of(mine));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->version, first->version);
    EXPECT_EQ(again->status, EntitlementStatus::active);
    auto other = of(mine);
    other.account = domain::AccountId{"account-2"};
    world.store.accounts[other.account] = {.tenant = test::kTenant, .id = other.account};
    EXPECT_EQ(failure_of(other), FailureKind::id_taken);
    world.store.row(mine).occupies = false;
    EXPECT_EQ(failure_of(of(mine)), FailureKind::id_taken) << "an ended one is not bought again";
    EXPECT_EQ(world.partner.acted.size(), 1U);
}

TEST_F(PurchaseTest, ARefusalEndsItAndFreesThePlace) {
    world.partner.acts = {test::refused("NOT_ELIGIBLE")};
    world.partner.reads = {{.kind = ReadKind::not_found}};
    world.partner.meanwhile = [&] { world.clock.pass(seconds{11}); };
    auto request = of();
    request.wait = seconds{60};
    const auto result = buy(request);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::rejected);
    EXPECT_EQ(result.error().partner_code, "NOT_ELIGIBLE");
    ASSERT_TRUE(result.error().existing);
    EXPECT_EQ(result.error().status, EntitlementStatus::cancelled);
    EXPECT_FALSE(world.store.row(*result.error().existing).occupies);
    world.partner.acts = {test::confirmed(PartnerStatus::active, "another")};
    const auto bought = buy(of());
    ASSERT_TRUE(bought);
    EXPECT_NE(bought->id, result.error().existing);
}

TEST_F(PurchaseTest, WhatThePartnerDoesNotOfferIsRefusedAndNotConfirmed) {
    world.propagator.actions.erase(PartnerAction::create);
    const auto result = buy(of());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_TRUE(world.partner.acted.empty());
}

TEST_F(PurchaseTest, ARepeatIsNotAnsweredWithTheRefusalOfAnUpdate) {
    world.partner.acts = {pending("https://shop.example/1")};
    const auto first = buy(of());
    auto& row = world.store.row(first->id);
    row.last_refusal =
        domain::LastRefusal{.asked = EntitlementStatus::active, .request = row.request};
    world.run(receive_report(world.ports, {test::kTenant, first->id, "{}"}));
    world.partner.reads = {test::found(PartnerStatus::pending)};
    const auto again = buy(of());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->propagated, Propagated::confirmed);
    EXPECT_EQ(again->activation, activation("https://shop.example/1"));
}

TEST_F(PurchaseTest, ARepeatWhileTheFirstIsUnsettledGoesOnWithIt) {
    EXPECT_EQ(buy(of())->propagated, Propagated::pending) << "silence";
    world.clock.pass(seconds{20});
    world.partner.reads = {test::found(PartnerStatus::active)};
    const auto again = buy(of());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, EntitlementStatus::active);
    EXPECT_EQ(world.store.rows.size(), 1U);
    EXPECT_EQ(world.partner.acted.size(), 1U);
}

TEST_F(PurchaseTest, IsAnsweredForItselfWhenItWasOvertaken) {
    world.propagator.open = false;
    const auto first = buy(of());
    world.propagator.open = true;
    world.propagator.carries = false;
    // Between the repeat's transaction and its look at the store the operator ends it.
    auto overtaken = world.store.row(first->id);
    overtaken.version = overtaken.request = 9;
    overtaken.convergence.status = EntitlementStatus::cancelled;
    overtaken.convergence.intent = false;
    world.store.after_next = [&] { world.store.rows[{test::kTenant, first->id}] = overtaken; };
    const auto again = buy(of());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->propagated, Propagated::pending);
}

}  // namespace
}  // namespace usher::flow
