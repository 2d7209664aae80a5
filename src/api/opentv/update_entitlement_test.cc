// What reaches the product when a status is updated, and what the caller reads.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(OpenTvTest, AnswersTheSeedsRequestWithTheSeedsBody) {
    const auto response = update("{\n  \"status\": \"CANCELLED\"\n}");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"matchedCount":1,"modifiedCount":1})");
    EXPECT_EQ(header(response, "Content-Type"), "application/json");
    EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
    EXPECT_EQ(header(response, "ETag"), "\"7\"");
    EXPECT_EQ(response.headers.count("Preference-Applied"), 0U);
    ASSERT_EQ(operations.updates.size(), 1U);
    const auto& asked = operations.updates.front();
    EXPECT_EQ(asked.tenant.text(), "demo");
    EXPECT_EQ(asked.entitlement.text(), "ent-1");
    EXPECT_EQ(asked.status, EntitlementStatus::cancelled);
    EXPECT_EQ(asked.wait, milliseconds{2000});
    EXPECT_EQ(asked.asker.subject, "sub-portal");
    EXPECT_EQ(asked.asker.client, "operator-portal");
    EXPECT_EQ(asked.asker.correlation.text(), header(response, "x-correlation-id"));
    EXPECT_FALSE(asked.account || asked.product || asked.product_type || asked.if_version);
    EXPECT_EQ(asked.reason, domain::Reason{});
}

TEST_F(OpenTvTest, TakesAllEightWordsByPutAndByPost) {
    for (const auto* method : {"PUT", "POST"}) {
        for (const auto status : domain::kEntitlementStatuses) {
            operations.updates.clear();
            const auto body = R"({"status":")" + std::string{to_text(status)} + R"("})";
            EXPECT_EQ(call(method, kUpdatePath, body).status, 200);
            EXPECT_EQ(operations.updates.at(0).status, status);
        }
    }
}

TEST_F(OpenTvTest, AnUnchangedRecordIsMatchedAndNotModified) {
    operations.update_answer->modified = false;
    EXPECT_EQ(update(R"({"status":"ACTIVE"})").body, R"({"matchedCount":1,"modifiedCount":0})");
}

struct EditionCase {
    std::string tenant;
    std::string status;
    int http;
};

TEST_F(OpenTvTest, AnUnconfirmedChangeIs202OnlyWhereTheEditionListsIt) {
    operations.update_answer->propagated = flow::Propagated::pending;
    const std::vector<EditionCase> cases{
        {"demo", "ACTIVE", 200},      {"demo", "CANCELLED", 200},   {"demo_b", "ACTIVE", 202},
        {"demo_b", "CANCELLED", 200}, {"demo_b", "SUSPENDED", 200}, {"demo_b", "REVOKED", 200},
        {"demo_c", "ACTIVE", 202},    {"demo_c", "SUSPENDED", 200}, {"demo_c", "SUBSCRIBED", 200},
    };
    for (const auto& [tenant, status, http] : cases) {
        const auto response =
            update(R"({"status":")" + status + R"("})", {{"nv-tenant-id", tenant}});
        EXPECT_EQ(response.status, http) << tenant << status;
        EXPECT_EQ(response.body, R"({"matchedCount":1,"modifiedCount":1})");
        EXPECT_EQ(header(response, "usher-propagation"), "pending");
    }
    operations.update_answer->propagated = flow::Propagated::confirmed;
    EXPECT_EQ(update(R"({"status":"ACTIVE"})", {{"nv-tenant-id", "demo_b"}}).status, 200);
}

TEST_F(OpenTvTest, PassesAssertionsAndReasonsOn) {
    update(R"({"status":"CANCELLED","productId":"P","accountId":"A","productType":"THIRDPARTY",)"
           R"("reasonCode":"rc","reasonCategory":"rk","cancelReasonCode":"FRAUD",)"
           R"("cancelReasonCategory":"REVOKED","cancelReasonDescription":"text",)"
           R"("somethingElse":[1]})",
           {{"If-Match", "\"12\""}});
    ASSERT_EQ(operations.updates.size(), 1U);
    const auto& asked = operations.updates.front();
    EXPECT_EQ(asked.product->text(), "P");
    EXPECT_EQ(asked.account->text(), "A");
    EXPECT_EQ(asked.product_type, "THIRDPARTY");
    EXPECT_EQ(asked.if_version, 12U);
    EXPECT_EQ(asked.reason, (domain::Reason{"rc", "rk", "FRAUD", "REVOKED", "text"}));
}

