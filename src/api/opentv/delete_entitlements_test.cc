// What reaches the product when the operator deletes, and what the caller reads.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

constexpr std::string_view kOfAccount = "/crm-gateway/v2/rmg/v1/entitlements/account/account-1";

TEST_F(OpenTvTest, DeletesAsPublished) {
    const auto response = call("DELETE", kUpdatePath, "", {{"If-Match", "\"6\""}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"deletedCount":1})");
    EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
    ASSERT_EQ(operations.updates.size(), 1U);
    const auto& asked = operations.updates.front();
    EXPECT_TRUE(asked.deletes);
    EXPECT_EQ(asked.entitlement.text(), "ent-1");
    EXPECT_EQ(asked.if_version, 6U);
    EXPECT_EQ(asked.wait, std::chrono::milliseconds{2000});
    EXPECT_EQ(asked.asker.subject, "sub-portal");
}

TEST_F(OpenTvTest, WhatIsNotDeletedSaysWhy) {
    operations.update_answer = std::unexpected{flow::fail(FailureKind::entitlement_unknown)};
    expect_refused(call("DELETE", kUpdatePath, ""), ErrorCode::entitlement_unknown);
    auto rejected = flow::fail(FailureKind::rejected);
    rejected.rejection = domain::Rejection::refused_by_partner;
    operations.update_answer = std::unexpected{rejected};
    expect_refused(call("DELETE", kUpdatePath, ""), ErrorCode::refused_by_partner);
}

TEST_F(OpenTvTest, DeletesAllOfAnAccount) {
    operations.deleted = flow::DeletedOfAccount{.deleted = 3};
    auto response = call("DELETE", kOfAccount, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"deletedCount":3})");
    EXPECT_EQ(header(response, "usher-propagation"), "confirmed");
    ASSERT_EQ(operations.account_deletions.size(), 1U);
    EXPECT_EQ(operations.account_deletions.front().account.text(), "account-1");
    EXPECT_EQ(operations.account_deletions.front().tenant.text(), "demo");

    auto rejected = flow::fail(FailureKind::rejected);
    rejected.rejection = domain::Rejection::not_supported_by_partner;
    operations.deleted->all_confirmed = false;
    operations.deleted->kept = {{domain::EntitlementId{"e-2"}, rejected}};
    response = call("DELETE", kOfAccount, "");
    EXPECT_EQ(response.body,
              R"({"deletedCount":3,"notDeleted":[{"_id":"e-2","errorCode":40053}]})");
    EXPECT_EQ(header(response, "usher-propagation"), "pending");
    operations.deleted = std::unexpected{flow::fail(flow::StoreError::not_writable)};
    expect_refused(call("DELETE", kOfAccount, ""), ErrorCode::store_not_writable);
}

TEST_F(OpenTvTest, WhatWasDeletedIsNotFound) {
    domain::Entitlement row{.id = domain::EntitlementId{"ent-1"}};
    operations.found = row;
    EXPECT_EQ(call("GET", kUpdatePath, "").status, 200);
    row.deleted_at = base::Time{};
    operations.found = row;
    expect_refused(call("GET", kUpdatePath, ""), ErrorCode::entitlement_unknown);
}

}  // namespace
}  // namespace usher::api
