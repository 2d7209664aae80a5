// What `explain` names against what was really wrong. The truth is taken from the world: from the
// partner's list of faults that met a call, from the wire that was cut, from what the merchant did;
// never from the record.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "server/world_test.h"

namespace usher::server::test {
namespace {

using sandbox::Move;

class ExplainTest : public WorldTest {
  protected:
    ExplainTest() { admin_ = login("admin"); }

    Reply ask(const std::string& target, const std::string& tenant = "demo") {
        return send(product_->admin_handler, {.method = "GET",
                                              .target = target,
                                              .headers = {{"Host", "localhost"},
                                                          {"nv-tenant-id", tenant},
                                                          {"Authorization", "Bearer " + admin_}}});
    }
    Reply explanation(const std::string& id, const std::string& query = "") {
        return ask("/admin/v1/entitlements/" + id + "/explanation" + query);
    }
    static std::string cause_of(const Reply& told) {
        return std::string{told.body.at("cause").at("code").as_string()};
    }
    static std::set<std::string> also_of(const Reply& told) {
        std::set<std::string> names;
        const auto* also = base::find_member(told.body.as_object(), "also");
        if (also == nullptr) return names;
        for (const auto& cause : also->as_array()) {
            names.emplace(cause.at("code").as_string());
        }
        return names;
    }

    void ask_for(const std::string& id, const std::string& status) {
        put(id, status, {{"Prefer", "respond-async"}});
    }

    std::uint64_t fired() {
        auto count = static_cast<std::uint64_t>(client_.cut_off) +
                     static_cast<std::uint64_t>(client_.altered);
        const auto faults = partner_.faults().to_json();
        for (const auto& rule : faults.at("rules").as_array()) {
            count += rule.at("fired").to_number<std::uint64_t>();
        }
        return count;
    }
    // The first try has met something and is over.
    void wait_for_a_failed_try(const std::string& id) {
        ASSERT_TRUE(eventually([&] { return fired() > 0 && row(id).attempts > 0; }))
            << get(id).raw();
    }
    void wait_for_peace(const std::string& id) {
        ASSERT_TRUE(eventually([&] {
            deliver_reports();
            return domain::is_settled(row(id).convergence);
        })) << get(id).raw();
    }

    template <class T>
    T store_answer(base::Task<flow::StoreResult<T>> question) {
        std::optional<T> answer;
        await(keep(std::move(question), answer));
        return std::move(*answer);
    }
    template <class T>
    static base::Task<> keep(base::Task<flow::StoreResult<T>> question, std::optional<T>& to) {
        auto found = co_await std::move(question);
        to.emplace(std::move(found.value()));
    }
    domain::Entitlement row(const std::string& id) {
        return *store_answer(
            store_->find_entitlement(domain::TenantId{"demo"}, domain::EntitlementId{id}));
    }

