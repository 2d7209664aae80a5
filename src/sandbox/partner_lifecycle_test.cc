// Bango §4, row by row.
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/partner_bench_test.h"

namespace usher::sandbox {
namespace {

using testing::Answer;
using ::testing::ElementsAreArray;
using testing::PartnerBench;

enum class Do {
    suspend,
    resume,
    cancel,
    revoke,
    to_premium,
    to_music,
    activation_info,
    recovery_info
};

struct Row {
    std::string name;
    std::string product;
    RecordStatus from;
    Do what;
    int http;
    std::string code;
    std::string status;               // afterwards
    std::vector<std::string> told{};  // the reasons of the notifications
    std::string counted = "";         // the action that took effect

    friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

Answer perform(PartnerBench& bench, const std::string& id, Do what) {
    switch (what) {
        case Do::suspend:
            return bench.suspend(id);
        case Do::resume:
            return bench.resume(id);
        case Do::cancel:
            return bench.cancel(id);
        case Do::revoke:
            return bench.revoke(id);
        case Do::to_premium:
            return bench.patch(id, {{"productKey", "MUSIC_PREMIUM"}});
        case Do::to_music:
            return bench.patch(id, {{"productKey", "MUSIC"}});
        case Do::activation_info:
            return bench.call("GET", "/v1/entitlement/" + id + "/activationInfo");
        case Do::recovery_info:
            return bench.call("GET", "/v1/entitlement/" + id + "/recoveryInfo");
    }
    return {};
}

class PartnerLifecycle : public ::testing::TestWithParam<Row> {};

TEST_P(PartnerLifecycle, FollowsThePages) {
    const auto& row = GetParam();
    PartnerBench bench;
    const auto id = bench.entitlement(row.product, row.from);
    ASSERT_EQ(bench.read(id).field("status"), to_text(row.from));
    bench.told();
    const auto before = bench.record(id);

    const auto answer = perform(bench, id, row.what);

    EXPECT_EQ(answer.http, row.http);
    EXPECT_EQ(answer.code, row.code);
    const auto after = bench.record(id);
    EXPECT_EQ(bench.read(id).field("status"), row.status);
    EXPECT_THAT(bench.told(), ElementsAreArray(row.told));
    if (row.counted.empty()) {
        EXPECT_EQ(after, before);
    } else {
        EXPECT_EQ(bench.effects(id, row.counted), 1);
        EXPECT_GT(std::string{after.at("dateLastUpdated").get_string()},
                  std::string{before.at("dateLastUpdated").get_string()});
        EXPECT_EQ(answer.field("status"), row.status);
    }
}

constexpr auto kPending = RecordStatus::pending;
constexpr auto kActive = RecordStatus::active;
constexpr auto kEnding = RecordStatus::active_ending;
constexpr auto kSuspended = RecordStatus::suspended;
constexpr auto kCancelled = RecordStatus::cancelled;
constexpr auto kRevoked = RecordStatus::revoked;
const std::vector<std::string> kDone{"TERMINATION_SUCCESS"};
const std::vector<std::string> kComing{"TERMINATION_PENDING"};

const std::vector<Row> kRows{
    {"SuspendActive",
     "MUSIC",
     kActive,
     Do::suspend,
     200,
     "OK",
     "SUSPENDED",
     {"SUSPENSION_SUCCESS"},
     "suspend"},
    {"SuspendSuspended", "MUSIC", kSuspended, Do::suspend, 200, "OK", "SUSPENDED"},
    {"SuspendPending", "MUSIC", kPending, Do::suspend, 400, "BAD_REQUEST", "PENDING"},
    {"SuspendEnding", "MUSIC_MONTHLY", kEnding, Do::suspend, 400, "BAD_REQUEST", "ACTIVE-ENDING"},
    {"SuspendEnded", "MUSIC", kCancelled, Do::suspend, 400, "BAD_REQUEST", "CANCELLED"},
    {"ResumeSuspended",
     "MUSIC",
     kSuspended,
     Do::resume,
     200,
     "OK",
     "ACTIVE",
     {"RESUMPTION_SUCCESS"},
     "resume"},
    {"ResumeActive", "MUSIC", kActive, Do::resume, 200, "OK", "ACTIVE"},
    {"ResumePending", "MUSIC", kPending, Do::resume, 400, "BAD_REQUEST", "PENDING"},
    {"ResumeEnded", "MUSIC", kRevoked, Do::resume, 400, "BAD_REQUEST", "REVOKED"},
    {"UndoCancel",
     "MUSIC_MONTHLY",
     kEnding,
     Do::resume,
     200,
     "OK",
     "ACTIVE",
     {"RESUMPTION_SUCCESS"},
     "undo_cancel"},
    {"CancelActive", "MUSIC", kActive, Do::cancel, 200, "OK", "CANCELLED", kDone, "cancel"},
    {"CancelPremium", "MUSIC_PREMIUM", kActive, Do::cancel, 200, "OK", "CANCELLED", kDone,
     "cancel"},
    {"CancelMonthly", "MUSIC_MONTHLY", kActive, Do::cancel, 200, "OK", "ACTIVE-ENDING", kComing,
     "cancel"},
    {"CancelSuspendedMonthly", "MUSIC_MONTHLY", kSuspended, Do::cancel, 200, "OK", "ACTIVE-ENDING",
     kComing, "cancel"},
    {"CancelEnding", "MUSIC_MONTHLY", kEnding, Do::cancel, 200, "OK", "ACTIVE-ENDING"},
    {"CancelPending", "MUSIC", kPending, Do::cancel, 200, "OK", "CANCELLED", kDone, "cancel"},
    {"CancelSuspended", "MUSIC", kSuspended, Do::cancel, 200, "OK", "CANCELLED", kDone, "cancel"},
    {"CancelCancelled", "MUSIC", kCancelled, Do::cancel, 409, "CONFLICT", "CANCELLED"},
    {"CancelRevoked", "MUSIC", kRevoked, Do::cancel, 409, "CONFLICT", "REVOKED"},
    {"RevokeActive", "MUSIC", kActive, Do::revoke, 200, "OK", "REVOKED", kDone, "revoke"},
    {"RevokePending", "MUSIC", kPending, Do::revoke, 200, "OK", "REVOKED", kDone, "revoke"},
    {"RevokeSuspended", "MUSIC", kSuspended, Do::revoke, 200, "OK", "REVOKED", kDone, "revoke"},
    {"RevokeEnding", "MUSIC_MONTHLY", kEnding, Do::revoke, 200, "OK", "REVOKED", kDone, "revoke"},
    {"RevokeCancelled", "MUSIC", kCancelled, Do::revoke, 409, "CONFLICT", "CANCELLED"},
    {"RevokeRevoked", "MUSIC", kRevoked, Do::revoke, 409, "CONFLICT", "REVOKED"},
    {"ChangeToPremium",
     "MUSIC",
     kActive,
     Do::to_premium,
     200,
     "OK",
     "ACTIVE",
     {"PRODUCT_UPDATE"},
     "change_product"},
    {"ChangeToMusic",
     "MUSIC_PREMIUM",
     kActive,
     Do::to_music,
     202,
     "CLIENT_ACTION_REQUIRED",
     "PENDING",
     {},
     "change_product"},
    {"ChangeSuspended", "MUSIC", kSuspended, Do::to_premium, 400, "BAD_REQUEST", "SUSPENDED"},
    {"ChangePending", "MUSIC", kPending, Do::to_premium, 400, "BAD_REQUEST", "PENDING"},
    {"ActivationInfoPending", "MUSIC", kPending, Do::activation_info, 200, "OK", "PENDING"},
    {"RecoveryInfoPending", "MUSIC", kPending, Do::recovery_info, 400, "BAD_REQUEST", "PENDING"},
    {"RecoveryInfoActive", "MUSIC", kActive, Do::recovery_info, 200, "OK", "ACTIVE"},
    {"ActivationInfoActive", "MUSIC", kActive, Do::activation_info, 400, "BAD_REQUEST", "ACTIVE"},
};

INSTANTIATE_TEST_SUITE_P(Bango, PartnerLifecycle, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return info.param.name; });

TEST(PartnerCreate, AsksTheCustomerOfMusic) {
    PartnerBench bench;
    const auto answer = bench.create("MUSIC");
    EXPECT_EQ(answer.http, 202);
    EXPECT_EQ(answer.code, "CLIENT_ACTION_REQUIRED");
    EXPECT_EQ(answer.field("status"), "PENDING");
    EXPECT_EQ(answer.body.at("parameters").at("action"), "NAVIGATE_TO_URL");
    EXPECT_TRUE(answer.url().starts_with("http://127.0.0.1:8081/bango/activate/"));
    EXPECT_EQ(answer.body.at("parameters").at("urlExpiry"), "2026-11-24T10:00:00.000Z");
    EXPECT_EQ(answer.field("externalEntitlementId"), "ours-1");
    EXPECT_TRUE(answer.body.at("dateActivated").is_null());
    EXPECT_THAT(bench.told(), ::testing::IsEmpty());

    EXPECT_EQ(bench.model.open_link(answer.token(), bench.now), LinkOutcome::activated);
    EXPECT_EQ(bench.model.open_link(answer.token(), bench.now), LinkOutcome::active_already);
    EXPECT_THAT(bench.told(), ElementsAreArray({"ACTIVATION_SUCCESS"}));
    const auto read = bench.read(answer.field("entitlementId"));
    EXPECT_EQ(read.field("status"), "ACTIVE");
    EXPECT_EQ(read.field("dateActivated"), "2026-11-23T10:00:00.001Z");
}

TEST(PartnerCreate, ActivatesTheOthersAtOnce) {
    for (const auto* product : {"MUSIC_PREMIUM", "MUSIC_MONTHLY"}) {
        PartnerBench bench;
        const auto answer = bench.create(product);
        EXPECT_EQ(answer.http, 200);
        EXPECT_EQ(answer.code, "OK");
        EXPECT_EQ(answer.field("status"), "ACTIVE");
        EXPECT_TRUE(answer.body.at("parameters").get_object().empty());
        EXPECT_EQ(bench.effects(answer.field("entitlementId"), "create"), 1);
        EXPECT_THAT(bench.told(), ElementsAreArray({"ACTIVATION_SUCCESS"}));
    }
}

TEST(PartnerCreate, GivesTheSameEntitlementWhilePending) {
    PartnerBench bench;
    const auto first = bench.create("MUSIC");
    const auto again = bench.create("MUSIC");
    EXPECT_EQ(again.http, 202);
    EXPECT_EQ(again.field("entitlementId"), first.field("entitlementId"));
    EXPECT_NE(again.url(), first.url());
    EXPECT_EQ(bench.effects(first.field("entitlementId"), "create"), 1);
    EXPECT_EQ(bench.model.open_link(first.token(), bench.now), LinkOutcome::activated);
}

TEST(PartnerCreate, KnowsTheLimit) {
    PartnerBench bench;
    const auto first = bench.create("MUSIC_PREMIUM");
    const auto again = bench.create("MUSIC_PREMIUM");
    EXPECT_EQ(again.http, 400);
    EXPECT_EQ(again.code, "BAD_REQUEST");
    EXPECT_THAT(again.field("responseMessage"),
                ::testing::HasSubstr("Maximum number of subscriptions for user reached"));
    EXPECT_EQ(bench.create("MUSIC_MONTHLY").http, 200);

    EXPECT_EQ(bench.revoke(first.field("entitlementId")).http, 200);
    const auto anew = bench.create("MUSIC_PREMIUM");
    EXPECT_EQ(anew.http, 200);
    EXPECT_NE(anew.field("entitlementId"), first.field("entitlementId"));
}

TEST(PartnerCreate, CanBeLimitedPerMerchant) {
    PartnerBench bench{{.one_per_merchant = true}};
    EXPECT_EQ(bench.create("MUSIC").http, 202);
    EXPECT_EQ(bench.create("MUSIC_PREMIUM").code, "BAD_REQUEST");
    EXPECT_EQ(bench.create("MUSIC_PREMIUM", "", "demo-account-2").http, 200);
}

TEST(PartnerDates, EndWhatHasReachedItsEnd) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC_MONTHLY", RecordStatus::active);
    EXPECT_EQ(bench.cancel(id).field("dateEnded"), "2026-12-23T10:00:00.002Z");
    bench.told();
    ASSERT_EQ(bench.model.next_event(), *base::parse_time("2026-12-23T10:00:00.002Z"));
    bench.now = *base::parse_time("2026-12-23T10:00:00.001Z");
    EXPECT_THAT(bench.told(), ::testing::IsEmpty());
    bench.now += std::chrono::milliseconds{1};
    EXPECT_THAT(bench.told(), ElementsAreArray({"TERMINATION_SUCCESS"}));
    EXPECT_EQ(bench.read(id).field("status"), "CANCELLED");
    EXPECT_EQ(bench.read(id).field("dateEnded"), "2026-12-23T10:00:00.002Z");
    EXPECT_FALSE(bench.model.next_event());
}

TEST(PartnerDates, ExpiryEndsAsCancelled) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    const auto patched = bench.patch(id, {{"dateExpiry", "2026-11-24T10:00:00Z"}});
    EXPECT_EQ(patched.field("dateExpiry"), "2026-11-24T10:00:00.000Z");
    EXPECT_THAT(bench.told(), ElementsAreArray({"ACTIVATION_SUCCESS", "METADATA_UPDATE"}));
    bench.now = *base::parse_time("2026-11-24T10:00:00Z");
    const auto read = bench.read(id);
    EXPECT_EQ(read.field("status"), "CANCELLED");
    EXPECT_EQ(read.body.at("extensionData").at("cancelReasonCode"), "EXPIRED");
}

