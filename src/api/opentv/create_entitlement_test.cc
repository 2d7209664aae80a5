// What reaches the product when an account buys, and what the caller reads.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

using std::chrono::milliseconds;

constexpr auto kCreateA =
    R"({"productType":"THIRDPARTY","productId":"P","accountId":"A","status":"PENDING"})";
constexpr auto kCreateB =
    R"({"productType":"THIRDPARTY","productId":"P","accountId":"A",)"
    R"("validFrom":"2025-09-01T13:47:59.228Z","expiryDate":"2026-09-01T13:47:59.228Z"})";

TEST_F(OpenTvTest, BuysInEditionA) {
    const auto response =
        create(R"({"productType":"THIRDPARTY","productId":"P","accountId":"A","status":"PENDING",)"
               R"("_id":"mine","reasonCode":"rc","reasonCategory":"rk"})",
               {}, "?prohibitDuplicateProductPurchase=true");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, R"({"_id":"ent-new","entitlementId":"ent-new","status":"ACTIVE"})");
    EXPECT_EQ(header(response, "ETag"), "\"2\"");
    EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
    EXPECT_EQ(header(response, "Location"), std::string{kCreatePath} + "/ent-new");
    ASSERT_EQ(operations.purchases.size(), 1U);
    const auto& asked = operations.purchases.front();
    EXPECT_EQ(asked.tenant.text(), "demo");
    EXPECT_EQ(asked.account.text(), "A");
    EXPECT_EQ(asked.product.text(), "P");
    EXPECT_EQ(asked.id->text(), "mine");
    EXPECT_EQ(asked.reason.code, "rc");
    EXPECT_EQ(asked.wait, milliseconds{2000});
    EXPECT_EQ(asked.asker.subject, "sub-portal");
    EXPECT_FALSE(asked.valid_from || asked.expiry_date);
}

TEST_F(OpenTvTest, BuysInEditionsBAndC) {
    const auto b = create(kCreateB, {{"nv-tenant-id", "demo_b"}});
    EXPECT_EQ(b.status, 200) << b.body;
    EXPECT_EQ(operations.purchases.front().valid_from,
              base::parse_time("2025-09-01T13:47:59.228Z"));
    EXPECT_EQ(operations.purchases.front().expiry_date,
              base::parse_time("2026-09-01T13:47:59.228Z"));
    EXPECT_EQ(create(kCreateB, {{"nv-tenant-id", "demo_c"}}).status, 200);
    operations.purchase_answer->status = EntitlementStatus::pending;
    EXPECT_EQ(create(kCreateB, {{"nv-tenant-id", "demo_c"}}).status, 202);
    EXPECT_EQ(create(kCreateB, {{"nv-tenant-id", "demo_b"}}).status, 200);
    operations.purchase_answer->status = EntitlementStatus::active;
    operations.purchase_answer->propagated = flow::Propagated::pending;
    EXPECT_EQ(create(kCreateB, {{"nv-tenant-id", "demo_c"}}).status, 202);
}

TEST_F(OpenTvTest, TellsTheCustomersStepInThePublishedForm) {
    auto& answer = *operations.purchase_answer;
    answer.status = EntitlementStatus::pending;
    answer.activation = {.url = base::Secret{"https://partner.test/activate/abc"},
                         .expiry = base::parse_time("2025-09-02T00:00:00Z")};
    testing::internal::CaptureStderr();
    const auto response = create(kCreateA);
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("activate/abc"), std::string::npos);
    EXPECT_EQ(response.status, 201);
    const auto body = json(response);
    EXPECT_EQ(body.at("status").as_string(), "PENDING");
    EXPECT_EQ(body.at("responseCode").as_string(), "201");
    EXPECT_EQ(body.at("responseMessage").as_string(), "Created");
    EXPECT_EQ(boost::json::serialize(body.at("parameters")),
              R"({"action":"NAVIGATE_TO_URL","url":"https://partner.test/activate/abc",)"
              R"("urlExpiry":"2025-09-02T00:00:00.000Z"})");
    const auto c = create(kCreateB, {{"nv-tenant-id", "demo_c"}});
    EXPECT_EQ(json(c).at("responseCode").as_string(), "202");
}

TEST_F(OpenTvTest, APurchaseNotAnsweredInTimeHasItsIdAndIsPending) {
    auto& answer = *operations.purchase_answer;
    answer.status = EntitlementStatus::pending;
    answer.propagated = flow::Propagated::pending;
    const auto response = create(kCreateA, {{"Prefer", "respond-async"}});
    EXPECT_EQ(response.body, R"({"_id":"ent-new","entitlementId":"ent-new","status":"PENDING"})");
    EXPECT_EQ(header(response, "usher-propagation"), "pending");
    EXPECT_EQ(header(response, "Preference-Applied"), "respond-async");
}

