// What is sent, byte for byte.
#include "partner/bango/codec.h"

#include <gtest/gtest.h>

#include "partner/bango/test_values.h"

namespace usher::partner::bango {
namespace {

using domain::PartnerAction;
using domain::PartnerStatus;

Codec codec(std::string public_url = "https://usher.example/") {
    return Codec{Paths{}, Values{}, std::move(public_url)};
}

TEST(Act, CreateCarriesOurIdAndWhereToReport) {
    auto entitlement = an_entitlement(PartnerStatus::none);
    EXPECT_EQ(codec().act(entitlement, PartnerAction::create),
              (WireRequest{"POST", "/v1/entitlement",
                           R"({"customerIdentifier":"demo-account-1",)"
                           R"("merchantAccountKey":"BANGO_US","productKey":"MUSIC",)"
                           R"("externalEntitlementId":"ent-1",)"
                           R"("notificationUrl":)"
                           R"("https://usher.example/bango/v1/reports/demo/ent-1"})"}));
    entitlement.expiry_date = base::parse_time("2027-01-31T23:59:59Z");
    EXPECT_EQ(codec("").act(entitlement, PartnerAction::create).body,
              R"({"customerIdentifier":"demo-account-1",)"
              R"("merchantAccountKey":"BANGO_US","productKey":"MUSIC",)"
              R"("externalEntitlementId":"ent-1","dateExpiry":"2027-01-31T23:59:59.000Z"})");
}

TEST(Act, PatchesNameTheEntitlementInTheBody) {
    const auto entitlement = an_entitlement(PartnerStatus::active);
    EXPECT_EQ(codec().act(entitlement, PartnerAction::suspend),
              (WireRequest{"PATCH", "/v1/entitlement",
                           R"({"entitlementId":"b-77","entitlementBenefits":"SUSPENDED"})"}));
    EXPECT_EQ(codec().act(entitlement, PartnerAction::resume),
              (WireRequest{"PATCH", "/v1/entitlement",
                           R"({"entitlementId":"b-77","entitlementBenefits":"NORMAL"})"}));
    EXPECT_EQ(codec().act(entitlement, PartnerAction::undo_cancel),
              (WireRequest{"PATCH", "/v1/entitlement",
                           R"({"entitlementId":"b-77","entitlementBenefits":"NORMAL"})"}));
}

TEST(Act, EndingsAlwaysCarryCategoryAndCode) {
    auto entitlement = an_entitlement(PartnerStatus::active);
    EXPECT_EQ(codec().act(entitlement, PartnerAction::cancel),
              (WireRequest{"POST", "/v1/entitlement/cancel/b-77",
                           R"({"cancelReasonCategory":"CUSTOMER_CANCELLED",)"
                           R"("cancelReasonCode":"OTHER"})"}));
    entitlement.reason.cancel_description = "said \"no\"";
    EXPECT_EQ(codec().act(entitlement, PartnerAction::revoke),
              (WireRequest{"POST", "/v1/entitlement/revoke/b-77",
                           R"({"cancelReasonCategory":"REVOKED","cancelReasonCode":"OTHER",)"
                           R"("cancelReasonDescription":"said \"no\""})"}));
}

TEST(Act, TakesPathsAndWordsFromTheSettings) {
    const Codec other{
        Paths{.update = "/v2/e/{id}", .cancel = "/v2/end?id={id}"},
        Values{.suspend_benefits = "NONE", .undo_field = "status", .undo_value = "ACTIVE"}, ""};
    auto entitlement = an_entitlement(PartnerStatus::active);
    entitlement.partner_id = domain::PartnerEntitlementId{"a/b c"};
    const auto suspend = other.act(entitlement, PartnerAction::suspend);
    EXPECT_EQ(suspend.path, "/v2/e/a%2Fb%20c");
    EXPECT_EQ(suspend.body, R"({"entitlementId":"a/b c","entitlementBenefits":"NONE"})");
    EXPECT_EQ(other.act(entitlement, PartnerAction::undo_cancel).body,
              R"({"entitlementId":"a/b c","status":"ACTIVE"})");
    EXPECT_EQ(other.act(entitlement, PartnerAction::cancel).path, "/v2/end?id=a%2Fb%20c");
}

TEST(Act, ChangesTheProduct) {
    auto entitlement = an_entitlement(PartnerStatus::active);
    entitlement.wanted_product_key = domain::ProductKey{"MORE"};
    EXPECT_EQ(codec().act(entitlement, PartnerAction::change_product),
              (WireRequest{"PATCH", "/v1/entitlement",
                           R"({"entitlementId":"b-77","productKey":"MORE"})"}));
}

TEST(Read, GoesByTheIdWhenThereIsOne) {
    EXPECT_EQ(codec().read(an_entitlement(PartnerStatus::active)),
              (WireRequest{"GET", "/v1/entitlement/b-77", ""}));
    EXPECT_EQ(codec().read(an_entitlement(PartnerStatus::none)),
              (WireRequest{
                  "POST", "/v1/entitlement/report",
                  R"({"customerIdentifier":"demo-account-1","productKey":null,"status":null})"}));
}

TEST(Read, AsksForActivationAndEcho) {
    EXPECT_EQ(codec().activation(an_entitlement(PartnerStatus::pending)),
              (WireRequest{"GET", "/v1/entitlement/b-77/activationInfo", ""}));
    EXPECT_EQ(codec().echo("a b"), (WireRequest{"GET", "/v1/echo/a%20b", ""}));
}

TEST(NotificationUrl, EncodesTheIds) {
    auto entitlement = an_entitlement(PartnerStatus::none);
    entitlement.tenant = domain::TenantId{"a/b"};
    entitlement.id = domain::EntitlementId{"x?y"};
    EXPECT_EQ(codec("http://h:1//").notification_url(entitlement),
              "http://h:1/bango/v1/reports/a%2Fb/x%3Fy");
    EXPECT_EQ(codec("").notification_url(entitlement), "");
}

}  // namespace
}  // namespace usher::partner::bango