    // The evidence exists, the time is the record's, and no line for the customer tells too much.
    void check_form(const std::string& id, const Reply& told, const domain::Entitlement& before) {
        ASSERT_EQ(told.status, 200) << told.raw();
        const domain::TenantId tenant{"demo"};
        const domain::EntitlementId name{id};
        std::set<std::int64_t> events;
        for (const auto& event : store_answer(store_->history_of(tenant, name, 1000))) {
            events.insert(event.position);
        }
        std::map<std::int64_t, std::string> calls;
        for (const auto& call : store_answer(store_->calls_of(tenant, name)).calls) {
            calls[call.number] = call.request_id.text();
        }
        bool points_somewhere = false;
        for (const auto& fact : told.body.at("evidence").as_array()) {
            const auto& object = fact.as_object();
            if (const auto* event = object.if_contains("event")) {
                EXPECT_TRUE(events.contains(event->to_number<std::int64_t>())) << told.raw();
                points_somewhere = true;
            }
            const auto* call = object.if_contains("call");
            if (call != nullptr) {
                EXPECT_TRUE(calls.contains(call->to_number<std::int64_t>())) << told.raw();
                points_somewhere = true;
            }
            if (const auto* request = object.if_contains("requestId")) {
                EXPECT_EQ(calls.at(call->to_number<std::int64_t>()), request->as_string());
            }
        }
        EXPECT_TRUE(points_somewhere) << told.raw();
        check_next(told, before, row(id));
        check_customer(told.text("customer"), before);
        EXPECT_FALSE(told.text("safeAction").empty());
        if (before.activation) {
            EXPECT_EQ(told.raw().find(before.activation->url.reveal()), std::string::npos);
        }
    }
    // Calls that are held back wait for a probe, which may be later than the record's own time.
    static void check_next(const Reply& told, const domain::Entitlement& before,
                           const domain::Entitlement& after) {
        const auto& next = told.body.at("next").as_object();
        const auto at = base::find_string(next, "at");
        const auto shown = [](const std::optional<base::Time>& time) {
            return time ? base::format_time(*time) : std::string{};
        };
        const auto what = base::find_string(next, "what").value_or("");
        EXPECT_FALSE(what.empty());
        // It went on while it was told: more than once, perhaps.
        if (before.due_at != after.due_at) return;
        if (what.find("probed") != std::string::npos) {
            EXPECT_GE(at.value_or(""), shown(before.due_at)) << told.raw();
        } else {
            EXPECT_EQ(at.value_or(""), shown(before.due_at)) << told.raw();
        }
    }
    static void check_customer(const std::string& line, const domain::Entitlement& of) {
        EXPECT_TRUE(line.ends_with('.')) << line;
        for (const std::string& secret :
             {of.id.text(), of.account.text(), of.product.text(), of.customer.text(),
              of.merchant.text(), of.partner_id.text(), of.asker.subject, std::string{"://"},
              std::string{"{"}, std::string{"_"}, std::string{"HTTP"}, std::string{"Bango"},
              std::string{"Usher"}, std::string{"partner"}}) {
            if (!secret.empty()) {
                EXPECT_EQ(line.find(secret), std::string::npos) << line;
            }
        }
        for (const char digit : std::string{"0123456789"}) {
            EXPECT_EQ(line.find(digit), std::string::npos) << line;
        }
    }
    void expect_cause(const std::string& id, const std::string& wanted,
                      const std::set<std::string>& beside = {}) {
        const auto before = row(id);
        const auto told = explanation(id);
        check_form(id, told, before);
        EXPECT_EQ(cause_of(told), wanted) << told.raw();
        for (const auto& name : beside) {
            EXPECT_TRUE(also_of(told).contains(name)) << name << " in " << told.raw();
        }
    }

