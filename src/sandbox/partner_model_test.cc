#include "sandbox/partner_model.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/partner_bench_test.h"

namespace usher::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PartnerBench;

TEST(PartnerApiForm, NamesTheFieldThatIsWrong) {
    PartnerBench bench;
    const auto message = [&](const std::string& body) {
        const auto answer = bench.call("POST", "/v1/entitlement", body);
        EXPECT_EQ(answer.http, 400);
        EXPECT_EQ(answer.code, "BAD_REQUEST");
        return answer.field("responseMessage");
    };
    EXPECT_EQ(message("[]"), "The body is not a JSON object");
    EXPECT_EQ(message("{}"), "customerIdentifier parameter is required");
    EXPECT_EQ(message(R"({"customerIdentifier":7})"), "customerIdentifier parameter is invalid");
    EXPECT_EQ(message(R"({"customerIdentifier":"c","merchantAccountKey":"bango_us"})"),
              "merchantAccountKey parameter is invalid");
    const std::string start =
        R"({"customerIdentifier":"c","merchantAccountKey":"BANGO_US","productKey":"MUSIC",)";
    EXPECT_EQ(message(start + R"("notificationUrl":"reseller"})"),
              "notificationUrl parameter is invalid");
    EXPECT_EQ(message(start + R"("dateExpiry":"2026-11-23T09:00:00Z"})"),
              "dateExpiry parameter is invalid");
    EXPECT_EQ(message(start + R"("extensionData":3})"), "extensionData parameter is invalid");
    EXPECT_THAT(bench.model.entitlements(), IsEmpty());
}

TEST(PartnerApiForm, ChecksCredentials) {
    PartnerBench bench;
    bench.login = "usher:guess";
    const auto answer = bench.create("MUSIC");
    EXPECT_EQ(answer.http, 401);
    EXPECT_EQ(answer.code, "UNAUTHORIZED");
    EXPECT_THAT(bench.model.entitlements(), IsEmpty());
}

TEST(PartnerApiForm, EchoesAndKnowsWhatItDoesNotHave) {
    PartnerBench bench;
    const auto echo = bench.call("GET", "/v1/echo/abc");
    EXPECT_EQ(echo.text,
              R"({"responseCode":"OK","responseMessage":"Success","parameters":{},"echo":"abc"})");
    EXPECT_EQ(bench.read("nothing").http, 404);
    EXPECT_EQ(bench.read("nothing").code, "NOT_FOUND");
    EXPECT_EQ(bench.suspend("nothing").http, 404);
    EXPECT_EQ(bench.cancel("nothing").http, 404);
    EXPECT_EQ(bench.call("GET", "/v1/elsewhere").http, 404);
}

TEST(PartnerApiForm, FindsByCustomerProductAndStatus) {
    PartnerBench bench;
    const auto music = bench.entitlement("MUSIC", RecordStatus::cancelled);
    const auto premium = bench.entitlement("MUSIC_PREMIUM", RecordStatus::active);
    bench.create("MUSIC_PREMIUM", "", "demo-account-2");
    const auto found = [&](const std::string& body) {
        std::set<std::string> ids;
        const auto answer = bench.call("POST", "/v1/entitlement/report", body);
        EXPECT_EQ(answer.http, 200);
        for (const auto& each : answer.body.at("entitlements").get_array()) {
            ids.emplace(each.at("entitlementId").get_string());
        }
        return ids;
    };
    const std::string who = R"({"customerIdentifier":"demo-account-1")";
    EXPECT_THAT(found(who + R"(,"productKey":null,"status":null})"),
                ElementsAre(std::min(music, premium), std::max(music, premium)));
    EXPECT_THAT(found(who + R"(,"productKey":"MUSIC"})"), ElementsAre(music));
    EXPECT_THAT(found(who + R"(,"status":"ACTIVE"})"), ElementsAre(premium));
    EXPECT_THAT(found(R"({"customerIdentifier":"nobody"})"), IsEmpty());
    EXPECT_EQ(bench.call("POST", "/v1/entitlement/report", "{}").http, 400);
}

