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