    std::string admin_;
};

// --- One thing alone

struct Fault {
    const char* name;
    const char* rule;  // without the action
};

constexpr Fault kLasting[]{
    {"lose_request", R"("effect":"lose-request")"},
    {"lose_answer", R"("effect":"lose-answer")"},
    {"delay", R"("effect":"delay","delay_ms":60000)"},
    {"unauthorized", R"("effect":"answer","http":401)"},
    {"forbidden", R"("effect":"answer","http":403)"},
    {"too_many", R"("effect":"answer","http":429)"},
    {"internal_error", R"("effect":"answer","http":500)"},
    {"unavailable", R"("effect":"answer","http":503)"},
    {"redirect", R"("effect":"answer","http":302)"},
    {"garbage", R"("effect":"garbage")"},
    {"not_found", R"("effect":"answer","http":404)"},
    {"forget", R"("effect":"forget")"},
};

// What a fault of the partner's means for a change that waits for it.
std::string truth_of(const json::object& rule, bool names_id) {
    const std::map<std::string, std::string> by_effect{{"lose-request", "no_answer"},
                                                       {"lose-answer", "no_answer"},
                                                       {"delay", "no_answer"},
                                                       {"garbage", "answer_unclear"},
                                                       {"forget", "id_unknown"}};
    const std::map<std::int64_t, std::string> by_http{
        {302, "answer_unclear"}, {401, "login_refused"},
        {403, "login_refused"},  {404, names_id ? "id_unknown" : "path_unknown"},
        {429, "slow_down"},      {500, "partner_fault"},
        {503, "partner_fault"}};
    const std::string effect{rule.at("effect").as_string()};
    if (effect == "answer") return by_http.at(rule.at("http").as_int64());
    return by_effect.at(effect);
}

struct Change {
    const char* name;
    const char* first;   // the status before; empty: none
    const char* status;  // asked for; empty: a purchase
};

constexpr Change kChanges[]{
    {"create", "", ""},
    {"suspend", "", "SUSPENDED"},
    {"resume", "SUSPENDED", "ACTIVE"},
    {"revoke", "", "REVOKED"},
};

class EveryFault : public ExplainTest,
                   public testing::WithParamInterface<std::tuple<Fault, Change>> {};

INSTANTIATE_TEST_SUITE_P(Scored, EveryFault,
                         testing::Combine(testing::ValuesIn(kLasting), testing::ValuesIn(kChanges)),
                         [](const auto& info) {
                             return fmt::format("{}_{}", std::get<0>(info.param).name,
                                                std::get<1>(info.param).name);
                         });

TEST_P(EveryFault, IsNamedForAsLongAsItLasts) {
    const auto& [fault, change] = GetParam();
    const bool buys = std::string_view{change.status}.empty();
    const auto rule = fmt::format(R"({{"action":"*",{}}})", fault.rule);
    std::string id;
    if (buys) {
        fail(rule);
        id = buy("account-1", "MUSIC_PREMIUM", {{"Prefer", "respond-async"}}).text("_id");
        // What meets no create meets the look that a report asks for which tells nothing.
        await([&]() -> base::Task<> {
            co_await product_->operations->receive_report({.tenant = domain::TenantId{"demo"},
                                                           .entitlement = domain::EntitlementId{id},
                                                           .body = "{}"});
        }());
        ASSERT_TRUE(eventually([&] {
            deliver_reports();
            return fired() > 0;
        }));
    } else {
        id = buy("account-1").text("_id");
        if (!std::string_view{change.first}.empty()) put(id, change.first);
        wait_for_peace(id);
        fail(rule);
        ask_for(id, change.status);
    }
    wait_for_a_failed_try(id);
    const auto log = partner_.faults().to_json().at("rules").as_array();
    ASSERT_EQ(log.size(), 1U);
    ASSERT_GT(log[0].at("fired").to_number<std::uint64_t>(), 0U);
    const auto truth = truth_of(log[0].as_object(), held_status(id) != "NONE");
    for (int i = 0; i < 4; ++i) {
        expect_cause(id, truth);
        pass(milliseconds{60});
    }
    heal();
    wait_for_peace(id);
    EXPECT_EQ(also_of(explanation(id)), std::set<std::string>{}) << "nothing is wrong any more";
}

TEST_F(ExplainTest, NoWayThereAndNoTrustAreToldApart) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    const std::pair<http::TransportFailure, const char*> cuts[]{
        {http::TransportFailure::connect_failed, "partner_unreachable"},
        {http::TransportFailure::resolve_failed, "partner_unreachable"},
        {http::TransportFailure::tls_failed, "partner_not_trusted"},
        {http::TransportFailure::bad_url, "not_sendable"}};
    bool suspended = false;
    for (const auto& [cut, cause] : cuts) {
        client_.cut = cut;
        client_.cut_off = 0;
        suspended = !suspended;
        ask_for(id, suspended ? "SUSPENDED" : "ACTIVE");
        wait_for_a_failed_try(id);
        expect_cause(id, cause);
        client_.cut.reset();
        wait_for_peace(id);
    }
}

// Replaces a word in every answer that has it.
std::function<bool(http::Response&)> replacing(std::string word, std::string by) {
    return [word = std::move(word), by = std::move(by)](http::Response& response) {
        const auto place = response.body.find(word);
        if (place == std::string::npos) return false;
        response.body.replace(place, word.size(), by);
        return true;
    };
}

TEST_F(ExplainTest, AnswersThatCannotBeUsedAreToldApart) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    const auto theirs = partner_id(id);
    struct Row {
        std::function<bool(http::Response&)> alter;
        const char* cause;
    };
    const Row rows[]{
        {[](auto& response) {
             return replacing(R"("status":"ACTIVE")", R"("status":"FAILED")")(response) ||
                    replacing(R"("status":"SUSPENDED")", R"("status":"FAILED")")(response);
         },
         "partner_unsure"},
        {replacing(theirs, "another-one"), "contradiction"},
        {replacing(R"("externalEntitlementId":")", R"("externalEntitlementId":"not-)"),
         "contradiction"},
        {[](auto& response) {
             response.abort = response.body.size() > 20;  // within the answer
             return response.abort;
         },
         "no_answer"}};
    bool suspended = false;
    for (const auto& [alter, cause] : rows) {
        client_.alter = alter;
        client_.altered = 0;
        suspended = !suspended;
        ask_for(id, suspended ? "SUSPENDED" : "ACTIVE");
        wait_for_a_failed_try(id);
        for (int i = 0; i < 3; ++i) {
            expect_cause(id, cause);
            pass(milliseconds{50});
        }
        client_.alter = nullptr;
        wait_for_peace(id);
    }
}