struct CreateCase {
    std::string tenant;
    std::string body;
    std::vector<std::pair<std::string, int>> details;
};

TEST_F(OpenTvTest, EachEditionHasItsMandatoryArguments) {
    const std::vector<CreateCase> cases{
        {"demo",
         "{}",
         {{"productType", 40011}, {"productId", 40011}, {"accountId", 40011}, {"status", 40011}}},
        {"demo_b",
         "{}",
         {{"productType", 40011},
          {"productId", 40011},
          {"accountId", 40011},
          {"validFrom", 40011},
          {"expiryDate", 40011}}},
        {"demo", kCreateB, {{"status", 40011}}},
        {"demo_c", kCreateA, {{"validFrom", 40011}, {"expiryDate", 40011}}},
        {"demo",
         R"({"productType":"SUBSCRIPTION","productId":"P","accountId":"A","status":"ACTIVE"})",
         {{"productType", 40017}, {"status", 40018}}},
        {"demo",
         R"({"productType":"THIRDPARTY","productId":"P","accountId":"A","status":"pending"})",
         {{"status", 40004}}},
        {"demo",
         R"({"productType":"THIRDPARTY","productId":"","accountId":9,"status":"PENDING"})",
         {{"productId", 40014}, {"accountId", 40012}}},
        {"demo",
         R"({"productType":"THIRDPARTY","productId":"P","accountId":"A","status":"PENDING",)"
         R"("validFrom":"2025-09-01","expiryDate":"2025-02-30T00:00:00Z","_id":"a/b"})",
         {{"validFrom", 40015}, {"expiryDate", 40015}, {"_id", 40014}}},
        {"demo_b",
         R"({"productType":"THIRDPARTY","productId":"P","accountId":"A",)"
         R"("validFrom":"2026-01-01T00:00:00Z","expiryDate":"2026-01-01T00:00:00Z"})",
         {{"expiryDate", 40016}}},
    };
    for (const auto& [tenant, body, wanted] : cases) {
        SCOPED_TRACE(tenant + body);
        const auto response = create(body, {{"nv-tenant-id", tenant}});
        EXPECT_EQ(response.status, 400);
        EXPECT_EQ(details(response), wanted);
    }
    EXPECT_EQ(operations.asked(), 0U);
}

TEST_F(OpenTvTest, EditionsAcceptEachOthersArguments) {
    const std::string both =
        R"({"productType":"THIRDPARTY","productId":"P","accountId":"A","status":"PENDING",)"
        R"("validFrom":"2025-09-01T13:47:59Z","expiryDate":"2026-09-01T13:47:59Z"})";
    EXPECT_EQ(create(both).status, 201);
    EXPECT_EQ(create(both, {{"nv-tenant-id", "demo_b"}}).status, 200);
}

TEST_F(OpenTvTest, ChecksTheQueryOfAPurchase) {
    for (const auto* good : {"=true", "=false"}) {
        const auto query = std::string{"?prohibitDuplicateProductPurchase"} + good;
        EXPECT_EQ(create(kCreateA, {}, query).status, 201);
    }
    for (const auto* bad : {"=", "=TRUE", "=1", ""}) {
        const auto query = std::string{"?prohibitDuplicateProductPurchase"} + bad;
        expect_refused(create(kCreateA, {}, query), ErrorCode::query_invalid);
    }
}

TEST_F(OpenTvTest, TellsWhyAPurchaseWasNotMade) {
    const std::vector<FailureCase> cases{
        {flow::fail(FailureKind::account_unknown), ErrorCode::account_unknown},
        {flow::fail(FailureKind::product_unknown), ErrorCode::product_unknown},
        {flow::fail(FailureKind::account_not_active), ErrorCode::account_not_active},
        {flow::fail(FailureKind::id_taken), ErrorCode::id_taken},
        {{.kind = FailureKind::rejected, .rejection = domain::Rejection::refused_by_partner},
         ErrorCode::refused_by_partner},
    };
    for (const auto& [failure, code] : cases) {
        operations.purchase_answer = std::unexpected{failure};
        expect_refused(create(kCreateA), code);
    }
    operations.purchase_answer = std::unexpected{flow::Failure{
        .kind = FailureKind::already_entitled, .existing = domain::EntitlementId{"ent-old"}}};
    const auto response = create(kCreateA);
    expect_refused(response, ErrorCode::already_entitled);
    EXPECT_NE(response.body.find("ent-old"), std::string::npos);
}

}  // namespace
}  // namespace usher::api