TEST(PartnerApiForm, RefusesReasonsOffTheList) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    const auto cancel = [&](const std::string& body) {
        return bench.call("POST", "/v1/entitlement/cancel/" + id, body).field("responseMessage");
    };
    EXPECT_EQ(cancel(R"({"cancelReasonCategory":"MOOD","cancelReasonCode":"OTHER"})"),
              "cancelReasonCategory parameter is invalid");
    EXPECT_EQ(cancel(R"({"cancelReasonCategory":"REVOKED","cancelReasonCode":"EXPIRED"})"),
              "cancelReasonCode parameter is invalid");
    EXPECT_EQ(cancel(R"({"cancelReasonCategory":"REVOKED"})"),
              "cancelReasonCode parameter is required");
    EXPECT_EQ(bench.read(id).field("status"), "ACTIVE");
    const auto done = bench.cancel(id);
    EXPECT_EQ(done.body.at("extensionData").at("cancelReasonCategory"), "CUSTOMER_CANCELLED");
}

TEST(PartnerReplay, RepeatsTheFirstAnswerWithoutASecondEffect) {
    PartnerBench bench;
    const auto first = bench.create("MUSIC", "r-1");
    const auto again = bench.create("MUSIC", "r-1");
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.http, first.http);
    const auto id = first.field("entitlementId");
    bench.model.open_link(first.token(), bench.now);

    const auto suspended = bench.suspend(id, "r-2");
    EXPECT_EQ(bench.resume(id).field("status"), "ACTIVE");
    EXPECT_EQ(bench.suspend(id, "r-2").text, suspended.text);
    EXPECT_EQ(bench.read(id).field("status"), "ACTIVE");
    EXPECT_EQ(bench.effects(id, "suspend"), 1);

    const auto other = bench.cancel(id, "r-2");
    EXPECT_EQ(other.http, 409);
    EXPECT_EQ(other.code, "CONFLICT");
    EXPECT_EQ(bench.read(id).field("status"), "ACTIVE");
}

TEST(PartnerReplay, ForgetsAfterItsTime) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    bench.suspend(id, "r-1");
    bench.resume(id);
    bench.now += std::chrono::hours{24};
    bench.suspend(id, "r-1");
    EXPECT_EQ(bench.effects(id, "suspend"), 2);
}

TEST(PartnerReplay, CanBeOff) {
    PartnerBench bench{{.replay_retention = base::Duration::zero()}};
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    bench.suspend(id, "r-1");
    bench.resume(id);
    EXPECT_EQ(bench.suspend(id, "r-1").field("status"), "SUSPENDED");
    EXPECT_EQ(bench.effects(id, "suspend"), 2);
}

TEST(PartnerFaults, LoseTheRequest) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    ASSERT_TRUE(bench.set_faults(R"({"action":"suspend","effect":"lose-request","times":1})"));
    EXPECT_TRUE(bench.suspend(id, "r-1").broken);
    EXPECT_EQ(bench.read(id).field("status"), "ACTIVE");
    EXPECT_EQ(bench.suspend(id, "r-1").field("status"), "SUSPENDED");
    EXPECT_EQ(bench.effects(id, "suspend"), 1);
}

TEST(PartnerFaults, LoseTheAnswer) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    ASSERT_TRUE(bench.set_faults(R"({"action":"cancel","effect":"lose-answer","times":1})"));
    EXPECT_TRUE(bench.cancel(id, "r-1").broken);
    EXPECT_EQ(bench.read(id).field("status"), "CANCELLED");
    const auto again = bench.cancel(id, "r-1");
    EXPECT_EQ(again.http, 200);
    EXPECT_EQ(again.field("status"), "CANCELLED");
    EXPECT_EQ(bench.effects(id, "cancel"), 1);
}