TEST_F(ExplainTest, AnActivationLinkThatIsTooOldIsTheCause) {
    client_.alter = [](http::Response& response) {
        const std::string_view name = R"("urlExpiry":"20)";
        const auto place = response.body.find(name);
        if (place == std::string::npos) return false;
        response.body.replace(place + name.size(), 2, "01");
        return true;
    };
    const auto id = buy("account-1", "MUSIC").text("_id");
    wait_for_peace(id);
    ASSERT_GT(client_.altered, 0);
    expect_cause(id, "activation_expired");
}

// The process dies while its call is out, and the read that must follow takes long.
TEST_F(ExplainTest, ACallWhoseMakerDiedIsToldAsSuch) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"delay","delay_ms":300,"times":1},)"
         R"({"action":"read","effect":"delay","delay_ms":350})");
    ask_for(id, "SUSPENDED");
    pass(milliseconds{50});
    ASSERT_EQ(fired(), 1U);
    stop();
    start();
    ASSERT_TRUE(eventually([&] { return fired() == 2; })) << "the lease is over, and it is read";
    expect_cause(id, "outcome_not_learnt", {"being_read"});
    heal();
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
}

TEST_F(ExplainTest, ARefusalIsToldWithThePartnersCode) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"answer","http":400,"responseCode":"BAD_REQUEST"})");
    EXPECT_EQ(put(id, "SUSPENDED").status, 400);
    wait_for_peace(id);
    ASSERT_GT(fired(), 0U);
    expect_cause(id, "request_refused");
    EXPECT_NE(explanation(id).raw().find("BAD_REQUEST"), std::string::npos);
    fail(R"({"action":"suspend","effect":"answer","http":409,"responseCode":"CONFLICT"})");
    put(id, "SUSPENDED");
    wait_for_peace(id);
    expect_cause(id, "request_refused");
    fail(R"({"action":"suspend","effect":"refuse"})");
    put(id, "SUSPENDED");
    wait_for_peace(id);
    expect_cause(id, "action_not_supported");
    heal();
    put(id, "REVOKED");
    wait_for_peace(id);
    expect_cause(id, "ended_by_operator");
}

TEST_F(ExplainTest, ARefusedPurchaseIsTold) {
    fail(R"({"action":"create","effect":"answer","http":400,"responseCode":"BAD_REQUEST"})");
    const std::string id = "chosen-1";
    call("POST", kEntitlements,
         R"({"productType":"THIRDPARTY","productId":"BANGO_US_MUSIC_PREMIUM",)"
         R"("accountId":"account-1","status":"PENDING","_id":"chosen-1"})");
    wait_for_peace(id);
    expect_cause(id, "request_refused");
}

TEST_F(ExplainTest, WhatWasAcceptedIsAwaitedAndThenMissed) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"queue","delay_ms":900})");
    ask_for(id, "SUSPENDED");
    ASSERT_TRUE(eventually([&] { return fired() == 1; }));
    pass(milliseconds{60});
    expect_cause(id, "accepted_and_awaited");
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
    fail(R"({"action":"resume","effect":"queue-never"})");
    ask_for(id, "ACTIVE");
    ASSERT_TRUE(eventually([&] { return fired() == 1; }));
    pass(milliseconds{60});
    expect_cause(id, "accepted_and_awaited");
    ASSERT_TRUE(eventually([&] { return fired() == 2; })) << "sent again after its time";
    pass(milliseconds{60});
    expect_cause(id, "never_confirmed", {"accepted_and_awaited"});
}

TEST_F(ExplainTest, ACallThatIsOutIsToldAsSuch) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"delay","delay_ms":300,"times":1})");
    ask_for(id, "SUSPENDED");
    pass(milliseconds{50});
    ASSERT_EQ(fired(), 1U);
    expect_cause(id, "call_under_way");
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
}

