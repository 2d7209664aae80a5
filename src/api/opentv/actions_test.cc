// The calls of the other door: what reaches the product, and what the caller reads.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

constexpr std::string_view kEntitlementPath = "/tpes/v1/operator/entitlements/ent-1";
constexpr std::string_view kReason =
    R"({"cancelReasonCategory":"REVOKED","cancelReasonCode":"FRAUD","reasonCode":"anything"})";

std::string action(std::string_view name) {
    return std::string{kEntitlementPath} + "/actions/" + std::string{name};
}

TEST_F(OpenTvTest, EachActionAsksForItsStatus) {
    struct Case {
        std::string method, name, body;
        EntitlementStatus status;
    };
    const std::vector<Case> cases{
        {"POST", "cancel", std::string{kReason}, EntitlementStatus::cancelled},
        {"PUT", "cancel", std::string{kReason}, EntitlementStatus::cancelled},
        {"POST", "revoke", std::string{kReason}, EntitlementStatus::revoked},
        {"POST", "suspend", "", EntitlementStatus::suspended},
        {"POST", "resume", R"({"productId":"P-1"})", EntitlementStatus::active}};
    for (const auto& [method, name, body, status] : cases) {
        operations.updates.clear();
        const auto response = call(method, action(name), body);
        EXPECT_EQ(response.status, 200) << name << response.body;
        EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
        EXPECT_EQ(header(response, "ETag"), "\"7\"");
        ASSERT_EQ(operations.updates.size(), 1U) << name;
        const auto& asked = operations.updates.front();
        EXPECT_EQ(asked.status, status);
        EXPECT_EQ(asked.entitlement.text(), "ent-1");
        EXPECT_EQ(asked.reason.cancel_code.value_or(""), domain::is_ended(status) ? "FRAUD" : "");
        EXPECT_EQ(asked.product, name == "resume" ? std::optional{domain::ProductId{"P-1"}}
                                                  : std::optional<domain::ProductId>{});
        EXPECT_EQ(asked.asker.subject, "sub-portal");
    }
}

TEST_F(OpenTvTest, AnActionIs202UntilThePartnerHasConfirmed) {
    operations.update_answer->propagated = flow::Propagated::pending;
    operations.update_answer->status = EntitlementStatus::suspended;
    operations.update_answer->partner_status = domain::PartnerStatus::active;
    for (const auto* tenant : {"demo", "demo_b", "demo_c"}) {
        const auto response = call("POST", action("suspend"), "", {{"nv-tenant-id", tenant}});
        EXPECT_EQ(response.status, 202);
        EXPECT_EQ(response.body,
                  R"({"entitlementId":"ent-1","status":"SUSPENDED","partnerStatus":"ACTIVE"})");
        EXPECT_EQ(header(response, "usher-propagation"), "pending");
    }
}

TEST_F(OpenTvTest, AnEndingNeedsAPublishedReason) {
    using Details = std::vector<std::pair<std::string, int>>;
    struct Case {
        std::string body;
        Details details;
    };
    const std::vector<Case> cases{
        {"{}", {{"cancelReasonCategory", 40011}, {"cancelReasonCode", 40011}}},
        {R"({"cancelReasonCategory":"REVOKED"})", {{"cancelReasonCode", 40011}}},
        {R"({"cancelReasonCode":"FRAUD"})", {{"cancelReasonCategory", 40011}}},
        {R"({"cancelReasonCategory":"CUSTOMER_CHANGED","cancelReasonCode":"FRAUD"})",
         {{"cancelReasonCode", 40023}}},
        {R"({"cancelReasonCategory":"BECAUSE","cancelReasonCode":"FRAUD"})",
         {{"cancelReasonCategory", 40023}}}};
    for (const auto* name : {"cancel", "revoke"}) {
        for (const auto& [body, wanted] : cases) {
            const auto response = call("POST", action(name), body);
            EXPECT_EQ(response.status, 400) << body;
            EXPECT_EQ(details(response), wanted) << body;
        }
    }
    EXPECT_TRUE(operations.updates.empty());
}

