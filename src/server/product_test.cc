// What the product does, end to end, with a partner that fails.
#include <set>

#include "server/world_test.h"

namespace usher::server::test {
namespace {

using ProductTest = WorldTest;

constexpr const char* kChanged = R"({"matchedCount":1,"modifiedCount":1})";
constexpr const char* kUnchanged = R"({"matchedCount":1,"modifiedCount":0})";

TEST_F(ProductTest, APurchaseIsActivatedByTheCustomerAndToldByAReport) {
    const auto bought = buy("account-1", "MUSIC");
    EXPECT_EQ(bought.status, 201) << bought.raw();
    EXPECT_EQ(bought.text("status"), "PENDING");
    const auto id = bought.text("_id");
    EXPECT_EQ(bought.text("entitlementId"), id);
    EXPECT_EQ(held_status(id), "PENDING");
    move(id, sandbox::Move::activate);
    deliver_reports();
    expect_both(id, "ACTIVE");
}

TEST_F(ProductTest, ARepeatedPurchaseWhilePendingGivesTheSameEntitlementAndAUrl) {
    const auto first = buy("account-1", "MUSIC");
    const auto again = buy("account-1", "MUSIC");
    EXPECT_EQ(again.text("_id"), first.text("_id"));
    EXPECT_NE(again.raw().find("NAVIGATE_TO_URL"), std::string::npos) << again.raw();
    EXPECT_EQ(effects(first.text("_id"), "create"), 1);
}

TEST_F(ProductTest, AnAccountHoldsAProductOnce) {
    const auto first = buy("account-1");
    EXPECT_EQ(first.text("status"), "ACTIVE");
    const auto again = buy("account-1");
    EXPECT_EQ(again.status, 400);
    put(first.text("_id"), "CANCELLED");
    expect_both(first.text("_id"), "CANCELLED");
    const auto anew = buy("account-1");
    EXPECT_EQ(anew.status, 201) << anew.raw();
    EXPECT_NE(anew.text("_id"), first.text("_id"));
}

// The customer took the product with another record, and no report said so.
TEST_F(ProductTest, AnAnswerAboutAnotherEntitlementMakesThatOneRead) {
    const auto holder = buy("account-1").text("_id");
    expect_both(holder, "ACTIVE");
    take_product(holder, "MUSIC");
    const auto bought = buy("account-1", "MUSIC", {{"Prefer", "wait=0"}});
    EXPECT_EQ(bought.status, 201) << bought.raw();
    EXPECT_TRUE(eventually([&] { return get(holder).text("partnerStatus") == "PENDING"; }))
        << get(holder).raw();
    EXPECT_EQ(effects(bought.text("_id"), "create"), 0);
}

TEST_F(ProductTest, EveryChangeIsConfirmedWithinTheWait) {
    const auto id = buy("account-1").text("_id");
    for (const auto* status : {"SUSPENDED", "ACTIVE", "CANCELLED"}) {
        const auto changed = put(id, status);
        EXPECT_EQ(changed.status, 200);
        EXPECT_EQ(changed.raw(), kChanged);
        EXPECT_EQ(changed.header("usher-propagation"), "confirmed");
        expect_both(id, status);
    }
    EXPECT_EQ(put(id, "CANCELLED").raw(), kUnchanged);
    EXPECT_EQ(put(id, "ACTIVE").status, 400) << "ended: buy again";
}

TEST_F(ProductTest, ASoftEndIsTakenBackAndAskedForAgain) {
    const auto id = buy("account-1", "MUSIC_MONTHLY").text("_id");
    EXPECT_EQ(put(id, "CANCELLED").raw(), kChanged);
    expect_both(id, "ACTIVE-ENDING");
    EXPECT_FALSE(get(id).text("endsAt").empty());
    EXPECT_EQ(put(id, "CANCELLED").raw(), kUnchanged) << "it is ending already";
    EXPECT_EQ(put(id, "ACTIVE").raw(), kChanged);
    expect_both(id, "ACTIVE");
    EXPECT_EQ(put(id, "REVOKED").raw(), kChanged);
    expect_both(id, "REVOKED");
}

TEST_F(ProductTest, AnotherWordForTheSameChangesTheRecordAndCallsNobody) {
    const auto id = buy("account-1").text("_id");
    EXPECT_EQ(put(id, "SUBSCRIBED").raw(), kChanged);
    EXPECT_EQ(get(id).text("status"), "SUBSCRIBED");
    EXPECT_EQ(put(id, "UNSUBSCRIBED").raw(), kChanged);
    EXPECT_TRUE(eventually([&] { return held_status(id) == "CANCELLED"; }));
    EXPECT_EQ(get(id).text("status"), "UNSUBSCRIBED");
    EXPECT_EQ(effects(id, "cancel"), 1);
}

struct Trouble {
    const char* name;
    const char* fault;
};

class EveryTrouble : public WorldTest, public testing::WithParamInterface<Trouble> {};

INSTANTIATE_TEST_SUITE_P(
    Faults, EveryTrouble,
    testing::Values(
        Trouble{"lose_request", R"({"action":"*","effect":"lose-request","times":2})"},
        Trouble{"lose_answer", R"({"action":"*","effect":"lose-answer","times":2})"},
        Trouble{"late", R"({"action":"*","effect":"delay","delay_ms":900,"times":1})"},
        Trouble{"unavailable", R"({"action":"*","effect":"answer","http":503,"times":3})"},
        Trouble{"too_many", R"({"action":"*","effect":"answer","http":429,"times":3})"},
        Trouble{"unauthorized", R"({"action":"*","effect":"answer","http":401,"times":3})"},
        Trouble{"garbage", R"({"action":"*","effect":"garbage","times":2})"}),
    [](const auto& info) { return info.param.name; });

// Whatever happens to the calls, each change takes effect once and both sides agree.
TEST_P(EveryTrouble, EachChangeTakesEffectOnce) {
    fail(GetParam().fault);
    const auto bought = buy("account-1");
    ASSERT_EQ(bought.status, 201) << bought.raw();
    const auto id = bought.text("_id");
    expect_both(id, "ACTIVE");
    const std::pair<const char*, const char*> changes[]{
        {"SUSPENDED", "suspend"}, {"ACTIVE", "resume"}, {"REVOKED", "revoke"}};
    for (const auto& [status, action] : changes) {
        fail(GetParam().fault);
        EXPECT_EQ(put(id, status).raw(), kChanged);
        expect_both(id, status);
        EXPECT_EQ(effects(id, action), 1) << action;
    }
    EXPECT_EQ(effects(id, "create"), 1);
}

TEST_F(ProductTest, AChangeThatWasOvertakenIsNeverSent) {
    const auto id = buy("account-1").text("_id");
    fail(R"({"action":"*","effect":"answer","http":401})");
    EXPECT_EQ(put(id, "SUSPENDED").header("usher-propagation"), "pending");
    EXPECT_EQ(get(id).body.at("propagation").at("state"), "pending");
    EXPECT_FALSE(get(id).raw().find("lastProblem\":\"\"") != std::string::npos) << get(id).raw();
    put(id, "ACTIVE");
    heal();
    expect_both(id, "ACTIVE");
    EXPECT_EQ(effects(id, "suspend"), 0);
    EXPECT_EQ(effects(id, "resume"), 0);
}

TEST_F(ProductTest, AQueuedChangeIsAwaitedAndSeen) {
    const auto id = buy("account-1").text("_id");
    fail(R"({"action":"suspend","effect":"queue","delay_ms":300})");
    EXPECT_EQ(put(id, "SUSPENDED").raw(), kChanged);
    expect_both(id, "SUSPENDED");
    EXPECT_EQ(effects(id, "suspend"), 1);
}

TEST_F(ProductTest, AQueuedChangeThatNeverComesIsSentAgain) {
    const auto id = buy("account-1").text("_id");
    fail(R"({"action":"suspend","effect":"queue-never","times":1})");
    EXPECT_EQ(put(id, "SUSPENDED").raw(), kChanged);
    expect_both(id, "SUSPENDED");
}

TEST_F(ProductTest, ARefusalInsideTheWaitIsToldAndTheRecordIsBack) {
    const auto id = buy("account-1").text("_id");
    fail(R"({"action":"suspend","effect":"refuse"})");
    const auto refused = put(id, "SUSPENDED");
    EXPECT_EQ(refused.status, 400) << refused.raw();
    expect_both(id, "ACTIVE");
    EXPECT_EQ(get(id).body.at("lastRefusal").at("asked"), "SUSPENDED") << get(id).raw();
    heal();
    EXPECT_EQ(put(id, "SUSPENDED").status, 400) << "remembered for a day";
    EXPECT_EQ(put(id, "CANCELLED").raw(), kChanged);
    expect_both(id, "CANCELLED");
}

TEST_F(ProductTest, APurchaseRefusedForGoodBlocksNothing) {
    fail(R"({"action":"create","effect":"answer","http":400,"responseCode":"BAD_REQUEST"})");
    const auto refused = buy("account-1");
    EXPECT_EQ(refused.status, 400) << refused.raw();
    heal();
    const auto bought = buy("account-1");
    EXPECT_EQ(bought.status, 201) << bought.raw();
    expect_both(bought.text("_id"), "ACTIVE");
}

TEST_F(ProductTest, WhatTheMerchantDoesIsAdopted) {
    const auto id = buy("account-1").text("_id");
    move(id, sandbox::Move::suspend);
    deliver_reports();
    expect_both(id, "SUSPENDED");
    move(id, sandbox::Move::revoke);
    deliver_reports();
    expect_both(id, "REVOKED");
    EXPECT_EQ(put(id, "ACTIVE").status, 400);
}

class SweptTest : public WorldTest {
  protected:
    SweptTest() : WorldTest{seconds{2}} {}
};

// Nobody tells us; the look at everything comes round within the limit.
TEST_F(SweptTest, WhatTheMerchantDoesIsFoundWithoutAReport) {
    const auto id = buy("account-1").text("_id");
    expect_both(id, "ACTIVE");
    const auto other = buy("account-2").text("_id");
    expect_both(other, "ACTIVE");
    const auto version = get(other).body.at("version");
    move(id, sandbox::Move::suspend);
    expect_both(id, "SUSPENDED");
    EXPECT_EQ(get(other).body.at("version"), version) << "a look alone is no change";
}

// Held by a person: nothing leaves, nobody waits, and what was asked is sent once it is let go on.
TEST_F(ProductTest, WhatIsPausedWaitsWithoutACall) {
    const auto id = buy("account-1").text("_id");
    expect_both(id, "ACTIVE");
    auto& operations = *product_->operations;
    await([&]() -> base::Task<> {
        co_await operations.place_hold(
            {.merchant = domain::MerchantId{"BANGO_US"}, .kind = flow::HoldKind::paused});
    }());
    const auto changed = put(id, "SUSPENDED");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.header("usher-propagation"), "pending");
    pass(milliseconds{500});
    EXPECT_EQ(effects(id, "suspend"), 0);
    await([&]() -> base::Task<> {
        co_await operations.lift_hold({.tenant = {},
                                       .merchant = domain::MerchantId{"BANGO_US"},
                                       .kind = flow::HoldKind::paused});
    }());
    expect_both(id, "SUSPENDED");
    EXPECT_EQ(effects(id, "suspend"), 1);
}

class GuardedTest : public WorldTest {
  protected:
    GuardedTest() : WorldTest{std::chrono::hours{24}, {.percent = 5, .least = 2}} {}
};

// A partner that is pointed at the wrong place must not end everything.
TEST_F(GuardedTest, TooManyEndingsWaitForAPerson) {
    std::vector<std::string> ids;
    for (const auto* account : {"account-1", "account-2", "account-3"}) {
        ids.push_back(buy(account).text("_id"));
        expect_both(ids.back(), "ACTIVE");
    }
    std::size_t followed = 0;
    for (const auto& id : ids) {
        move(id, sandbox::Move::revoke);
        deliver_reports();
        // What was said within the last second is not read again at once.
        pass(milliseconds{1300});
        if (get(id).text("status") == "REVOKED") ++followed;
    }
    EXPECT_EQ(followed, 2U) << "the second one was too many for the third";
    EXPECT_EQ(get(ids.back()).text("status"), "ACTIVE");
    await([&]() -> base::Task<> {
        co_await product_->operations->lift_hold(
            {.tenant = domain::TenantId{"demo"}, .merchant = {}, .kind = flow::HoldKind::endings});
    }());
    expect_both(ids.back(), "REVOKED");
}

TEST_F(ProductTest, AForgedReportCostsAReadAndNothingElse) {
    const auto id = buy("account-1").text("_id");
    const auto before = get(id).header("ETag");
    const http::Headers forged{{"Authorization", "Basic " + base::encode_base64("usher:usher")}};
    const auto reply = call("POST", "/bango/v1/reports/demo/" + id,
                            R"({"entitlementId":"x","status":"REVOKED"})", forged);
    EXPECT_EQ(reply.status, 200) << reply.raw();
    expect_both(id, "ACTIVE");
    EXPECT_EQ(get(id).header("ETag"), before);
}

TEST_F(ProductTest, TwoTenantsWithTheSameAccountAndLoginDoNotMeet) {
    const auto mine = buy("account-1").text("_id");
    const http::Headers other{{"Authorization", "Bearer " + login("portal2")},
                              {"nv-tenant-id", "second"}};
    const auto theirs = buy("account-1", "MUSIC_PREMIUM", other);
    ASSERT_EQ(theirs.status, 201) << theirs.raw();
    expect_both(mine, "ACTIVE");
    EXPECT_NE(partner_id(mine), partner_id(theirs.text("_id")));
    EXPECT_EQ(put(theirs.text("_id"), "REVOKED").status, 404) << "not in this tenant";
    EXPECT_EQ(put(theirs.text("_id"), "REVOKED", other).raw(), kChanged);
    EXPECT_EQ(held_status(mine), "ACTIVE");
    EXPECT_EQ(held_status(theirs.text("_id")), "REVOKED");
}

TEST_F(ProductTest, ADeathBetweenTheCallAndItsAnswerLosesAndDoublesNothing) {
    const auto id = buy("account-1").text("_id");
    fail(R"({"action":"suspend","effect":"delay","delay_ms":250,"times":1})");
    const auto accepted = put(id, "SUSPENDED", {{"Prefer", "respond-async"}});
    EXPECT_EQ(accepted.header("usher-propagation"), "pending");
    pass(milliseconds{50});
    stop();
    heal();
    start();
    expect_both(id, "SUSPENDED");
    EXPECT_LE(effects(id, "suspend"), 1);
}

TEST_F(ProductTest, AnOlderVersionIsNotOverwritten) {
    const auto id = buy("account-1").text("_id");
    const auto stale = get(id).header("ETag");
    EXPECT_EQ(put(id, "SUSPENDED", {{"If-Match", stale}}).status, 200);
    const auto refused = put(id, "ACTIVE", {{"If-Match", stale}});
    EXPECT_EQ(refused.status, 412);
    EXPECT_EQ(refused.header("ETag"), get(id).header("ETag"));
    expect_both(id, "SUSPENDED");
}

}  // namespace
}  // namespace usher::server::test