TEST_F(ExplainTest, WhoMovedIsNamed) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    expect_cause(id, "active_everywhere");
    put(id, "SUSPENDED");
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
    put(id, "ACTIVE");
    wait_for_peace(id);
    expect_cause(id, "active_everywhere");
    const auto moved = [&](const std::string& of, Move what, const char* status) {
        move(of, what);
        deliver_reports();
        expect_both(of, status);
        wait_for_peace(of);
    };
    moved(id, Move::suspend, "SUSPENDED");
    expect_cause(id, "suspended_by_partner");
    moved(id, Move::resume, "ACTIVE");
    expect_cause(id, "active_everywhere");
    moved(id, Move::revoke, "REVOKED");
    expect_cause(id, "ended_by_partner");

    const auto mine = buy("account-2").text("_id");
    put(mine, "CANCELLED");
    wait_for_peace(mine);
    expect_cause(mine, "ended_by_operator");

    const auto monthly = buy("account-2", "MUSIC_MONTHLY").text("_id");
    put(monthly, "CANCELLED");
    expect_both(monthly, "ACTIVE-ENDING");
    expect_cause(monthly, "ending_on_date");
    moved(monthly, Move::end, "CANCELLED");
    expect_cause(monthly, "ended_on_date");
}

TEST_F(ExplainTest, ACustomerWhoHasNotActivatedIsTheCause) {
    const auto id = buy("account-1", "MUSIC").text("_id");
    wait_for_peace(id);
    ASSERT_TRUE(row(id).activation);
    expect_cause(id, "customer_must_activate");
    put(id, "ACTIVE");  // "look now"
    wait_for_peace(id);
    expect_cause(id, "customer_must_activate");
    move(id, Move::activate);
    deliver_reports();
    expect_both(id, "ACTIVE");
    expect_cause(id, "active_everywhere");
}

TEST_F(ExplainTest, AFirstDayToComeIsTheCause) {
    const auto id =
        call("POST", kEntitlements,
             R"({"productType":"THIRDPARTY","productId":"BANGO_US_MUSIC_PREMIUM",)"
             R"("accountId":"account-1","status":"PENDING","validFrom":"2099-01-01T00:00:00Z"})")
            .text("_id");
    wait_for_peace(id);
    expect_cause(id, "not_valid_yet");
}

// --- Two at once: the outermost is named, the other stands beside it

// A store in a file that is moved away and put back.
class ExplainFileTest : public ExplainTest {
  protected:
    ExplainFileTest() {
        stop();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        auto opened = store::open_store("sqlite:" + file_.string(), *clock_,
                                        {.threads = false, .on_work = [this] { turn_store(); }});
        EXPECT_TRUE(opened.has_value()) << opened.error().sentence;
        store_ = std::move(*opened);
        start();
    }
    ~ExplainFileTest() override {
        stop();
        store_ = store::make_memory_store(*clock_, {.threads = false});
        std::filesystem::remove_all(folder_);
    }
    void take_file_away() { std::filesystem::rename(file_, folder_ / "away"); }
    void put_file_back() { std::filesystem::rename(folder_ / "away", file_); }

  private:
    std::filesystem::path folder_ =
        std::filesystem::path{testing::TempDir()} / fmt::format("usher-explain-{}", fmt::ptr(this));
    std::filesystem::path file_ = folder_ / "usher.db";
};

TEST_F(ExplainFileTest, AStoreThatTakesNothingComesBeforeThePartnersTrouble) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    const std::pair<const char*, const char*> faults[]{
        {R"({"action":"*","effect":"answer","http":401})", "login_refused"},
        {R"({"action":"*","effect":"lose-answer"})", "no_answer"},
        {R"({"action":"*","effect":"answer","http":503})", "partner_fault"}};
    bool suspended = false;
    for (const auto& [rule, cause] : faults) {
        fail(rule);
        suspended = !suspended;
        ask_for(id, suspended ? "SUSPENDED" : "ACTIVE");
        wait_for_a_failed_try(id);
        take_file_away();
        expect_cause(id, "store_not_writable", {cause});
        EXPECT_EQ(put(id, "REVOKED").status, 503);
        expect_cause(id, "store_not_writable", {cause});
        put_file_back();
        ASSERT_TRUE(eventually([&] { return store_->writable().has_value(); }));
        heal();
        wait_for_peace(id);
    }
}

struct Second {
    const char* name;
    const char* rule;
    const char* cause;
};

class AfterALostAnswer : public ExplainTest, public testing::WithParamInterface<Second> {};

