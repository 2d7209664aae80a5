#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "api/admin/bulk_rows.h"
#include "api/test_surface.h"

namespace usher::api {
namespace {

using admin::read_bulk_row;
using flow::BulkVerdict;
using testing::ElementsAre;

constexpr const char* kBulk = "/admin/v1/bulk/b-1";

boost::json::object row_of(const char* text) {
    return boost::json::parse(text).as_object();
}

std::string call_of(const char* text) {
    const auto call = read_bulk_row(row_of(text));
    if (!call) return std::to_string(number_of(call.error().code));
    auto told = call->method + " " + call->target;
    if (call->body) told += " " + boost::json::serialize(*call->body);
    return told;
}

TEST(BulkRow, StandsForACallOfTheOperators) {
    EXPECT_EQ(call_of(R"({"entitlementId":"e","status":"CANCELLED","reasonCode":"x"})"),
              "PUT /crm-gateway/v2/rmg/v1/entitlements/e "
              R"({"status":"CANCELLED","reasonCode":"x"})");
    EXPECT_EQ(
        call_of(R"({"action":"purchase","entitlementId":"e","accountId":"a","productId":"p"})"),
        "POST /crm-gateway/v2/rmg/v1/entitlements "
        R"({"productType":"THIRDPARTY","status":"PENDING","_id":"e",)"
        R"("accountId":"a","productId":"p"})");
    EXPECT_EQ(call_of(R"({"action":"delete","entitlementId":"e"})"),
              "DELETE /crm-gateway/v2/rmg/v1/entitlements/e");
    EXPECT_EQ(call_of(R"({"action":"change-product","entitlementId":"e","productId":"p"})"),
              "POST /tpes/v1/operator/entitlements/e/actions/changeProduct "
              R"({"productId":"p"})");
    EXPECT_EQ(call_of(R"({"action":"add-account","accountId":"a"})"),
              R"(POST /adm/v1/accounts {"_id":"a"})");
    EXPECT_EQ(call_of(R"({"action":"account-status","accountId":"a","status":"SUSPENDED"})"),
              R"(PUT /adm/v1/accounts/a {"status":"SUSPENDED"})");
    EXPECT_EQ(call_of(R"({"action":"delete-account","accountId":"a"})"),
              "DELETE /adm/v1/accounts/a");
    EXPECT_EQ(call_of(R"({"action":"delete-of-account","accountId":"a"})"),
              "DELETE /crm-gateway/v2/rmg/v1/entitlements/account/a");
}

TEST(BulkRow, WhatItDoesNotKnowIsRefused) {
    EXPECT_EQ(call_of(R"({"action":"steal","entitlementId":"e"})"), "40013");
    EXPECT_EQ(call_of(R"({"entitlementId":"e","status":"ACTIVE","statu":"x"})"), "40013");
    EXPECT_EQ(call_of(R"({"action":"delete","entitlementId":"e","status":"ACTIVE"})"), "40013");
    EXPECT_EQ(call_of(R"({"status":"ACTIVE"})"), "40011");
    EXPECT_EQ(call_of(R"({"action":"add-account"})"), "40011");
    EXPECT_EQ(call_of(R"({"entitlementId":"../x","status":"ACTIVE"})"), "40014");
    EXPECT_EQ(call_of(R"({"entitlementId":"e","status":"ACTIVE","accountId":null})"),
              R"(PUT /crm-gateway/v2/rmg/v1/entitlements/e {"status":"ACTIVE"})");
    const auto strange = read_bulk_row(row_of(R"({"entitlementId":"e","=1+1":"x"})"));
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().details.front().field, "row") << "no name of the file's is repeated";
}

class BulkTest : public SurfaceTest {
  protected:
    BulkTest() {
        operations.bulk.tenant = domain::TenantId{"demo"};
        operations.bulk.id = "b-1";
        operations.bulk.rows = 2;
    }
    http::Response ask(const std::string& path, const boost::json::object& body) {
        http::Request request{.method = "POST", .target = kBulk + path};
        request.headers.add("Authorization", "Bearer half");
        request.headers.add("Content-Type", "application/json");
        request.body = boost::json::serialize(body);
        return send_admin(std::move(request));
    }
    static boost::json::object two_rows() {
        return {{"from", 0},
                {"rows",
                 {{{"entitlementId", "e-1"}, {"status", "CANCELLED"}},
                  {{"entitlementId", "e-2"}, {"statu", "CANCELLED"}}}}};
    }
};

TEST_F(BulkTest, EachRowIsCarriedOutUnderAKeyOfItsOwn) {
    operations.bulk.asker.comment = "why";
    const auto response = ask("/rows", two_rows());
    ASSERT_EQ(response.status, 200) << response.body;
    ASSERT_EQ(operations.keys_asked.size(), 1U);
    EXPECT_EQ(operations.keys_asked[0].key.key, "bulk.b-1.0");
    EXPECT_EQ(operations.keys_asked[0].key.subject, "sub-half");
    ASSERT_EQ(operations.updates.size(), 2U) << "looked at for the guard, and carried out";
    EXPECT_TRUE(operations.updates[0].once->tries);
    EXPECT_FALSE(operations.updates[1].once->tries);
    EXPECT_EQ(operations.updates[1].asker.correlation.text(), "b-1");
    EXPECT_EQ(operations.updates[1].asker.comment, "why");
    ASSERT_EQ(operations.results_noted.size(), 1U);
    EXPECT_THAT(operations.results_noted[0].noted.verdicts,
                ElementsAre(BulkVerdict::changed, BulkVerdict::refused));
    EXPECT_EQ(json(response).at("results").at(1).at("errorCode"), 40013);
}

TEST_F(BulkTest, ARowHasOneTurn) {
    operations.bulk.told = 2;
    operations.bulk.let_through = 2;
    // It was refused, for nothing is kept of it; by now it would not be any more.
    auto would_change = flow::fail(flow::FailureKind::only_tried);
    const std::string told = R"({"status":200,"headers":[],"body":"{\"modifiedCount\":1}"})";
    would_change.tried =
        std::make_shared<const flow::Tried>(flow::Tried{.answer = told, .changes = true});
    operations.update_answer = std::unexpected{would_change};
    auto response = ask("/rows", two_rows());
    EXPECT_EQ(json(response).at("results").at(0).at("errorCode"), 40903) << response.body;
    ASSERT_EQ(operations.updates.size(), 1U);
    EXPECT_TRUE(operations.updates[0].once->tries);