TEST(PartnerFaults, DelayTheEffectAndTheAnswer) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    ASSERT_TRUE(bench.set_faults(R"({"action":"suspend","effect":"delay","delay_ms":1500})"));
    const auto answer = bench.suspend(id);
    EXPECT_EQ(answer.delay, std::chrono::milliseconds{1500});
    EXPECT_EQ(answer.field("dateSuspended"), "2026-11-23T10:00:01.500Z");
}

TEST(PartnerFaults, AnswerInsteadOfActing) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    ASSERT_TRUE(bench.set_faults(
        R"({"action":"*","effect":"answer","http":503,"delay_ms":20,"times":1},)"
        R"({"action":"suspend","effect":"answer","http":429,"responseCode":"SLOW","times":1},)"
        R"({"action":"suspend","effect":"refuse","times":1})"));
    const auto first = bench.suspend(id);
    EXPECT_EQ(first.http, 503);
    EXPECT_EQ(first.code, "SERVICE_UNAVAILABLE");
    EXPECT_EQ(first.delay, std::chrono::milliseconds{20});
    EXPECT_EQ(bench.suspend(id).code, "SLOW");
    const auto refused = bench.suspend(id, "r-1");
    EXPECT_EQ(refused.http, 400);
    EXPECT_EQ(refused.code, "NOT_AVAILABLE");
    EXPECT_EQ(bench.suspend(id, "r-1").text, refused.text);
    EXPECT_EQ(bench.effects(id, "suspend"), 0);
    EXPECT_EQ(bench.suspend(id, "r-2").http, 200);
}

TEST(PartnerFaults, QueueAChange) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    bench.told();
    ASSERT_TRUE(
        bench.set_faults(R"({"action":"suspend","effect":"queue","delay_ms":5000,"times":1},)"
                         R"({"action":"revoke","effect":"queue-never","responseCode":"LATER"})"));
    const auto answer = bench.suspend(id, "r-1");
    EXPECT_EQ(answer.http, 202);
    EXPECT_EQ(answer.code, "ACCEPTED");
    EXPECT_EQ(answer.field("status"), "ACTIVE");
    EXPECT_EQ(answer.delay, base::Duration::zero());
    EXPECT_EQ(bench.suspend(id, "r-1").text, answer.text);
    EXPECT_EQ(bench.model.next_event(), bench.now + std::chrono::seconds{5});
    bench.now += std::chrono::seconds{5};
    EXPECT_THAT(bench.told(), ElementsAre("SUSPENSION_SUCCESS"));
    EXPECT_EQ(bench.effects(id, "suspend"), 1);

    EXPECT_EQ(bench.revoke(id).code, "LATER");
    EXPECT_FALSE(bench.model.next_event());
    bench.now += std::chrono::hours{48};
    EXPECT_EQ(bench.read(id).field("status"), "SUSPENDED");
    EXPECT_EQ(bench.revoke("nothing").http, 404);
}

TEST(PartnerFaults, QueueACreate) {
    PartnerBench bench;
    ASSERT_TRUE(bench.set_faults(R"({"action":"create","effect":"queue","delay_ms":1000})"));
    const auto music = bench.create("MUSIC");
    const auto premium = bench.create("MUSIC_PREMIUM").field("entitlementId");
    const auto id = music.field("entitlementId");
    EXPECT_EQ(music.http, 202);
    EXPECT_EQ(music.url(), "");
    EXPECT_EQ(bench.effects(id, "create"), 0);
    EXPECT_EQ(bench.call("GET", "/v1/entitlement/" + id + "/activationInfo").http, 400);
    EXPECT_EQ(bench.model.make_move(id, Move::activate, "", bench.now).error(),
              MoveRefusal::not_in_this_status);
    bench.now += std::chrono::seconds{1};
    EXPECT_THAT(bench.told(), ElementsAre("ACTIVATION_SUCCESS"));
    EXPECT_EQ(bench.read(premium).field("status"), "ACTIVE");
    EXPECT_EQ(bench.effects(id, "create"), 1);
    EXPECT_EQ(bench.call("GET", "/v1/entitlement/" + id + "/activationInfo").http, 200);
}