TEST_F(OpenTvTest, EveryPublishedPairIsAccepted) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> table{
        {"CUSTOMER_CANCELLED",
         {"NOT_RENEWED", "CUSTOMER_CANCELLED", "EXPIRED", "CHANGED_SERVICE",
          "SUBSCRIPTION_CANCELLED", "ADDON_CANCELLED", "OTHER"}},
        {"CUSTOMER_CHANGED", {"CUSTOMER_CANCELLED_BUNDLE", "CHANGED_SERVICE"}},
        {"ACTIVATION_ROLLBACK",
         {"FRAUD", "CUSTOMER_PAYMENT_DEFAULT", "FRAUD_CHECK", "MERCHANT_ACCOUNT_CHANGED"}},
        {"REVOKED",
         {"OTHER", "ROLLBACK_ERROR", "ROLLBACK_CONNECT_ERROR", "PRODUCT_NO_LONGER_AVAILABLE",
          "PARTNER_RETURN", "CUSTOMER_RETURN", "ACCOUNT_TERMINATED", "SUSPEND_TERMINATED", "ERROR",
          "FRAUD", "IMMEDIATE_CANCELLATION"}}};
    for (const auto& [category, codes] : table) {
        for (const auto& code : codes) {
            const auto body = fmt::format(
                R"({{"status":"REVOKED","cancelReasonCategory":"{}","cancelReasonCode":"{}"}})",
                category, code);
            EXPECT_EQ(call("POST", action("revoke"), body).status, 200) << body;
            EXPECT_EQ(update(body).status, 200) << body;
        }
    }
    EXPECT_EQ(operations.updates.size(), 48U);
}

TEST_F(OpenTvTest, OnTheStatusPathAReasonMayBeMissingButNotWrong) {
    const auto refused = [this](std::string_view fields) {
        return details(update(R"({"status":"CANCELLED",)" + std::string{fields} + "}"));
    };
    using Details = std::vector<std::pair<std::string, int>>;
    EXPECT_EQ(refused(R"("cancelReasonCode":"NO_SUCH")"), (Details{{"cancelReasonCode", 40023}}));
    EXPECT_EQ(refused(R"("cancelReasonCategory":"NO_SUCH")"),
              (Details{{"cancelReasonCategory", 40023}}));
    EXPECT_EQ(update(R"({"status":"CANCELLED","cancelReasonCode":"FRAUD"})").status, 200);
    EXPECT_EQ(update(R"({"status":"CANCELLED","reasonCode":"anything"})").status, 200);
}

TEST_F(OpenTvTest, AStrictTenantWantsAReasonWithEveryEnding) {
    options.tenants.front().strict_reasons = true;
    using Details = std::vector<std::pair<std::string, int>>;
    for (const auto* status : {"CANCELLED", "REVOKED", "UNSUBSCRIBED"}) {
        const auto start = R"({"status":")" + std::string{status} + '"';
        EXPECT_EQ(details(update(start + "}")),
                  (Details{{"cancelReasonCategory", 40011}, {"cancelReasonCode", 40011}}));
        EXPECT_EQ(update(start + R"(,"reasonCode":"a","reasonCategory":"b"})").status, 200);
        EXPECT_EQ(update(start + R"(,"cancelReasonCode":"FRAUD","cancelReasonCategory":"REVOKED"})")
                      .status,
                  200);
    }
    EXPECT_EQ(update(R"({"status":"SUSPENDED"})").status, 200);
}

TEST_F(OpenTvTest, ResumeNamesItsProduct) {
    const auto response = call("POST", action("resume"), "{}");
    expect_refused(response, ErrorCode::argument_missing);
    operations.update_answer = std::unexpected{flow::fail(FailureKind::product_mismatch)};
    expect_refused(call("POST", action("resume"), R"({"productId":"other"})"),
                   ErrorCode::product_mismatch);
}

TEST_F(OpenTvTest, SuspendLooksAtNoBody) {
    EXPECT_EQ(call("POST", action("suspend"), "no json", {{"Content-Type", "text/plain"}}).status,
              200);
}

