#include "flow/foresee.h"

#include <gmock/gmock.h>

#include "flow/delete_of_account.h"
#include "flow/once.h"
#include "flow/test_world.h"
#include "flow/update_status.h"

namespace usher::flow {
namespace {

using domain::EntitlementStatus;
using domain::PartnerStatus;
using testing::ElementsAre;
using testing::IsEmpty;

class ForeseeTest : public testing::Test {
  protected:
    std::vector<std::string> calls(const domain::Entitlement& row) {
        return foresee(row, supported, {}, world.clock.now());
    }
    std::vector<std::string> calls(EntitlementStatus wanted, PartnerStatus partner) {
        auto row = world.hold(EntitlementStatus::active);
        row.convergence.status = wanted;
        row.convergence.partner_status = partner;
        row.convergence.intent = true;
        return calls(row);
    }
    UpdateStatus suspend() {
        UpdateStatus request{.tenant = test::kTenant,
                             .entitlement = test::kEntitlement,
                             .status = EntitlementStatus::suspended};
        request.once = Once<Updated>{
            .key = {.tenant = test::kTenant},
            .render =
                [](const auto&) {
                    return AnswerText{.text = "so", .without_link = {}, .link_until = {}};
                },
            .tries = true};
        return request;
    }

    test::World world;
    domain::ActionSet supported = domain::ActionSet::all();
};

TEST_F(ForeseeTest, TellsEachStepOfTheWay) {
    EXPECT_THAT(calls(EntitlementStatus::suspended, PartnerStatus::active), ElementsAre("suspend"));
    EXPECT_THAT(calls(EntitlementStatus::suspended, PartnerStatus::active_ending),
                ElementsAre("undo_cancel", "suspend"));
    EXPECT_THAT(calls(EntitlementStatus::suspended, PartnerStatus::unknown), ElementsAre("read"));
}

TEST_F(ForeseeTest, WhatAgreesNeedsNoCall) {
    EXPECT_THAT(calls(world.hold(EntitlementStatus::active)), IsEmpty());
}

TEST_F(ForeseeTest, WhatIsOnlyTriedIsNotRecorded) {
    const auto before = world.hold(EntitlementStatus::active);
    const auto tried = world.run(update_status(world.ports, suspend()));
    ASSERT_FALSE(tried);
    ASSERT_EQ(tried.error().kind, FailureKind::only_tried);
    EXPECT_EQ(tried.error().tried->answer, "so");
    EXPECT_TRUE(tried.error().tried->changes);
    ASSERT_EQ(tried.error().tried->rows.size(), 1U);
    EXPECT_THAT(calls(tried.error().tried->rows.at(0)), ElementsAre("suspend"));
    EXPECT_EQ(world.store.row(), before);
    EXPECT_TRUE(world.store.events.empty());
    EXPECT_TRUE(world.store.answers.empty());
    EXPECT_TRUE(world.partner.acted.empty());
}

TEST_F(ForeseeTest, WhatWouldBeRefusedIsToldAsThat) {
    world.hold(EntitlementStatus::revoked);
    const auto tried = world.run(update_status(world.ports, suspend()));
    EXPECT_EQ(tried.error().kind, FailureKind::rejected);
}

TEST_F(ForeseeTest, ADeletionOfAllCountsWhatItWouldDelete) {
    world.hold(EntitlementStatus::active);
    auto& ended = world.hold(EntitlementStatus::revoked, domain::EntitlementId{"ended"});
    ended.occupies = false;
    auto& hidden = world.hold(EntitlementStatus::cancelled, domain::EntitlementId{"hidden"});
    hidden.deleted_at = world.clock.now();
    DeleteOfAccount request{.tenant = test::kTenant, .account = test::kAccount};
    request.once = Once<DeletedOfAccount>{
        .key = {.tenant = test::kTenant},
        .render =
            [](const auto& done) {
                return AnswerText{
                    .text = std::to_string(done->deleted), .without_link = {}, .link_until = {}};
            },
        .tries = true};
    const auto tried = world.run(delete_of_account(world.ports, request));
    ASSERT_EQ(tried.error().kind, FailureKind::only_tried);
    EXPECT_EQ(tried.error().tried->answer, "2");
    EXPECT_TRUE(world.store.events.empty());
}

}  // namespace
}  // namespace usher::flow
