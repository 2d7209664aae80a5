// Tenants under another one: what reaches the product, and who may ask.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

constexpr std::string_view kTenants = "/rmg/v1/admin/tenants";

class TenantsTest : public OpenTvTest {
  protected:
    TenantsTest() {
        add_user("primary", {"primaryTenantRole"}, {"demo"});
        add_user("sub", {"operatorRole", "adminRole", "primaryTenantRole"}, {"demo_one"});
    }

    http::Response ask(std::string_view method, std::string_view path, std::string body = {},
                       const std::string& user = "primary") {
        return send(
            {.method = std::string{method},
             .target = std::string{path},
             .headers = {{"Authorization", "Bearer " + user}, {"Content-Type", "application/json"}},
             .body = std::move(body)});
    }
    http::Response ask_admin(std::string_view method, std::string body = {},
                             const std::string& user = "sub") {
        return send_admin(
            {.method = std::string{method},
             .target = "/admin/v1/tenant",
             .headers = {{"Authorization", "Bearer " + user}, {"Content-Type", "application/json"}},
             .body = std::move(body)});
    }
    void add_one(bool enabled = true) {
        added->take({{.id = domain::TenantId{"demo_one"},
                      .primary = domain::TenantId{"demo"},
                      .enabled = enabled,
                      .settings = {.edition = "B", .wait = std::chrono::milliseconds{700}}}});
    }
};

TEST_F(TenantsTest, OneIsAddedUnderItsPrimaryAndTakesItsSettings) {
    options.tenants.at(0).strict_reasons = true;
    const auto response = ask("POST", kTenants, R"({"_id":"demo_one","status":"DISABLED"})");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, R"({"_id":"demo_one"})");
    ASSERT_EQ(operations.tenants_added.size(), 1U);
    const auto& tenant = operations.tenants_added.at(0).tenant;
    EXPECT_EQ(tenant.primary.text(), "demo");
    EXPECT_FALSE(tenant.enabled);
    EXPECT_EQ(tenant.settings.edition, "A");
    EXPECT_TRUE(tenant.settings.strict_reasons);
    EXPECT_EQ(tenant.settings.wait, std::chrono::milliseconds{2000});
    EXPECT_EQ(operations.tenants_added.at(0).asker.subject, "sub-primary");
}

TEST_F(TenantsTest, OnlyThePrimaryRoleWithinItsTenantMay) {
    const std::string body = R"({"_id":"demo_one"})";
    expect_refused(ask("POST", kTenants, body, "portal"), ErrorCode::role_missing);
    expect_refused(ask("POST", kTenants, body, "admin"), ErrorCode::role_missing);
    add_user("other", {"primaryTenantRole"}, {"elsewhere"});
    expect_refused(ask("POST", kTenants, body, "other"), ErrorCode::tenant_unknown);
    EXPECT_TRUE(operations.tenants_added.empty());
}

TEST_F(TenantsTest, ItsNameSaysWhoseItIs) {
    for (const auto* id : {"one", "demo", "demo_", "second_one"}) {
        const auto body = R"({"_id":")" + std::string{id} + R"("})";
        expect_refused(ask("POST", kTenants, body), ErrorCode::sub_tenant_misnamed);
    }
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_a b"})"), ErrorCode::id_malformed);
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_b"})"), ErrorCode::id_taken);
    expect_refused(ask("POST", kTenants, "{}"), ErrorCode::argument_missing);
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_x","status":"OPEN"})"),
                   ErrorCode::status_unknown);
    EXPECT_TRUE(operations.tenants_added.empty());
}

TEST_F(TenantsTest, NoneIsAddedWhereCallersOrCustomersAreNotToldApart) {
    options.tenant_claim.clear();
    options.tenants.resize(1);
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_one"})"), ErrorCode::tenants_not_apart);
    options.any_tenant = true;
    EXPECT_EQ(ask("POST", kTenants, R"({"_id":"demo_one"})").status, 201);
    options.customers_apart = false;
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_one"})"), ErrorCode::tenants_not_apart);
}

TEST_F(TenantsTest, WhatWasAddedIsServedInItsOwnWay) {
    expect_refused(ask("GET", kUpdatePath, {}, "sub"), ErrorCode::tenant_unknown);
    add_one();
    operations.update_answer->propagated = flow::Propagated::pending;
    const auto response = ask("PUT", kUpdatePath, R"({"status":"ACTIVE"})", "sub");
    EXPECT_EQ(response.status, 202) << "edition B";
    EXPECT_EQ(operations.updates.at(0).tenant.text(), "demo_one");
    EXPECT_EQ(operations.updates.at(0).wait, std::chrono::milliseconds{700});
    // The primary's token is not for it.
    const auto other =
        send({.method = "GET",
              .target = std::string{kUpdatePath},
              .headers = {{"Authorization", "Bearer portal"}, {"nv-tenant-id", "demo_one"}}});
    expect_refused(other, ErrorCode::tenant_unknown);
}