TEST_F(OpenTvTest, GivesTheActivationInThePublishedForm) {
    operations.activation_answer->expiry = base::parse_time("2025-08-15T09:32:51.690Z");
    const auto response = call("GET", std::string{kEntitlementPath} + "/activationinfo", "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body,
              R"({"entitlementId":"ent-1","responseCode":"200","responseMessage":"OK",)"
              R"("parameters":{"action":"NAVIGATE_TO_URL",)"
              R"("url":"https://partner.example/activate/1",)"
              R"("urlExpiry":"2025-08-15T09:32:51.690Z"}})");
    ASSERT_EQ(operations.links_asked.size(), 1U);
    EXPECT_EQ(operations.links_asked[0].entitlement.text(), "ent-1");
    EXPECT_EQ(operations.links_asked[0].wait, std::chrono::seconds{10});
}

TEST_F(OpenTvTest, GivesTheRecoveryInThePublishedForm) {
    const auto response = call("POST", action("recover"), "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"recoveryUrl":"https://partner.example/recover/1"})");
}

TEST_F(OpenTvTest, WithoutALinkTheReasonIsTold) {
    for (const auto& [kind, code] :
         {std::pair{FailureKind::not_pending, ErrorCode::not_pending},
          std::pair{FailureKind::entitlement_unknown, ErrorCode::entitlement_unknown},
          std::pair{FailureKind::partner_unavailable, ErrorCode::partner_unavailable},
          std::pair{FailureKind::not_recoverable, ErrorCode::not_recoverable}}) {
        operations.activation_answer = std::unexpected{flow::fail(kind)};
        operations.recovery_answer = std::unexpected{flow::fail(kind)};
        expect_refused(call("GET", std::string{kEntitlementPath} + "/activationinfo", ""), code);
        expect_refused(call("POST", action("recover"), ""), code);
    }
}

TEST_F(OpenTvTest, TheOtherDoorSellsTheSame) {
    const auto response =
        call("POST", "/tpes/v1/operator/entitlements",
             R"({"productType":"THIRDPARTY","productId":"p","accountId":"a","status":"PENDING"})");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(header(response, "Location"),
              "/crm-gateway/v2/rmg/v1/entitlements/" + operations.purchase_answer->id.text());
    EXPECT_EQ(operations.purchases.size(), 1U);
}

TEST_F(OpenTvTest, MovesToAnotherProduct) {
    const auto post = [this](std::string body) {
        return call("POST", "/tpes/v1/operator/entitlements/ent-1/actions/changeProduct",
                    std::move(body));
    };
    auto response = post(R"({"productId":"M_NEW"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"entitlementId":"ent-1","productId":"M_NEW","status":"ACTIVE",)"
                             R"("partnerStatus":"ACTIVE"})");
    EXPECT_EQ(response.headers.find("ETag"), "\"7\"");
    ASSERT_EQ(operations.product_changes.size(), 1U);
    EXPECT_EQ(operations.product_changes[0].entitlement.text(), "ent-1");
    EXPECT_EQ(operations.product_changes[0].product.text(), "M_NEW");
    auto& answer = *operations.product_changed;
    answer.updated.propagated = flow::Propagated::pending;
    answer.product = domain::ProductId{"M_OLD"};
    response = post(R"({"productId":"M_NEW"})");
    EXPECT_EQ(response.status, 202);
    EXPECT_NE(response.body.find("M_OLD"), std::string::npos) << "as long as it has it";
    answer.updated = {.modified = true,
                      .propagated = flow::Propagated::confirmed,
                      .version = 8,
                      .status = domain::EntitlementStatus::pending,
                      .partner_status = domain::PartnerStatus::pending};
    answer.activation =
        domain::Activation{.url = base::Secret{"https://partner.example/a"}, .expiry = {}};
    response = post(R"({"productId":"M_NEW"})");
    EXPECT_EQ(response.status, 202) << "the customer must act";
    EXPECT_NE(response.body.find(R"("url":"https://partner.example/a")"), std::string::npos);
    EXPECT_EQ(details(post("{}")),
              (std::vector<std::pair<std::string, int>>{{"productId", 40011}}));
    operations.product_changed =
        std::unexpected{flow::fail(FailureKind::product_of_another_merchant)};
    expect_refused(post(R"({"productId":"N_P"})"), ErrorCode::product_of_another_merchant);
}

}  // namespace
}  // namespace usher::api