TEST(PartnerMoves, AreRefusedWhereTheyMakeNoSense) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    const auto move = [&](Move what, std::string_view product = "") {
        return bench.model.make_move(id, what, product, bench.now);
    };
    EXPECT_EQ(move(Move::activate).error(), MoveRefusal::not_in_this_status);
    EXPECT_EQ(move(Move::resume).error(), MoveRefusal::not_in_this_status);
    EXPECT_EQ(move(Move::end).error(), MoveRefusal::not_in_this_status);
    EXPECT_EQ(move(Move::change_product, "OPERA").error(), MoveRefusal::no_such_product);
    EXPECT_EQ(bench.model.make_move("other", Move::cancel, "", bench.now).error(),
              MoveRefusal::no_such_record);

    EXPECT_EQ(move(Move::change_product, "MUSIC_MONTHLY")->at("productKey"), "MUSIC_MONTHLY");
    EXPECT_EQ(move(Move::cancel)->at("status"), "ACTIVE-ENDING");
    EXPECT_EQ(move(Move::end)->at("status"), "CANCELLED");
    EXPECT_THAT(bench.told(), ElementsAreArray({"ACTIVATION_SUCCESS", "PRODUCT_UPDATE",
                                                "TERMINATION_PENDING", "TERMINATION_SUCCESS"}));
    EXPECT_EQ(bench.effects(id, "cancel"), 0);
}

}  // namespace
}  // namespace usher::sandbox
