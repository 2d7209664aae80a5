#include "flow/once.h"

#include <gtest/gtest.h>

#include "flow/account.h"
#include "flow/catalogue.h"
#include "flow/change_product.h"
#include "flow/delete_of_account.h"
#include "flow/purchase.h"
#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::hours;
using std::chrono::seconds;

const IdempotencyKey kKey{.tenant = test::kTenant, .subject = "portal", .key = "k"};

template <class T>
Once<T> once_of(const std::string& owner, base::Duration wait,
                std::function<std::string(const std::expected<T, Failure>&)> render) {
    return {.key = kKey,
            .request = "asked",
            .owner = owner,
            .wait = wait,
            .render = [render](const std::expected<T, Failure>& outcome) {
                return AnswerText{.text = render(outcome), .without_link = {}, .link_until = {}};
            }};
}

std::string tell(const std::expected<Updated, Failure>& updated) {
    if (!updated) return "refused";
    return updated->propagated == Propagated::confirmed ? "confirmed" : "pending";
}

class OnceTest : public testing::Test {
  protected:
    UpdateStatus suspend(const std::string& owner = "first") {
        UpdateStatus request{.tenant = test::kTenant,
                             .entitlement = test::kEntitlement,
                             .status = EntitlementStatus::suspended,
                             .wait = seconds{2}};
        request.once = once_of<Updated>(owner, request.wait, tell);
        return request;
    }
    std::expected<Updated, Failure> put(UpdateStatus request) {
        return world.run(update_status(world.ports, std::move(request)));
    }
    std::expected<std::optional<std::string>, Failure> ask(const std::string& asked = "asked") {
        return world.run(find_answer(world.ports, {kKey, asked}));
    }
    std::string replace(const std::string& text, const std::string& owner = "first") {
        return world
            .run(replace_answer(world.ports,
                                {.key = kKey,
                                 .owner = owner,
                                 .answer = {.text = text, .without_link = {}, .link_until = {}}}))
            .value();
    }
    void pass(base::Duration time) { world.clock.pass(time); }
    const KeptAnswer& kept() { return world.store.answers.at(kKey); }

    test::World world;
};

TEST_F(OnceTest, KeepsWhatWouldBeAnsweredNowWithTheChange) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    const auto begun = world.clock.now();
    const auto updated = put(suspend());
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->propagated, Propagated::confirmed);
    EXPECT_EQ(kept().answer.text, "pending");
    EXPECT_EQ(kept().open_until, begun + seconds{2} + kTimeToReplace);
    EXPECT_EQ(world.store.row().convergence.status, EntitlementStatus::suspended);
}

TEST_F(OnceTest, ARepeatInsideTheWaitIsToldToComeAgain) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    put(suspend());
    const auto early = ask();
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().kind, FailureKind::key_under_way);
    EXPECT_EQ(early.error().again_after, *kept().open_until - world.clock.now());

    // Two at the same instant both find nothing at first; the second finds it in its transaction.
    const auto second = put(suspend("second"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, FailureKind::key_under_way);
    EXPECT_EQ(kept().owner, "first");
    EXPECT_EQ(world.partner.acted.size(), 1U);
}

TEST_F(OnceTest, WhoCarriesItOutReplacesTheAnswerAndNobodyElse) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    put(suspend());
    EXPECT_EQ(replace("mine", "second"), "");
    EXPECT_EQ(replace("confirmed"), "confirmed");
    const auto repeat = ask();
    ASSERT_TRUE(repeat);
    EXPECT_EQ(*repeat, "confirmed");
    EXPECT_EQ(replace("later"), "confirmed");
}

TEST_F(OnceTest, WhatARepeatWasGivenIsNotReplacedAnyMore) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    put(suspend());
    pass(seconds{2} + kTimeToReplace);
    const auto repeat = ask();
    ASSERT_TRUE(repeat);
    EXPECT_EQ(*repeat, "pending");
    EXPECT_FALSE(kept().open_until);
    EXPECT_EQ(replace("confirmed"), "pending");
}

TEST_F(OnceTest, AnotherRequestUnderTheSameKeyIsRefused) {
    world.hold(EntitlementStatus::active);
    world.partner.acts = {test::confirmed(PartnerStatus::suspended)};
    put(suspend());
    const auto other = ask("something else");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, FailureKind::key_of_another);
}

TEST_F(OnceTest, WhatIsRefusedKeepsNothing) {
    world.hold(EntitlementStatus::revoked);
    EXPECT_FALSE(put(suspend()));
    EXPECT_TRUE(world.store.answers.empty());
    EXPECT_EQ(ask().value(), std::nullopt);
}

TEST_F(OnceTest, WhatChangesNothingIsKeptAsWell) {
    world.hold(EntitlementStatus::suspended);
    ASSERT_TRUE(put(suspend()));
    EXPECT_EQ(kept().answer.text, "confirmed");
}