TEST_F(TenantsTest, OneThatIsDisabledIsToldSo) {
    add_one(false);
    expect_refused(ask("GET", kUpdatePath, {}, "sub"), ErrorCode::tenant_disabled);
}

TEST_F(TenantsTest, OneThatWasAddedHasNoneUnderIt) {
    add_one();
    expect_refused(ask("POST", kTenants, R"({"_id":"demo_one_two"})", "sub"),
                   ErrorCode::tenant_not_primary);
    expect_refused(ask("GET", kTenants, {}, "sub"), ErrorCode::tenant_not_primary);
    expect_refused(ask("PUT", "/rmg/v1/admin/tenants/x", R"({"status":"ENABLED"})", "sub"),
                   ErrorCode::tenant_not_primary);
}

TEST_F(TenantsTest, AllOfAPrimaryAreListedAndOneIsChanged) {
    operations.sub_tenants = {{.id = domain::TenantId{"demo_one"},
                               .primary = domain::TenantId{"demo"},
                               .settings = {.edition = "C"}}};
    const auto listed = json(ask("GET", kTenants));
    EXPECT_EQ(listed.at("totalRecords").as_int64(), 1);
    EXPECT_EQ(listed.at("resourceSet").at(0).at("status").as_string(), "ENABLED");
    const auto changed = ask("PUT", "/rmg/v1/admin/tenants/demo_one", R"({"status":"DISABLED"})");
    EXPECT_EQ(changed.body, R"({"matchedCount":1,"modifiedCount":1})");
    ASSERT_EQ(operations.tenants_changed.size(), 1U);
    EXPECT_EQ(operations.tenants_changed.at(0).enabled, false);
    EXPECT_FALSE(operations.tenants_changed.at(0).settings);
    operations.tenant_modified = std::unexpected{flow::fail(FailureKind::sub_tenant_unknown)};
    expect_refused(ask("PUT", "/rmg/v1/admin/tenants/demo_no", R"({"status":"ENABLED"})"),
                   ErrorCode::sub_tenant_unknown);
}

TEST_F(TenantsTest, SettingsOfOneThatWasAddedAreChangedWithAReason) {
    add_one();
    operations.tenant_changes = {{.tenant = domain::TenantId{"demo_one"},
                                  .asker = {.subject = "ann"},
                                  .what = "edition A to B",
                                  .why = "as agreed"}};
    const auto told = json(ask_admin("GET"));
    EXPECT_EQ(told.at("edition").as_string(), "B");
    EXPECT_EQ(told.at("waitMs").as_int64(), 700);
    EXPECT_EQ(told.at("source").as_string(), "added");
    EXPECT_EQ(told.at("changes").at(0).at("reason").as_string(), "as agreed");
    const auto body = R"({"edition":"C","waitMs":100,"strictReasons":true,"reason":"new portal"})";
    EXPECT_EQ(ask_admin("PUT", body).status, 200);
    ASSERT_EQ(operations.tenants_changed.size(), 1U);
    const auto& change = operations.tenants_changed.at(0);
    EXPECT_EQ(change.primary.text(), "demo");
    EXPECT_EQ(change.settings->edition, "C");
    EXPECT_EQ(change.settings->wait, std::chrono::milliseconds{100});
    EXPECT_TRUE(change.settings->strict_reasons);
    EXPECT_FALSE(change.settings->suspend_with_account);
    EXPECT_EQ(change.why, "new portal");
}

TEST_F(TenantsTest, WrongSettingsAreNamedAllAtOnce) {
    add_one();
    const auto refused = ask_admin(
        "PUT", R"({"edition":"D","waitMs":-1,"strictReasons":"yes","suspendWithAccount":1})");
    EXPECT_EQ(details(refused),
              (std::vector<std::pair<std::string, int>>{{"edition", 40013},
                                                        {"waitMs", 40013},
                                                        {"strictReasons", 40012},
                                                        {"suspendWithAccount", 40012},
                                                        {"reason", 40011}}));
    expect_refused(ask_admin("PUT", R"({"waitMs":"1","reason":"r"})"),
                   ErrorCode::argument_of_wrong_type);
    expect_refused(ask_admin("PUT", R"({"edition":"C","reason":"r"})", "half"),
                   ErrorCode::tenant_in_settings);
    EXPECT_EQ(json(ask_admin("GET", {}, "half")).at("source").as_string(), "settings");
    EXPECT_TRUE(operations.tenants_changed.empty());
}

}  // namespace
}  // namespace usher::api