TEST_F(OpenTvTest, NullAndEmptyReasonsAreAbsent) {
    update(R"({"status":"CANCELLED","productId":null,"accountId":null,"productType":null,)"
           R"("reasonCode":null,"reasonCategory":""})");
    ASSERT_EQ(operations.updates.size(), 1U);
    const auto& asked = operations.updates.front();
    EXPECT_FALSE(asked.account || asked.product || asked.product_type);
    EXPECT_EQ(asked.reason, domain::Reason{});
}

struct ArgumentCase {
    std::string body;
    ErrorCode code;
    std::string field;
};

TEST_F(OpenTvTest, RefusesWrongArguments) {
    const std::string long_id(257, 'a');
    const std::vector<ArgumentCase> cases{
        {"{}", ErrorCode::argument_missing, "status"},
        {R"({"status":null})", ErrorCode::argument_missing, "status"},
        {R"({"Status":"CANCELLED"})", ErrorCode::argument_missing, "status"},
        {R"({"status":7})", ErrorCode::argument_of_wrong_type, "status"},
        {R"({"status":true})", ErrorCode::argument_of_wrong_type, "status"},
        {R"({"status":["CANCELLED"]})", ErrorCode::argument_of_wrong_type, "status"},
        {R"({"status":{}})", ErrorCode::argument_of_wrong_type, "status"},
        {R"({"status":""})", ErrorCode::status_unknown, "status"},
        {R"({"status":"cancelled"})", ErrorCode::status_unknown, "status"},
        {R"({"status":"Cancelled"})", ErrorCode::status_unknown, "status"},
        {R"({"status":"CANCELED"})", ErrorCode::status_unknown, "status"},
        {R"({"status":" CANCELLED"})", ErrorCode::status_unknown, "status"},
        {R"({"status":"ACTIVE_ENDING"})", ErrorCode::status_unknown, "status"},
        {R"({"status":"FAILED"})", ErrorCode::status_unknown, "status"},
        {R"({"status":"ACTIVE","accountId":7})", ErrorCode::argument_of_wrong_type, "accountId"},
        {R"({"status":"ACTIVE","accountId":""})", ErrorCode::id_malformed, "accountId"},
        {R"({"status":"ACTIVE","productId":"a b"})", ErrorCode::id_malformed, "productId"},
        {R"({"status":"ACTIVE","productId":")" + long_id + R"("})", ErrorCode::id_malformed,
         "productId"},
        {R"({"status":"ACTIVE","productType":1})", ErrorCode::argument_of_wrong_type,
         "productType"},
        {R"({"status":"ACTIVE","reasonCode":1})", ErrorCode::argument_of_wrong_type, "reasonCode"},
        {R"({"status":"ACTIVE","reasonCategory":")" + long_id + R"("})",
         ErrorCode::argument_invalid, "reasonCategory"},
        {R"({"status":"ACTIVE","cancelReasonDescription":")" + std::string(1001, 'd') + R"("})",
         ErrorCode::argument_invalid, "cancelReasonDescription"},
    };
    for (const auto& [body, code, field] : cases) {
        SCOPED_TRACE(body.substr(0, 80));
        const auto response = update(body);
        expect_refused(response, code);
        ASSERT_EQ(details(response).size(), 1U);
        EXPECT_EQ(details(response).front(), std::pair(field, number_of(code)));
        EXPECT_NE(std::string{json(response).at("message").as_string()}.find(field),
                  std::string::npos);
    }
    EXPECT_EQ(operations.asked(), 0U);
}

TEST_F(OpenTvTest, NamesEverythingThatIsWrongAtOnce) {
    const auto response = call("PUT", std::string{kCreatePath} + "/a%20b",
                               R"({"status":"x","accountId":1,"productId":"/","reasonCode":[]})");
    expect_refused(response, ErrorCode::id_malformed);
    EXPECT_EQ(details(response), (std::vector<std::pair<std::string, int>>{{"entitlementId", 40014},
                                                                           {"status", 40004},
                                                                           {"accountId", 40012},
                                                                           {"productId", 40014},
                                                                           {"reasonCode", 40012}}));
}

TEST_F(OpenTvTest, NeverRepeatsWhatTheCallerSent) {
    const auto response =
        update(R"({"status":"c4nary","accountId":"c4nary/","reasonCode":{"c4nary":1}})");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body.find("c4nary"), std::string::npos);
}

