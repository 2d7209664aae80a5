#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

domain::Entitlement sample() {
    domain::Entitlement entitlement{.tenant = domain::TenantId{"demo"},
                                    .id = domain::EntitlementId{"ent-1"},
                                    .account = domain::AccountId{"account-1"},
                                    .product = domain::ProductId{"BANGO_US_MUSIC"}};
    entitlement.convergence.status = EntitlementStatus::active_ending;
    entitlement.convergence.partner_status = domain::PartnerStatus::active_ending;
    entitlement.version = 5;
    entitlement.created = *base::parse_time("2025-09-01T00:00:00Z");
    entitlement.modified = *base::parse_time("2025-09-02T00:00:00Z");
    return entitlement;
}

TEST_F(OpenTvTest, ReadsARecord) {
    auto entitlement = sample();
    entitlement.partner_id = domain::PartnerEntitlementId{"bango-9"};
    entitlement.reason = {"rc", "rk", "cc", "ck", "words"};
    entitlement.valid_from = base::parse_time("2025-09-01T00:00:00Z");
    entitlement.expiry_date = base::parse_time("2026-09-01T00:00:00Z");
    entitlement.ends_at = base::parse_time("2025-10-01T00:00:00Z");
    entitlement.activation = {.url = base::Secret{"https://partner.test/c4nary"},
                              .expiry = base::parse_time("2025-09-03T00:00:00Z")};
    entitlement.last_refusal = {.asked = EntitlementStatus::suspended,
                                .rejection = domain::Rejection::not_supported_by_partner,
                                .partner_code = "NOT_AVAILABLE",
                                .at = *base::parse_time("2025-09-02T00:00:00Z")};
    operations.found = entitlement;
    const auto response = call("GET", kUpdatePath, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "ETag"), "\"5\"");
    EXPECT_EQ(response.body.find("c4nary"), std::string::npos);
    const auto body = json(response);
    const std::vector<std::pair<std::string_view, std::string_view>> texts{
        {"_id", "ent-1"},
        {"entitlementId", "ent-1"},
        {"status", "ACTIVE-ENDING"},
        {"partnerStatus", "ACTIVE-ENDING"},
        {"partnerEntitlementId", "bango-9"},
        {"productId", "BANGO_US_MUSIC"},
        {"accountId", "account-1"},
        {"productType", "THIRDPARTY"},
        {"reasonCode", "rc"},
        {"reasonCategory", "rk"},
        {"cancelReasonCode", "cc"},
        {"cancelReasonCategory", "ck"},
        {"cancelReasonDescription", "words"},
        {"validFrom", "2025-09-01T00:00:00.000Z"},
        {"expiryDate", "2026-09-01T00:00:00.000Z"},
        {"endsAt", "2025-10-01T00:00:00.000Z"},
        {"activationUrlExpiry", "2025-09-03T00:00:00.000Z"},
        {"created", "2025-09-01T00:00:00.000Z"},
        {"modified", "2025-09-02T00:00:00.000Z"},
    };
    for (const auto& [name, text] : texts) EXPECT_EQ(body.at(name).as_string(), text) << name;
    EXPECT_EQ(body.at("version").to_number<int>(), 5);
    EXPECT_EQ(boost::json::serialize(body.at("lastRefusal")),
              R"({"asked":"SUSPENDED","errorCode":40053,"partnerCode":"NOT_AVAILABLE",)"
              R"("at":"2025-09-02T00:00:00.000Z"})");
    EXPECT_EQ(body.at("propagation").at("state").as_string(), "confirmed");
    EXPECT_EQ(body.at("propagation").at("attempts").to_number<int>(), 0);
    EXPECT_EQ(operations.reads.front(), std::pair(std::string{"demo"}, std::string{"ent-1"}));
}

TEST_F(OpenTvTest, LeavesOutWhatThereIsNotInARecord) {
    operations.found = sample();
    const auto body = json(call("GET", kUpdatePath, ""));
    for (const auto* name : {"partnerEntitlementId", "reasonCode", "validFrom", "expiryDate",
                             "endsAt", "activationUrlExpiry", "lastRefusal"}) {
        EXPECT_FALSE(body.contains(name)) << name;
    }
}

TEST_F(OpenTvTest, TellsWhyARecordCannotBeRead) {
    operations.found = std::optional<domain::Entitlement>{};
    expect_refused(call("GET", kUpdatePath, ""), ErrorCode::entitlement_unknown);
    operations.found = std::unexpected{flow::StoreError::damaged};
    expect_refused(call("GET", kUpdatePath, ""), ErrorCode::store_damaged);
    operations.found = std::unexpected{flow::StoreError::closed};
    expect_refused(call("GET", kUpdatePath, ""), ErrorCode::shutting_down);
}

}  // namespace
}  // namespace usher::api