    operations.answer_kept = told;
    response = ask("/rows", two_rows());
    EXPECT_EQ(json(response).at("results").at(0).at("outcome"), "changed");
    EXPECT_EQ(operations.updates.size(), 1U);

    operations.answer_kept = std::unexpected{flow::fail(flow::FailureKind::key_of_another)};
    response = ask("/rows", two_rows());
    EXPECT_EQ(json(response).at("results").at(0).at("errorCode"), 42201) << "another row";
}

TEST_F(BulkTest, WhereTheGuardStopsItNothingIsCarriedOut) {
    operations.bulk_failure = flow::fail(flow::FailureKind::bulk_guarded);
    EXPECT_EQ(error_code(ask("/rows", two_rows())), 40902);
    EXPECT_TRUE(operations.updates.empty());
}

TEST_F(BulkTest, ARowThatTheStoreCannotTakeEndsThePart) {
    operations.bulk.let_through = 2;
    operations.update_answer = std::unexpected{flow::fail(flow::StoreError::overloaded)};
    const auto response = ask("/rows", two_rows());
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(operations.results_noted.empty()) << "no result is known";
}

TEST_F(BulkTest, APartIsOneToFiveHundredRows) {
    EXPECT_EQ(error_code(ask("/look", {{"from", 0}, {"rows", boost::json::array{}}})), 40013);
    EXPECT_EQ(error_code(ask("/look", {{"rows", boost::json::array{boost::json::object{}}}})),
              40011);
    EXPECT_TRUE(operations.looks_noted.empty());
}

TEST_F(BulkTest, AStartSaysWhy) {
    EXPECT_EQ(error_code(ask("/start", {{"token", "t"}})), 40011);
    EXPECT_EQ(ask("/start", {{"token", "t"}, {"reason", "r"}}).status, 200);
    ASSERT_EQ(operations.bulks_started.size(), 1U);
    EXPECT_EQ(operations.bulks_started[0].token, "t");
    EXPECT_EQ(operations.bulks_started[0].why, "r");
    EXPECT_EQ(operations.bulks_started[0].percent, options.bulk_guard_percent);
}