INSTANTIATE_TEST_SUITE_P(
    Scored, AfterALostAnswer,
    testing::Values(
        Second{"unauthorized", R"({"action":"read","effect":"answer","http":401})",
               "login_refused"},
        Second{"unavailable", R"({"action":"read","effect":"answer","http":503})", "partner_fault"},
        Second{"too_many", R"({"action":"read","effect":"answer","http":429})", "slow_down"},
        Second{"garbage", R"({"action":"read","effect":"garbage"})", "answer_unclear"},
        Second{"forget", R"({"action":"read","effect":"forget"})", "id_unknown"}),
    [](const auto& info) { return info.param.name; });

// The answer to the change is lost, and the read that must come before anything else fails too.
TEST_P(AfterALostAnswer, WhatKeepsTheReadFromSucceedingIsNamed) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"lose-answer","times":1},)" +
         std::string{GetParam().rule});
    ask_for(id, "SUSPENDED");
    ASSERT_TRUE(eventually([&] { return fired() >= 2 && row(id).attempts >= 2; }));
    expect_cause(id, GetParam().cause, {"being_read"});
    const auto told = explanation(id);
    EXPECT_NE(told.raw().find("may have acted"), std::string::npos) << told.raw();
    EXPECT_EQ(base::find_string(told.body.at("partner").as_object(), "lastSaid"), "ACTIVE");
    heal();
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
}

TEST_F(ExplainTest, ARefusalThatCannotBeCheckedWaitsForTheRead) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"refuse"},{"action":"read","effect":"lose-answer"})");
    ask_for(id, "SUSPENDED");
    ASSERT_TRUE(eventually([&] { return fired() >= 2 && row(id).attempts >= 1; }));
    expect_cause(id, "no_answer", {"being_read"});
    EXPECT_NE(explanation(id).raw().find("NOT_AVAILABLE"), std::string::npos);
    heal();
    wait_for_peace(id);
    expect_cause(id, "action_not_supported");
}

TEST_F(ExplainTest, AnAcceptedCallThatCannotBeLookedAtIsHeldUpByTheWayThere) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"suspend","effect":"queue-never"},)"
         R"({"action":"*","effect":"answer","http":401})");
    ask_for(id, "SUSPENDED");
    ASSERT_TRUE(eventually([&] { return fired() >= 2 && row(id).attempts >= 1; }));
    expect_cause(id, "login_refused", {"accepted_and_awaited"});
}

// Somebody else's calls have shut the way; this change was never tried.
TEST_F(ExplainTest, AWayThatIsShutExplainsWhatWasNeverTried) {
    const auto other = buy("account-2").text("_id");
    const auto id = buy("account-1").text("_id");
    wait_for_peace(other);
    wait_for_peace(id);
    fail(R"({"action":"*","effect":"answer","http":401})");
    ask_for(other, "SUSPENDED");
    const domain::TenantId tenant{"demo"};
    const domain::MerchantId merchant{"BANGO_US"};
    ASSERT_TRUE(
        eventually([&] { return !product_->converger->standing(tenant, merchant).healthy; }));
    const auto calls = row(id).convergence.last_call;
    ask_for(id, "SUSPENDED");
    expect_cause(id, "login_refused");
    EXPECT_EQ(row(id).convergence.last_call, calls) << "it was never tried";
    EXPECT_EQ(row(id).problem, domain::Problem::none);
}

TEST_F(ExplainTest, TheMerchantMovedAndThePartnerCannotBeRead) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    const std::pair<const char*, const char*> faults[]{
        {R"({"action":"read","effect":"answer","http":500})", "partner_fault"},
        {R"({"action":"read","effect":"answer","http":403})", "login_refused"}};
    for (const auto& [rule, cause] : faults) {
        fail(rule);
        const bool suspend = held_status(id) == "ACTIVE";
        move(id, suspend ? Move::suspend : Move::resume);
        deliver_reports();
        wait_for_a_failed_try(id);
        expect_cause(id, cause, {"being_read"});
        heal();
        wait_for_peace(id);
        expect_cause(id, suspend ? "suspended_by_partner" : "active_everywhere");
    }
}

TEST_F(ExplainTest, NoTrustAfterALostAnswer) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"*","effect":"lose-answer"})");
    ask_for(id, "SUSPENDED");
    wait_for_a_failed_try(id);
    client_.cut = http::TransportFailure::tls_failed;
    const auto tries = row(id).attempts;
    const domain::TenantId tenant{"demo"};
    const domain::MerchantId merchant{"BANGO_US"};
    ASSERT_TRUE(eventually([&] {
        const bool shut = !product_->converger->standing(tenant, merchant).healthy;
        return client_.cut_off > 0 && (shut || row(id).attempts > tries);
    }));
    expect_cause(id, "partner_not_trusted", {"being_read"});
    client_.cut.reset();
    heal();
    wait_for_peace(id);
    expect_cause(id, "suspended_by_operator");
}