TEST(PartnerFaults, AQueuedCreateThatWasCancelledMakesNoOther) {
    PartnerBench bench;
    ASSERT_TRUE(bench.set_faults(R"({"action":"create","effect":"queue","delay_ms":1000})"));
    const auto id = bench.create("MUSIC_PREMIUM").field("entitlementId");
    ASSERT_EQ(bench.revoke(id).http, 200);
    bench.now += std::chrono::seconds{1};
    bench.told();
    EXPECT_EQ(bench.read(id).field("status"), "REVOKED");
    EXPECT_EQ(bench.model.entitlements().size(), 1U);
}

TEST(PartnerFaults, GarbageAndForgetting) {
    PartnerBench bench;
    const auto id = bench.entitlement("MUSIC", RecordStatus::active);
    ASSERT_TRUE(bench.set_faults(R"({"action":"suspend","effect":"garbage","times":1},)"
                                 R"({"action":"*","effect":"forget","times":2})"));
    const auto garbage = bench.suspend(id, "r-1");
    EXPECT_EQ(garbage.http, 200);
    EXPECT_TRUE(garbage.body.empty());
    EXPECT_EQ(bench.effects(id, "suspend"), 1);
    EXPECT_EQ(bench.create("MUSIC_PREMIUM").http, 200);
    EXPECT_EQ(bench.read(id).http, 404);
    EXPECT_EQ(bench.resume(id).code, "NOT_FOUND");
    EXPECT_EQ(bench.read(id).field("status"), "SUSPENDED");
}

TEST(PartnerFaults, HappenWithTheirProbability) {
    PartnerBench bench;
    ASSERT_TRUE(
        bench.set_faults(R"({"action":"echo","effect":"answer","http":500,"probability":0.25})"));
    int failed = 0;
    for (int i = 0; i < 1000; ++i) failed += bench.call("GET", "/v1/echo/x").http == 500;
    EXPECT_GT(failed, 150);
    EXPECT_LT(failed, 350);
    const auto rules = bench.model.faults().to_json();
    EXPECT_EQ(rules.at("rules").at(0).at("fired").to_number<int>(), failed);
}

TEST(PartnerFaults, DropDuplicateAndDelayReports) {
    PartnerBench bench;
    ASSERT_TRUE(bench.set_faults(R"({"action":"report","effect":"drop","times":1},)"
                                 R"({"action":"report","effect":"duplicate","times":1},)"
                                 R"({"action":"report","effect":"delay","delay_ms":60000})"));
    const auto id = bench.entitlement("MUSIC_PREMIUM", RecordStatus::active);
    EXPECT_THAT(bench.told(), IsEmpty());
    bench.suspend(id);
    EXPECT_THAT(bench.told(), ElementsAre("SUSPENSION_SUCCESS", "SUSPENSION_SUCCESS"));
    bench.resume(id);
    EXPECT_THAT(bench.told(), IsEmpty());
    bench.now += std::chrono::minutes{1};
    EXPECT_THAT(bench.told(), ElementsAre("RESUMPTION_SUCCESS"));
}

