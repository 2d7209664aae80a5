#include "sandbox/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/partner_bench_test.h"

namespace usher::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

class ControlTest : public ::testing::Test {
  protected:
    http::Response send(const std::string& method, const std::string& target,
                        const std::string& body = "") {
        return control_.handle({.method = method, .target = target, .body = body}, bench_.now);
    }
    json::value get(const std::string& target) { return json::parse(send("GET", target).body); }

    testing::PartnerBench bench_;
    CrmLog crm_{2, &bench_.journal};
    Control control_{bench_.model, crm_};
};

TEST_F(ControlTest, ShowsWhatThePartnerHolds) {
    bench_.create("MUSIC");
    bench_.create("MUSIC_PREMIUM", "", "a b");
    const auto all = get("/sandbox/partner/entitlements");
    ASSERT_EQ(all.get_array().size(), 2U);
    EXPECT_EQ(all.at(0).at("effects"), json::parse(R"({"create":1})"));
    const auto one = get("/sandbox/partner/entitlements?customerIdentifier=a%20b");
    ASSERT_EQ(one.get_array().size(), 1U);
    EXPECT_EQ(one.at(0).at("productKey"), "MUSIC_PREMIUM");
    EXPECT_EQ(get("/sandbox/partner/calls").get_array().size(), 2U);
}

TEST_F(ControlTest, LaysDownTheDailyFileOfWhatHasNotEnded) {
    const auto file = [&] {
        const auto response = send("GET", "/sandbox/partner/reports/active.csv");
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.headers.find("Content-Type"), "text/csv; charset=utf-8");
        return response.body;
    };
    const std::string header =
        "ResellerCustomerId,BangoEntitlementId,Status,MerchantAccountKey,MerchantEntitlementId,"
        "ProductKey,DisplayName,CreatedDate,ActivatedDate,SuspendedDate,ExpiryDate,LastUpdated,"
        "EndDate,ExtensionDataFormat,ExtensionData\r\n";
    EXPECT_EQ(file(), header);
    const auto kept = bench_.create("MUSIC", "", "a, b").field("entitlementId");
    const auto ended = bench_.create("MUSIC").field("entitlementId");
    EXPECT_THAT(file(), HasSubstr(ended));
    send("POST", "/sandbox/partner/entitlements/" + ended + "/revoke");
    const auto text = file();
    EXPECT_THAT(text, HasSubstr("\"a, b\",\"" + kept +
                                "\",\"Pending\",\"BANGO_US\",\"merchant-1\",\"MUSIC\","));
    EXPECT_THAT(text, Not(HasSubstr(ended)));
    EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

TEST_F(ControlTest, MovesForTheCustomerAndTheMerchant) {
    const auto id = bench_.create("MUSIC").field("entitlementId");
    const auto path = "/sandbox/partner/entitlements/" + id;
    const auto activated = send("POST", path + "/activate");
    EXPECT_EQ(activated.status, 200);
    EXPECT_EQ(json::parse(activated.body).at("status"), "ACTIVE");
    EXPECT_EQ(send("POST", path + "/activate").status, 409);
    EXPECT_EQ(send("POST", path + "/fly").status, 404);
    EXPECT_EQ(send("POST", "/sandbox/partner/entitlements/x/cancel").status, 404);
    EXPECT_EQ(send("POST", path + "/change-product").status, 400);
    EXPECT_EQ(send("POST", path + "/change-product", R"({"productKey":"OPERA"})").status, 400);
    EXPECT_EQ(send("POST", path + "/change-product", R"({"productKey":"MUSIC_PREMIUM"})").status,
              200);
}

TEST_F(ControlTest, TakesAndShowsFaults) {
    const auto put = send("PUT", "/sandbox/partner/faults",
                          R"({"rules":[{"action":"cancel","effect":"refuse","times":1}]})");
    EXPECT_EQ(put.status, 200);
    EXPECT_EQ(get("/sandbox/partner/faults").at("rules").at(0).at("effect"), "refuse");
    const auto bad = send("PUT", "/sandbox/partner/faults",
                          R"({"rules":[{"action":"cancel","effect":"sing"}]})");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(json::parse(bad.body).at("details").at(0).at("field"), "rules[0].effect");
    EXPECT_EQ(send("PUT", "/sandbox/partner/faults", "{").status, 400);
    EXPECT_EQ(get("/sandbox/partner/faults").at("rules").get_array().size(), 1U);
    EXPECT_EQ(send("DELETE", "/sandbox/partner/faults").status, 200);
    EXPECT_EQ(get("/sandbox/partner/faults").at("rules").get_array().size(), 0U);
}

TEST_F(ControlTest, KeepsWhatTheCrmWasTold) {
    for (const auto* body : {"one", R"({"two":2})", "\xff"}) {
        crm_.add({.method = "POST",
                  .target = "/crm/events",
                  .headers = {{"webhook-id", "7"}},
                  .body = body},
                 bench_.now);
    }
    const auto received = get("/sandbox/crm/received");
    ASSERT_EQ(received.get_array().size(), 2U);
    EXPECT_EQ(received.at(0).at("body"), R"({"two":2})");
    EXPECT_EQ(received.at(0).at("headers").at("webhook-id"), "7");
    EXPECT_EQ(received.at(0).at("path"), "/crm/events");
    EXPECT_EQ(received.at(1).at("bodyBase64"), "/w==");

    CrmLog again{2, nullptr};
    for (const auto& [key, value] : bench_.rows()) {
        ASSERT_TRUE(key.first != Table::received || again.restore(key.second, value));
    }
    EXPECT_EQ(again.to_json(), received.get_array());
    EXPECT_EQ(send("DELETE", "/sandbox/crm/received").body, R"({"deletedCount":2})");
    EXPECT_EQ(get("/sandbox/crm/received").get_array().size(), 0U);
}

TEST_F(ControlTest, SaysWhatItDoesNotKnow) {
    EXPECT_EQ(send("GET", "/sandbox/elsewhere").status, 404);
    const auto wrong = send("PATCH", "/sandbox/partner/faults", "");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_THAT(std::string{wrong.headers.find("Allow").value_or("")}, HasSubstr("PUT"));
}

TEST_F(ControlTest, OpensActivationLinks) {
    const auto token = bench_.create("MUSIC").token();
    const auto open = [&](const std::string& method, std::string_view which) {
        return control_.open_link({.method = method}, which, bench_.now);
    };
    EXPECT_EQ(open("HEAD", token).status, 405);
    EXPECT_EQ(open("GET", "guess").status, 404);
    const auto page = open("GET", token);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<h1>Activated</h1>"));
    EXPECT_EQ(open("GET", token).status, 200);

    const auto late = bench_.create("MUSIC", "", "demo-account-2").token();
    bench_.now += std::chrono::hours{24};
    EXPECT_EQ(open("GET", late).status, 410);
}

}  // namespace
}  // namespace usher::sandbox
