#include "flow/customer_link.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using std::chrono::hours;
using std::chrono::seconds;

domain::Activation link_to(const std::string& url, std::optional<base::Time> expiry = {}) {
    return {.url = base::Secret{url}, .expiry = expiry};
}

class CustomerLinkTest : public testing::Test {
  protected:
    AskLink asked() {
        return {.tenant = test::kTenant,
                .entitlement = test::kEntitlement,
                .asker = {.subject = "portal", .client = {}, .correlation = {}},
                .wait = seconds{10}};
    }
    std::expected<domain::Activation, Failure> activation() {
        return world.run(activation_link(world.ports, asked()));
    }
    std::expected<base::Secret, Failure> recovery() {
        return world.run(recovery_link(world.ports, asked()));
    }
    void fresh(const std::string& url) {
        auto reply = test::found(PartnerStatus::pending);
        reply.record->activation = link_to(url);
        world.partner.fresh = std::move(reply);
    }

    test::World world;
};

TEST_F(CustomerLinkTest, IsAskedOfThePartnerEachTime) {
    auto& row = world.hold(EntitlementStatus::pending);
    row.activation = link_to("held");
    const auto before = row;
    fresh("fresh");
    const auto link = activation();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->url.reveal(), "fresh");
    EXPECT_EQ(world.store.row(), before) << "nothing is written down";
}

TEST_F(CustomerLinkTest, OnlyForWhatIsPending) {
    for (const auto status : domain::kEntitlementStatuses) {
        world.hold(status);
        fresh("fresh");
        const auto link = activation();
        if (status == EntitlementStatus::pending) {
            EXPECT_TRUE(link);
            continue;
        }
        ASSERT_FALSE(link) << to_text(status);
        EXPECT_EQ(link.error().kind, FailureKind::not_pending);
        EXPECT_EQ(link.error().status, status);
    }
}

TEST_F(CustomerLinkTest, TheHeldOneServesWhileThePartnerIsAway) {
    auto& row = world.hold(EntitlementStatus::pending);
    world.partner.fresh = ReadReply{.kind = ReadKind::trouble, .unhealthy = true};
    EXPECT_EQ(activation().error().kind, FailureKind::partner_unavailable);
    row.activation = link_to("held", world.clock.now() + hours{1});
    EXPECT_EQ(activation()->url.reveal(), "held");
    world.propagator.route.healthy = false;
    EXPECT_EQ(activation()->url.reveal(), "held");
    row.activation->expiry = world.clock.now();
    EXPECT_EQ(activation().error().kind, FailureKind::partner_unavailable);
}

TEST_F(CustomerLinkTest, NoneIsAskedForBeforeThePartnerHasIt) {
    world.hold(EntitlementStatus::pending).partner_id = {};
    fresh("fresh");
    EXPECT_EQ(activation().error().kind, FailureKind::partner_unavailable);
    world.hold(EntitlementStatus::pending);
    world.propagator.route.paused = Hold{};
    EXPECT_EQ(activation().error().kind, FailureKind::partner_unavailable);
}

TEST_F(CustomerLinkTest, APartnerWithoutOneIsReadAgain) {
    auto& row = world.hold(EntitlementStatus::pending);
    row.activation = link_to("held");
    world.partner.fresh = ReadReply{.kind = ReadKind::trouble};
    EXPECT_EQ(activation().error().kind, FailureKind::partner_unavailable);
    EXPECT_TRUE(world.store.row().convergence.read_wanted);
    EXPECT_EQ(world.propagator.woken, 1);
}

TEST_F(CustomerLinkTest, WhoHasActivatedMeanwhileIsNotSentToADeadLink) {
    world.hold(EntitlementStatus::pending).activation = link_to("held");
    world.partner.fresh = ReadReply{.kind = ReadKind::trouble};
    std::optional<std::expected<domain::Activation, Failure>> link;
    boost::asio::co_spawn(world.io, activation_link(world.ports, asked()),
                          [&](const std::exception_ptr&, auto result) { link = result; });
    world.io.poll();
    ASSERT_FALSE(link);
    auto row = world.store.row();
    row.convergence.status = EntitlementStatus::active;
    world.propagator.tell(row);
    world.io.restart();
    world.io.poll();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->error().kind, FailureKind::not_pending);
    EXPECT_EQ(link->error().status, EntitlementStatus::active);
}

TEST_F(CustomerLinkTest, AnUnknownEntitlementHasNone) {
    EXPECT_EQ(activation().error().kind, FailureKind::entitlement_unknown);
    EXPECT_EQ(recovery().error().kind, FailureKind::entitlement_unknown);
}

TEST_F(CustomerLinkTest, RecoveryIsForWhoHasAccess) {
    world.partner.recovered = RecoveryReply{.url = base::Secret{"back"}};
    for (const auto status : domain::kEntitlementStatuses) {
        world.hold(status);
        const auto link = recovery();
        const bool has_access = domain::is_live(status) && status != EntitlementStatus::pending;
        ASSERT_EQ(link.has_value(), has_access) << to_text(status);
        if (link) EXPECT_EQ(link->reveal(), "back");
        if (!link) EXPECT_EQ(link.error().kind, FailureKind::not_recoverable);
    }
}

TEST_F(CustomerLinkTest, ARefusedRecoveryIsTold) {
    world.hold(EntitlementStatus::active);
    world.partner.recovered = RecoveryReply{
        .rejection = domain::Rejection::not_supported_by_partner, .partner_code = "NOT_AVAILABLE"};
    const auto link = recovery();
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().kind, FailureKind::rejected);
    EXPECT_EQ(link.error().rejection, domain::Rejection::not_supported_by_partner);
    EXPECT_EQ(link.error().partner_code, "NOT_AVAILABLE");
    world.partner.recovered = {};
    EXPECT_EQ(recovery().error().kind, FailureKind::partner_unavailable);
    world.partner.recovered = RecoveryReply{.url = base::Secret{"back"}};
    world.propagator.route.healthy = false;
    EXPECT_EQ(recovery().error().kind, FailureKind::partner_unavailable);
}

}  // namespace
}  // namespace usher::flow