TEST(PartnerNotifications, ComeAgainUntilTheyAreTaken) {
    PartnerBench bench{{.notification_pauses = {std::chrono::seconds{1}, std::chrono::seconds{5}}}};
    bench.create("MUSIC_PREMIUM");
    const auto first = bench.model.advance(bench.now);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].url, "http://reseller.example/n/1");
    const auto body = boost::json::parse(first[0].body);
    EXPECT_EQ(body.at("reason"), "ACTIVATION_SUCCESS");
    EXPECT_EQ(body.at("status"), "ACTIVE");
    EXPECT_THAT(bench.model.advance(bench.now + std::chrono::hours{1}), IsEmpty());

    bench.model.settle_notification(first[0].number, false, bench.now);
    EXPECT_EQ(bench.model.next_event(), bench.now + std::chrono::seconds{1});
    bench.now += std::chrono::seconds{1};
    EXPECT_EQ(bench.model.advance(bench.now), first);
    bench.model.settle_notification(first[0].number, false, bench.now);
    bench.now += std::chrono::seconds{5};
    EXPECT_EQ(bench.model.advance(bench.now), first);
    bench.model.settle_notification(first[0].number, false, bench.now);
    EXPECT_FALSE(bench.model.next_event());
    EXPECT_EQ(bench.rows().count({Table::notifications, number_key(1)}), 0U);
}

TEST(PartnerCalls, AreListedAndBounded) {
    PartnerBench bench{{.max_calls = 2}};
    bench.create("MUSIC_PREMIUM", "r-1");
    bench.create("MUSIC_PREMIUM", "r-1");
    ASSERT_TRUE(bench.set_faults(R"({"action":"echo","effect":"lose-request"})"));
    bench.call("GET", "/v1/echo/x");
    const auto calls = bench.model.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].at("method"), "POST");
    EXPECT_EQ(calls[0].at("path"), "/v1/entitlement");
    EXPECT_EQ(calls[0].at("X-RequestIdentifier"), "r-1");
    EXPECT_EQ(calls[0].at("answer").at("http"), 200);
    EXPECT_TRUE(calls[0].at("replayed").get_bool());
    EXPECT_EQ(calls[1].at("fault"), "lose-request");
    EXPECT_TRUE(calls[1].at("answer").is_null());
}

TEST(PartnerState, IsTheSameAfterARestart) {
    PartnerBench before;
    const auto pending = before.create("MUSIC", "r-1");
    const auto ending = before.entitlement("MUSIC_MONTHLY", RecordStatus::active);
    before.cancel(ending);
    ASSERT_TRUE(
        before.set_faults(R"({"action":"revoke","effect":"queue","delay_ms":9000,"times":1},)"
                          R"({"action":"echo","effect":"answer","http":500,"times":2})"));
    before.revoke(ending);
    before.call("GET", "/v1/echo/x");

    PartnerBench after;
    for (const auto& [key, value] : before.rows()) {
        ASSERT_TRUE(after.model.restore(key.first, key.second, value)) << value;
    }
    EXPECT_EQ(after.model.entitlements(), before.model.entitlements());
    EXPECT_EQ(after.model.calls(), before.model.calls());
    EXPECT_EQ(after.model.faults().to_json(), before.model.faults().to_json());
    EXPECT_EQ(after.model.next_event(), before.model.next_event());
    EXPECT_EQ(after.create("MUSIC", "r-1").text, pending.text);
    EXPECT_EQ(after.call("GET", "/v1/echo/x").http, 500);
    EXPECT_EQ(after.call("GET", "/v1/echo/x").http, 200);
    EXPECT_EQ(after.model.open_link(pending.token(), after.now), LinkOutcome::activated);
    after.now += std::chrono::seconds{9};
    EXPECT_EQ(after.read(ending).field("status"), "REVOKED");
    EXPECT_EQ(after.told().size(), 4U);
}

TEST(PartnerState, RefusesRowsItCannotRead) {
    PartnerBench bench;
    for (const auto table : {Table::records, Table::replays, Table::calls, Table::faults,
                             Table::queued, Table::notifications}) {
        EXPECT_FALSE(bench.model.restore(table, "1", "nonsense")) << to_text(table);
        EXPECT_FALSE(bench.model.restore(table, "1", "{}")) << to_text(table);
    }
}

}  // namespace
}  // namespace usher::sandbox
