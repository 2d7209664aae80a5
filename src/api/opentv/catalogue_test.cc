#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

TEST_F(OpenTvTest, PutsAProduct) {
    const auto response = call("PUT", "/cpm/commercial/v1/products",
                               R"({"type":"thirdParty","name":"Music","providerId":"BANGO_US",)"
                               R"("providerResourceId":"MUSIC"})");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, R"({"self":"/commercial/v1/products/BANGO_US_MUSIC"})");
    ASSERT_EQ(operations.products.size(), 1U);
    EXPECT_EQ(operations.products[0].name, "Music");
    EXPECT_EQ(operations.products[0].merchant.text(), "BANGO_US");
    EXPECT_EQ(operations.products[0].product_key.text(), "MUSIC");
}

TEST_F(OpenTvTest, RefusesAWrongProduct) {
    const auto put = [this](std::string body) {
        return call("PUT", "/cpm/commercial/v1/products", std::move(body));
    };
    EXPECT_EQ(details(put("{}")),
              (std::vector<std::pair<std::string, int>>{{"type", 40011},
                                                        {"name", 40011},
                                                        {"providerId", 40011},
                                                        {"providerResourceId", 40011}}));
    EXPECT_EQ(details(put(R"({"type":"THIRDPARTY","name":"","providerId":"a b",)"
                          R"("providerResourceId":"k"})")),
              (std::vector<std::pair<std::string, int>>{
                  {"type", 40017}, {"name", 40013}, {"providerId", 40014}}));
    const std::string half(128, 'x');
    EXPECT_EQ(details(put(R"({"type":"thirdParty","name":"n","providerId":")" + half +
                          R"(","providerResourceId":")" + half + R"("})")),
              (std::vector<std::pair<std::string, int>>{{"providerResourceId", 40014}}));
    EXPECT_EQ(operations.asked(), 0U);
    operations.product_answer = std::unexpected{flow::fail(FailureKind::product_in_use)};
    expect_refused(
        put(R"({"type":"thirdParty","name":"n","providerId":"a","providerResourceId":"b"})"),
        ErrorCode::product_in_use);
}

TEST_F(OpenTvTest, AddsAnAccountAndKeepsNothingElse) {
    testing::internal::CaptureStderr();
    const auto response = call("POST", "/adm/v1/accounts",
                               R"({"_id":"account-1","status":"SUSPENDED","signonId":"c4nary@x",)"
                               R"("password":"c4nary"})");
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("c4nary"), std::string::npos);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, R"({"_id":"account-1"})");
    ASSERT_EQ(operations.accounts.size(), 1U);
    EXPECT_EQ(operations.accounts[0].id->text(), "account-1");
    EXPECT_EQ(operations.accounts[0].status, domain::AccountStatus::suspended);
    call("POST", "/adm/v1/accounts", "{}");
    EXPECT_FALSE(operations.accounts[1].id.has_value());
    EXPECT_EQ(operations.accounts[1].status, domain::AccountStatus::active);
}

TEST_F(OpenTvTest, ReadsListsAndChangesProducts) {
    operations.product_answer = domain::Product{.id = domain::ProductId{"M_K"},
                                                .name = "Music",
                                                .merchant = domain::MerchantId{"M"},
                                                .product_key = domain::ProductKey{"K"}};
    const auto read = call("GET", "/cpm/commercial/v1/products/M_K", "");
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, R"({"_id":"M_K","type":"thirdParty","name":"Music","providerId":"M",)"
                         R"("providerResourceId":"K","created":"1970-01-01T00:00:00.000Z",)"
                         R"("modified":"1970-01-01T00:00:00.000Z"})");
    const auto change = [this](std::string body) {
        return call("PUT", "/cpm/commercial/v1/products/M_K", std::move(body));
    };
    EXPECT_EQ(change(R"({"name":"Music"})").body, R"({"matchedCount":1,"modifiedCount":0})");
    // The same name is put again, so that a key has something to be kept with; it changes nothing.
    EXPECT_EQ(operations.products.size(), 1U);
    const auto changed = change(R"({"name":"More","providerId":"M","type":"thirdParty"})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body, R"({"matchedCount":1,"modifiedCount":1})");
    ASSERT_EQ(operations.products.size(), 2U);
    EXPECT_EQ(operations.products[1].name, "More");
    EXPECT_EQ(details(change(R"({"providerId":"N","providerResourceId":"L","type":"x"})")),
              (std::vector<std::pair<std::string, int>>{{"type", 40017},
                                                        {"name", 40011},
                                                        {"providerId", 40038},
                                                        {"providerResourceId", 40038}}));
    operations.sold.resize(3);
    operations.sold[2].name = "Third";
    const auto page = call("GET", "/cpm/commercial/v1/products?limit=2&page=2", "");
    EXPECT_TRUE(page.body.starts_with(R"({"totalRecords":3,"resourceSet":[{"_id":)")) << page.body;
    EXPECT_NE(page.body.find("Third"), std::string::npos);
    EXPECT_EQ(call("GET", "/cpm/commercial/v1/products?limit=0", "").body, R"({"totalRecords":3})");
    EXPECT_EQ(call("GET", "/cpm/commercial/v1/products?page=9", "").body,
              R"({"totalRecords":3,"resourceSet":[]})");
    operations.product_answer = std::unexpected{flow::fail(FailureKind::product_not_there)};
    expect_refused(call("GET", "/cpm/commercial/v1/products/M_K", ""),
                   ErrorCode::product_not_there);
    expect_refused(change(R"({"name":"Music"})"), ErrorCode::product_not_there);
}