TEST_F(OnceTest, ADayLaterTheKeyIsNewAgain) {
    world.hold(EntitlementStatus::suspended);
    ASSERT_TRUE(put(suspend()));
    pass(kAnswersKept);
    EXPECT_EQ(ask("something else").value(), std::nullopt);
    ASSERT_TRUE(put(suspend("second")));
    EXPECT_EQ(kept().owner, "second");
}

TEST_F(OnceTest, WhoDoesNotWaitIsAnsweredAtOnce) {
    AddAccount request{.tenant = test::kTenant, .id = domain::AccountId{"new"}};
    request.once = once_of<domain::Account>("first", {},
                                            [](const auto& account) { return account->id.text(); });
    ASSERT_TRUE(world.run(add_account(world.ports, request)));
    EXPECT_FALSE(kept().open_until);
    EXPECT_EQ(ask().value(), "new");
    EXPECT_FALSE(world.run(add_account(world.ports, request)));
}

TEST_F(OnceTest, ALinkIsGivenOnlyWhileItIsGood) {
    Purchase request{
        .tenant = test::kTenant, .account = test::kAccount, .product = test::kProduct, .wait = {}};
    const auto until = world.clock.now() + hours{1};
    request.once = Once<Purchased>{
        .key = kKey, .request = "asked", .owner = "first", .wait = {}, .render = [&](const auto&) {
            return AnswerText{.text = "link", .without_link = "none", .link_until = until};
        }};
    ASSERT_TRUE(world.run(purchase(world.ports, std::move(request))));
    EXPECT_EQ(ask().value(), "link");
    pass(hours{1});
    EXPECT_EQ(ask().value(), "none");
    world.run([](Ports& ports) -> base::Task<bool> {
        co_await drop_old_answers(ports, ports.clock.monotonic() + seconds{1});
        co_return true;
    }(world.ports));
    EXPECT_EQ(kept().answer.text, "none");
    EXPECT_EQ(kept().answer.without_link, "");
    pass(kAnswersKept);
    world.run([](Ports& ports) -> base::Task<bool> {
        co_await drop_old_answers(ports, ports.clock.monotonic() + seconds{1});
        co_return true;
    }(world.ports));
    EXPECT_TRUE(world.store.answers.empty());
}

TEST_F(OnceTest, ADeletionThatBrokeOffIsGoneOnWith) {
    world.hold(EntitlementStatus::active);
    DeleteOfAccount request{.tenant = test::kTenant, .account = test::kAccount};
    const auto render = [](const auto& done) { return std::to_string(done->deleted); };
    request.once = once_of<DeletedOfAccount>("first", seconds{10}, render);
    // It takes its key and dies.
    ASSERT_TRUE(world.run(take_key(world.ports, *request.once)));
    EXPECT_EQ(ask().error().kind, FailureKind::key_under_way);
    EXPECT_FALSE(world.run(delete_of_account(world.ports, request)));
    pass(seconds{10} + kTimeToReplace);
    EXPECT_EQ(ask().value(), std::nullopt);
    request.once->owner = "second";
    const auto done = world.run(delete_of_account(world.ports, request));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->deleted, 1U);
    EXPECT_EQ(replace("0", "first"), "");
    EXPECT_EQ(replace("1", "second"), "1");
    EXPECT_EQ(ask().value(), "1");
}

TEST_F(OnceTest, AnAccountIsChangedOnce) {
    ChangeAccount request{.tenant = test::kTenant,
                          .account = test::kAccount,
                          .status = domain::AccountStatus::suspended};
    request.once = once_of<ChangedAccount>("first", seconds{10}, [](const auto& changed) {
        return changed->modified ? "modified" : "unchanged";
    });
    const auto change = [&] {
        return world.run(
            change_account(world.ports, request, world.clock.monotonic() + seconds{1}));
    };
    ASSERT_TRUE(change());
    EXPECT_EQ(kept().answer.text, "modified");
    EXPECT_EQ(change().error().kind, FailureKind::key_under_way);
}

TEST_F(OnceTest, AnotherProductIsAskedForOnce) {
    world.hold(EntitlementStatus::active);
    const domain::ProductId other{"other"};
    world.store.products[other] = {.tenant = test::kTenant,
                                   .id = other,
                                   .merchant = test::kMerchant,
                                   .product_key = domain::ProductKey{"OTHER"}};
    ChangeProduct request{
        .tenant = test::kTenant, .entitlement = test::kEntitlement, .product = other};
    request.once = once_of<ProductChanged>(
        "first", {}, [](const auto& changed) { return tell(changed->updated); });
    world.partner.acts = {test::confirmed(PartnerStatus::active)};
    ASSERT_TRUE(world.run(change_product(world.ports, request)));
    EXPECT_EQ(kept().answer.text, "pending");
    EXPECT_EQ(world.run(change_product(world.ports, request)).error().kind,
              FailureKind::key_under_way);
}

TEST_F(OnceTest, NothingIsKnownAfterADoubtfulCommit) {
    world.hold(EntitlementStatus::active);
    world.store.error = StoreError::unconfirmed;
    const auto updated = put(suspend());
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().store, StoreError::unconfirmed);
}

}  // namespace
}  // namespace usher::flow