TEST_F(OpenTvTest, RefusesIdsThatCannotBe) {
    for (const auto* method : {"PUT", "POST", "GET"}) {
        for (const std::string& id :
             {std::string(257, 'a'), std::string(10'000, 'a'), std::string{"a%2Fb"},
              std::string{"%00"}, std::string{"a%00"}, std::string{"%C3%28"}, std::string{"%FF"},
              std::string{"a%20b"}, std::string{"a+b"}, std::string{"%2e%2e%2f"},
              std::string{"a;b"}, std::string{"%7B%7D"}}) {
            SCOPED_TRACE(method + id.substr(0, 20));
            const auto response =
                call(method, std::string{kCreatePath} + "/" + id, R"({"status":"ACTIVE"})");
            expect_refused(response, ErrorCode::id_malformed);
        }
    }
    EXPECT_EQ(operations.asked(), 0U);
    EXPECT_EQ(call("PUT", std::string{kCreatePath} + "/", "{}").status, 400);
}

TEST_F(OpenTvTest, TakesIdsUpToTheirLimit) {
    const std::string longest(256, '~');
    EXPECT_EQ(
        call("PUT", std::string{kCreatePath} + "/" + longest, R"({"status":"ACTIVE"})").status,
        200);
    EXPECT_EQ(operations.updates.at(0).entitlement.text(), longest);
    // ".." is a name like any other: paths are not normalised.
    EXPECT_EQ(call("PUT", std::string{kCreatePath} + "/..", R"({"status":"ACTIVE"})").status, 200);
    EXPECT_EQ(operations.updates.at(1).entitlement.text(), "..");
}

TEST_F(OpenTvTest, WaitsAsPreferred) {
    const auto body = R"({"status":"ACTIVE"})";
    const auto async = update(body, {{"Prefer", "respond-async"}});
    EXPECT_EQ(operations.updates.back().wait, seconds{0});
    EXPECT_EQ(header(async, "Preference-Applied"), "respond-async");
    const auto longer = update(body, {{"Prefer", "wait=10"}});
    EXPECT_EQ(operations.updates.back().wait, seconds{10});
    EXPECT_EQ(header(longer, "Preference-Applied"), "wait=10");
    const auto cut = update(body, {{"Prefer", "wait=3600"}});
    EXPECT_EQ(operations.updates.back().wait, seconds{30});
    EXPECT_EQ(header(cut, "Preference-Applied"), "wait=30");
}

TEST_F(OpenTvTest, TellsWhyAChangeWasNotMade) {
    const std::vector<FailureCase> cases{
        {flow::fail(FailureKind::entitlement_unknown), ErrorCode::entitlement_unknown},
        {flow::fail(FailureKind::account_mismatch), ErrorCode::account_mismatch},
        {flow::fail(FailureKind::product_mismatch), ErrorCode::product_mismatch},
        {flow::fail(FailureKind::product_type_mismatch), ErrorCode::product_type_mismatch},
        {{.kind = FailureKind::rejected, .rejection = domain::Rejection::already_ended},
         ErrorCode::already_ended},
        {flow::fail(flow::StoreError::overloaded), ErrorCode::overloaded},
        {flow::fail(flow::StoreError::unconfirmed), ErrorCode::not_confirmed},
    };
    for (const auto& [failure, code] : cases) {
        operations.update_answer = std::unexpected{failure};
        const auto response = update(R"({"status":"ACTIVE"})");
        expect_refused(response, code);
        EXPECT_EQ(response.headers.count("Retry-After"), response.status == 503 ? 1U : 0U);
        EXPECT_EQ(response.headers.count("usher-propagation"), 0U);
    }
}

TEST_F(OpenTvTest, AnotherVersionIsShown) {
    operations.update_answer =
        std::unexpected{flow::Failure{.kind = FailureKind::version_mismatch, .version = 9}};
    const auto response = update(R"({"status":"ACTIVE"})", {{"If-Match", "\"8\""}});
    expect_refused(response, ErrorCode::version_mismatch);
    EXPECT_EQ(header(response, "ETag"), "\"9\"");
    expect_refused(update(R"({"status":"ACTIVE"})", {{"If-Match", "8"}}),
                   ErrorCode::precondition_malformed);
}

TEST_F(OpenTvTest, TakesAComment) {
    const auto put = [this](const http::Headers& headers) {
        return call("PUT", kUpdatePath, R"({"status":"ACTIVE"})", headers);
    };
    EXPECT_EQ(put({{"x-usher-comment", "He called: nôt wanted \u00fc"}}).status, 200);
    EXPECT_EQ(operations.updates.back().asker.comment, "He called: nôt wanted \u00fc");
    std::string longest;
    for (int i = 0; i < 500; ++i) longest += "\u00fc";
    EXPECT_EQ(put({{"x-usher-comment", longest}}).status, 200);
    const auto asked = operations.updates.size();
    for (const auto& bad :
         std::vector<std::string>{longest + "x", std::string{"\xff"}, std::string{"a\x1b[2J"}}) {
        expect_refused(put({{"x-usher-comment", bad}}), ErrorCode::comment_invalid);
    }
    expect_refused(put({{"x-usher-comment", "a"}, {"x-usher-comment", "b"}}),
                   ErrorCode::comment_invalid);
    EXPECT_EQ(operations.updates.size(), asked);
}

}  // namespace
}  // namespace usher::api