class ImportsTest : public SurfaceTest {
  protected:
    http::Response ask(boost::json::object row, boost::json::object more = {{"reason", "r"}}) {
        http::Request request{.method = "POST", .target = "/admin/v1/imports"};
        request.headers.add("Authorization", "Bearer half");
        request.headers.add("Content-Type", "application/json");
        more["rows"] = boost::json::array{std::move(row)};
        request.body = boost::json::serialize(more);
        return send_admin(std::move(request));
    }
    static boost::json::object good_row() {
        return {{"entitlementId", "e"},
                {"accountId", "a"},
                {"productId", "p"},
                {"partnerEntitlementId", "b"},
                {"status", "SUSPENDED"},
                {"customerId", "c"},
                {"created", "2026-01-01T00:00:00Z"}};
    }
    boost::json::object result_of(const http::Response& response) {
        EXPECT_EQ(response.status, 200) << response.body;
        return json(response).at("results").at(0).as_object();
    }
};

TEST_F(ImportsTest, ARowIsTakenOverAndSaysWhatItIs) {
    const auto result = result_of(ask(good_row()));
    EXPECT_EQ(result.at("outcome"), "imported");
    EXPECT_EQ(result.at("status"), "SUSPENDED");
    ASSERT_EQ(operations.imports.size(), 1U);
    const auto& request = operations.imports[0];
    EXPECT_EQ(request.customer, domain::CustomerId{"c"});
    EXPECT_EQ(request.created, base::parse_time("2026-01-01T00:00:00Z"));
    EXPECT_EQ(request.asker.comment, "r");
    EXPECT_FALSE(request.only_looks);
}

TEST_F(ImportsTest, WhatIsWrongIsTheRowsResult) {
    auto ended = good_row();
    ended["status"] = "CANCELLED";
    EXPECT_EQ(result_of(ask(ended)).at("errorCode"), 40013);
    auto nameless = good_row();
    nameless.erase("partnerEntitlementId");
    EXPECT_EQ(result_of(ask(nameless)).at("errorCode"), 40011);
    auto backwards = good_row();
    backwards["validFrom"] = "2026-02-01T00:00:00Z";
    backwards["expiryDate"] = "2026-01-01T00:00:00Z";
    EXPECT_EQ(result_of(ask(backwards)).at("errorCode"), 40016);
    auto early = good_row();
    early["created"] = "2999-01-01T00:00:00Z";
    EXPECT_EQ(result_of(ask(early)).at("errorCode"), 40013);
    EXPECT_TRUE(operations.imports.empty());
    auto nobodys = good_row();
    nobodys["customerId"] = "";
    EXPECT_EQ(result_of(ask(nobodys)).at("outcome"), "imported");
    EXPECT_EQ(operations.imports.back().customer, std::nullopt);
    operations.import_failure = flow::fail(flow::FailureKind::partner_id_taken);
    EXPECT_EQ(result_of(ask(good_row())).at("errorCode"), 40059);
}

TEST_F(ImportsTest, AnIdIsInOneRowOfARequest) {
    http::Request request{.method = "POST", .target = "/admin/v1/imports"};
    request.headers.add("Authorization", "Bearer half");
    request.headers.add("Content-Type", "application/json");
    auto other = good_row();
    other["partnerEntitlementId"] = "another";
    request.body =
        boost::json::serialize(boost::json::object{{"reason", "r"}, {"rows", {good_row(), other}}});
    const auto results = json(send_admin(std::move(request))).at("results").as_array();
    EXPECT_EQ(results.at(0).at("outcome"), "imported");
    EXPECT_EQ(results.at(1).at("errorCode"), 40013);
    EXPECT_EQ(operations.imports.size(), 1U);
}

TEST_F(ImportsTest, TroubleOfTheStoreIsNoResult) {
    operations.import_failure = flow::fail(flow::StoreError::overloaded);
    EXPECT_EQ(ask(good_row()).status, 503);
}

TEST_F(ImportsTest, AReasonIsGivenUnlessItOnlyLooks) {
    EXPECT_EQ(error_code(ask(good_row(), {})), 40011);
    const auto result = result_of(ask(good_row(), {{"dryRun", true}}));
    EXPECT_FALSE(result.contains("partnerStatus"));
    EXPECT_TRUE(operations.imports.back().only_looks);
}

}  // namespace
}  // namespace usher::api