TEST_F(OpenTvTest, ChangesAnAccount) {
    const auto put = [this](std::string body) {
        return call("PUT", "/adm/v1/accounts/account-1", std::move(body));
    };
    auto response = put(R"({"status":"CANCELLED","signonId":"x"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"matchedCount":1,"modifiedCount":1})");
    EXPECT_EQ(response.headers.find("usher-propagation"), "confirmed");
    ASSERT_EQ(operations.account_changes.size(), 1U);
    EXPECT_EQ(operations.account_changes[0].account.text(), "account-1");
    EXPECT_EQ(operations.account_changes[0].status, domain::AccountStatus::cancelled);
    EXPECT_FALSE(operations.account_changes[0].deletes);
    EXPECT_FALSE(operations.account_changes[0].suspends);
    EXPECT_EQ(operations.account_changes[0].asker.client, "operator-portal");
    operations.account_changed = flow::ChangedAccount{.modified = false, .all_confirmed = false};
    response =
        call("PUT", "/adm/v1/accounts/preHashedPassword/account-1", R"({"status":"SUSPENDED"})");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, R"({"matchedCount":1,"modifiedCount":0})");
    EXPECT_EQ(response.headers.find("usher-propagation"), "pending");
    response = call("DELETE", "/adm/v1/accounts/account-1", "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"deletedCount":1})");
    EXPECT_TRUE(operations.account_changes.back().deletes);
    EXPECT_EQ(details(put("{}")), (std::vector<std::pair<std::string, int>>{{"status", 40011}}));
    EXPECT_EQ(details(put(R"({"status":"active"})")),
              (std::vector<std::pair<std::string, int>>{{"status", 40004}}));
    operations.account_changed = std::unexpected{flow::fail(FailureKind::account_ended)};
    expect_refused(put(R"({"status":"ACTIVE"})"), ErrorCode::account_ended);
    operations.account_changed = std::unexpected{flow::fail(FailureKind::account_not_there)};
    expect_refused(call("DELETE", "/adm/v1/accounts/account-1", ""), ErrorCode::account_not_there);
}

TEST_F(OpenTvTest, ShowsAnAccountAndWhatIsLeftToDoForIt) {
    operations.account_view =
        flow::AccountView{.account = {.id = domain::AccountId{"account-1"},
                                      .status = domain::AccountStatus::cancelled,
                                      .cascade = domain::Cascade{.asker = {.subject = "s"},
                                                                 .asked = 4,
                                                                 .due_at = base::Time{}}},
                          .live = 2,
                          .unsettled = 1};
    const auto response = call("GET", "/adm/v1/accounts/account-1", "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body,
              R"({"_id":"account-1","status":"CANCELLED","created":"1970-01-01T00:00:00.000Z",)"
              R"("modified":"1970-01-01T00:00:00.000Z","entitlements":{"live":2,"unsettled":1},)"
              R"("cascade":{"asks":"END","begun":"1970-01-01T00:00:00.000Z","by":"s","client":"",)"
              R"("correlationId":"","asked":4,"state":"going on",)"
              R"("next":"1970-01-01T00:00:00.000Z"}})");
}

TEST_F(OpenTvTest, RefusesAWrongAccount) {
    const auto post = [this](std::string body) {
        return call("POST", "/adm/v1/accounts", std::move(body));
    };
    EXPECT_EQ(details(post(R"({"_id":"a b","status":"GONE"})")),
              (std::vector<std::pair<std::string, int>>{{"_id", 40014}, {"status", 40004}}));
    EXPECT_EQ(operations.asked(), 0U);
    operations.account_answer = std::unexpected{flow::fail(FailureKind::id_taken)};
    expect_refused(post(R"({"_id":"a"})"), ErrorCode::id_taken);
}

}  // namespace
}  // namespace usher::api