// A report that is lost cannot be known; what is said then is dated, and true.
TEST_F(ExplainTest, ALostReportIsNotKnownAndWhatIsSaidIsDated) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"report","effect":"drop"})");
    pass(milliseconds{5});
    const auto moved_at = base::format_time(clock_->now());
    move(id, Move::suspend);
    deliver_reports();
    ASSERT_EQ(fired(), 1U);
    expect_cause(id, "active_everywhere");
    const auto told = explanation(id);
    const auto& partner = told.body.at("partner").as_object();
    EXPECT_EQ(base::find_string(partner, "lastSaid"), "ACTIVE");
    EXPECT_LT(base::find_string(partner, "lastSaidAt").value_or("~"), moved_at);
    // Whoever looks finds out.
    heal();
    const http::Headers password{{"Authorization", "Basic " + base::encode_base64("usher:usher")}};
    call("POST", "/bango/v1/reports/demo/" + id, "{}", password);
    wait_for_peace(id);
    expect_cause(id, "suspended_by_partner");
}

TEST_F(ExplainTest, ADoubledReportChangesNothing) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    fail(R"({"action":"report","effect":"duplicate"})");
    move(id, Move::suspend);
    wait_for_peace(id);
    ASSERT_GT(fired(), 0U);
    ASSERT_TRUE(eventually(
        [&] { return row(id).convergence.status == domain::EntitlementStatus::suspended; }));
    wait_for_peace(id);
    expect_cause(id, "suspended_by_partner");
}

// --- Beside the causes

TEST_F(ExplainTest, TellsWhatWasKnownThen) {
    const auto id = buy("account-1").text("_id");
    wait_for_peace(id);
    pass(milliseconds{5});
    const auto active = base::format_time(clock_->now());
    pass(milliseconds{5});
    put(id, "SUSPENDED");
    wait_for_peace(id);
    fail(R"({"action":"resume","effect":"lose-answer","times":1},)"
         R"({"action":"read","effect":"lose-answer"})");
    ask_for(id, "ACTIVE");
    ASSERT_TRUE(eventually([&] { return row(id).attempts > 1; }));
    pass(milliseconds{5});
    const auto lost = base::format_time(clock_->now());
    pass(milliseconds{5});
    heal();
    wait_for_peace(id);
    EXPECT_EQ(cause_of(explanation(id)), "active_everywhere");
    EXPECT_EQ(cause_of(explanation(id, "?at=" + active)), "active_everywhere");
    const auto then = explanation(id, "?at=" + lost);
    EXPECT_EQ(cause_of(then), "being_read") << then.raw();
    EXPECT_EQ(then.body.at("agree"), false);
    EXPECT_FALSE(then.text("caveat").empty());
    EXPECT_EQ(explanation(id, "?at=2001-01-01T00:00:00Z").status, 404) << "it did not exist";
    EXPECT_EQ(cause_of(explanation(id, "?at=2099-01-01T00:00:00Z")), "active_everywhere");
}

TEST_F(ExplainTest, IsFoundByAccountAndByThePartnersIdInItsTenantAlone) {
    const auto id = buy("account-1").text("_id");
    buy("account-1", "MUSIC");
    const auto ended = buy("account-1", "MUSIC_MONTHLY").text("_id");
    put(ended, "REVOKED");
    wait_for_peace(ended);
    const auto several = [&](const std::string& query, const std::string& tenant = "demo") {
        return ask("/admin/v1/explanations" + query, tenant).body.at("explanations").as_array();
    };
    EXPECT_EQ(several("?accountId=account-1").size(), 2U) << "the live ones";
    EXPECT_EQ(several("?accountId=account-1", "second").size(), 0U);
    const auto by_name = several("?partnerEntitlementId=" + partner_id(ended));
    ASSERT_EQ(by_name.size(), 1U);
    EXPECT_EQ(by_name[0].at("entitlementId").as_string(), ended);
    EXPECT_EQ(several("?partnerEntitlementId=" + partner_id(id), "second").size(), 0U);
    EXPECT_EQ(explanation("nothing").status, 404);
}

}  // namespace
}  // namespace usher::server::test
