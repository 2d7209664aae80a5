#include <boost/json/serialize.hpp>

#include "api/test_surface.h"

namespace usher::api {
namespace {

constexpr std::string_view kRows = "/admin/v1/comparisons/rows";
constexpr std::string_view kReads = "/admin/v1/comparisons/reads";
constexpr std::string_view kLines = "/admin/v1/comparisons";

class ComparisonsTest : public SurfaceTest {
  protected:
    http::Response ask(std::string_view method, std::string target,
                       const boost::json::object& body = {}, const std::string& user = "half") {
        http::Request request{.method = std::string{method}, .target = std::move(target)};
        request.headers.add("Authorization", "Bearer " + user);
        if (!body.empty()) {
            request.headers.add("Content-Type", "application/json");
            request.body = boost::json::serialize(body);
        }
        return send_admin(std::move(request));
    }
    void refused(std::string_view path, const boost::json::object& body, ErrorCode code,
                 std::string_view field) {
        const auto response = ask("POST", std::string{path}, body);
        EXPECT_EQ(error_code(response), number_of(code)) << response.body;
        const auto told = json(response).at("details").at(0).at("field").as_string();
        EXPECT_EQ(std::string_view{told}, field) << response.body;
    }

    static boost::json::object row() {
        return {{"partnerEntitlementId", "b-1"}, {"customerId", "demo-account-1"},
                {"status", "ACTIVE-ENDING"},     {"productKey", "MUSIC"},
                {"lastUpdated", kTime},          {"endsAt", kTime}};
    }
    static boost::json::object page(boost::json::array rows) {
        return {{"merchant", "BANGO_US"}, {"asOf", kTime}, {"rows", std::move(rows)}};
    }
    static boost::json::object line() {
        return {{"merchant", "BANGO_US"},
                {"file", "active.csv"},
                {"sha256", std::string(64, 'a')},
                {"asOf", kTime},
                {"reads", 1},
                {"counts", {{"equal", 2}, {"theirs_newer", 1}, {"unknown_there", 4}}}};
    }
    static boost::json::object with(boost::json::object body, std::string_view name,
                                    boost::json::value value) {
        body[name] = std::move(value);
        return body;
    }

    static constexpr const char* kTime = "2026-09-01T10:00:00Z";
};

TEST_F(ComparisonsTest, RowsAreComparedAndWhatIsEqualIsCountedAlone) {
    domain::Entitlement ours;
    ours.id = domain::EntitlementId{"ent-1"};
    ours.account = domain::AccountId{"account-1"};
    ours.partner_id = domain::PartnerEntitlementId{"b-1"};
    ours.version = 7;
    operations.row_findings =
        std::vector<flow::RowFinding>{{{flow::Finding::equal, false}, ours},
                                      {{flow::Finding::theirs_newer, true}, ours},
                                      {{flow::Finding::unknown_here, false}, std::nullopt}};
    const auto response = ask("POST", std::string{kRows}, page({row(), row(), row()}));
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(json(response).at("equal"), 1);
    const auto findings = json(response).at("findings").as_array();
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings.at(0).at("row"), 1);
    EXPECT_EQ(findings.at(0).at("finding"), "theirs_newer");
    EXPECT_EQ(findings.at(0).at("read"), true);
    EXPECT_EQ(findings.at(0).at("entitlementId"), "ent-1");
    EXPECT_EQ(findings.at(0).at("version"), 7);
    EXPECT_EQ(findings.at(1).at("row"), 2);
    EXPECT_FALSE(findings.at(1).as_object().contains("entitlementId"));

    ASSERT_EQ(operations.compared.size(), 1U);
    const auto& asked = operations.compared.at(0);
    EXPECT_EQ(asked.tenant.text(), "demo");
    EXPECT_EQ(asked.merchant.text(), "BANGO_US");
    EXPECT_EQ(asked.as_of, base::parse_time(kTime));
    const flow::FileRow expected{.id = domain::PartnerEntitlementId{"b-1"},
                                 .customer = domain::CustomerId{"demo-account-1"},
                                 .status = domain::PartnerStatus::active_ending,
                                 .product_key = domain::ProductKey{"MUSIC"},
                                 .last_updated = *base::parse_time(kTime),
                                 .ends_at = base::parse_time(kTime)};
    EXPECT_EQ(asked.rows, std::vector(3, expected));
}

TEST_F(ComparisonsTest, ARowThatIsWrongIsNamedAndNothingIsAsked) {
    refused(kRows, with(page({row()}), "merchant", nullptr), ErrorCode::argument_missing,
            "merchant");
    refused(kRows, with(page({row()}), "asOf", "today"), ErrorCode::date_malformed, "asOf");
    refused(kRows, page({}), ErrorCode::argument_invalid, "rows");
    refused(kRows, page(boost::json::array(501, row())), ErrorCode::argument_invalid, "rows");
    refused(kRows, with(page({}), "rows", "none"), ErrorCode::argument_of_wrong_type, "rows");
    refused(kRows, with(page({}), "rows", nullptr), ErrorCode::argument_missing, "rows");
    refused(kRows, page({row(), 5}), ErrorCode::argument_of_wrong_type, "rows[1]");
    const auto wrong = [&](std::string_view name, boost::json::value value, ErrorCode code) {
        refused(kRows, page({row(), with(row(), name, std::move(value))}), code,
                "rows[1]." + std::string{name});
    };
    wrong("partnerEntitlementId", "", ErrorCode::argument_invalid);
    wrong("customerId", boost::json::string(257, 'x'), ErrorCode::argument_invalid);
    wrong("status", "NONE", ErrorCode::status_unknown);
    wrong("status", "FAILED", ErrorCode::status_unknown);
    wrong("productKey", nullptr, ErrorCode::argument_missing);
    wrong("lastUpdated", nullptr, ErrorCode::argument_missing);
    wrong("endsAt", "23/11/2026 10:00:00", ErrorCode::date_malformed);
    wrong("repeated", "yes", ErrorCode::argument_of_wrong_type);
    EXPECT_TRUE(operations.compared.empty());
}

TEST_F(ComparisonsTest, WhatTheFileMustHaveIsListed) {
    domain::Entitlement ours;
    ours.id = domain::EntitlementId{"ent-1"};
    ours.partner_id = domain::PartnerEntitlementId{"b-1"};
    operations.held_page = flow::HeldPage{.held = {{{flow::Finding::unknown_there, true}, ours}},
                                          .next = domain::EntitlementId{"ent-9"}};
    const std::string path = "/admin/v1/comparisons/held?merchant=M&asOf=2026-09-01T10:00:00Z";
    const auto response = ask("GET", path + "&allStatuses=true&after=ent-0&limit=7");
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(json(response).at("next"), "ent-9");
    EXPECT_EQ(json(response).at("held").at(0).at("partnerEntitlementId"), "b-1");
    EXPECT_EQ(json(response).at("held").at(0).at("finding"), "unknown_there");
    const auto& asked = operations.lists_asked.at(0);
    EXPECT_EQ(asked.after.text(), "ent-0");
    EXPECT_TRUE(asked.all_statuses);
    EXPECT_EQ(asked.limit, 7U);
    EXPECT_EQ(asked.merchant.text(), "M");

    for (const auto* query :
         {"?asOf=2026-09-01T10:00:00Z", "?merchant=M", "?merchant=M&asOf=now"}) {
        const auto wrong = ask("GET", "/admin/v1/comparisons/held" + std::string{query});
        EXPECT_EQ(error_code(wrong), number_of(ErrorCode::query_invalid)) << query;
    }
    for (const auto* query :
         {"&allStatuses=1", "&after=a%20b", "&limit=0", "&limit=501", "&limit=1x"}) {
        EXPECT_EQ(error_code(ask("GET", path + query)), number_of(ErrorCode::query_invalid));
    }
    EXPECT_EQ(operations.lists_asked.size(), 1U);
}

TEST_F(ComparisonsTest, ReadsAreAskedForWithTheVersionThatWasCompared) {
    const auto asking = [](boost::json::array list) {
        return boost::json::object{{"entitlements", std::move(list)}};
    };
    const boost::json::object one{{"entitlementId", "ent-1"}, {"version", 7}};
    const auto response = ask("POST", std::string{kReads}, asking({one}));
    EXPECT_EQ(response.body, R"({"due":1})");
    ASSERT_EQ(operations.reads_asked.size(), 1U);
    EXPECT_EQ(operations.reads_asked.at(0).first, "demo");
    EXPECT_EQ(operations.reads_asked.at(0).second.at(0).entitlement.text(), "ent-1");
    EXPECT_EQ(operations.reads_asked.at(0).second.at(0).version, 7U);
    refused(kReads, asking({with(one, "version", -1)}), ErrorCode::argument_of_wrong_type,
            "entitlements[0].version");
    refused(kReads, asking({with(one, "entitlementId", "a b")}), ErrorCode::id_malformed,
            "entitlements[0].entitlementId");
    refused(kReads, asking({with(one, "version", nullptr)}), ErrorCode::argument_missing,
            "entitlements[0].version");
    EXPECT_EQ(operations.reads_asked.size(), 1U);
}

TEST_F(ComparisonsTest, ALineSaysWhoComparedWhat) {
    const auto response = ask("POST", std::string{kLines}, line());
    ASSERT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(json(response).at("differences"), 5);
    EXPECT_EQ(json(response).at("signedOff"), false);
    const auto& written = operations.lines.at(0);
    EXPECT_EQ(written.tenant.text(), "demo");
    EXPECT_EQ(written.by, "half");
    EXPECT_EQ(written.subject, "sub-half");
    EXPECT_EQ(written.rows, 3U) << "what the file lacks is no row of it";
    EXPECT_EQ(flow::to_text(written.counts), "equal=2 theirs_newer=1 unknown_there=4");
    const auto agreed = with(line(), "counts", {{"equal", 2.0}, {"ours_newer", 1}});
    EXPECT_EQ(json(ask("POST", std::string{kLines}, agreed)).at("signedOff"), true);
}

TEST_F(ComparisonsTest, ALineThatSaysTooLittleIsRefused) {
    refused(kLines, with(line(), "reads", 2.5), ErrorCode::argument_of_wrong_type, "reads");
    refused(kLines, with(line(), "reads", "1"), ErrorCode::argument_of_wrong_type, "reads");
    refused(kLines, with(line(), "reads", 1e300), ErrorCode::argument_of_wrong_type, "reads");
    refused(kLines, with(line(), "reads", nullptr), ErrorCode::argument_missing, "reads");
    refused(kLines, with(line(), "counts", {{"equal", 1'000'000'000'001}}),
            ErrorCode::argument_of_wrong_type, "counts.equal");
    refused(kLines, with(line(), "counts", {{"odd", 3}}), ErrorCode::argument_invalid, "counts");
    refused(kLines, with(line(), "counts", {{"equal", "3"}}), ErrorCode::argument_of_wrong_type,
            "counts.equal");
    refused(kLines, with(line(), "counts", 3), ErrorCode::argument_of_wrong_type, "counts");
    refused(kLines, with(line(), "counts", nullptr), ErrorCode::argument_missing, "counts");
    refused(kLines, with(line(), "sha256", boost::json::string(64, 'A')),
            ErrorCode::argument_invalid, "sha256");
    refused(kLines, with(line(), "file", ""), ErrorCode::argument_invalid, "file");
    EXPECT_TRUE(operations.lines.empty());
}

TEST_F(ComparisonsTest, TheNewestLinesAreToldByMerchant) {
    flow::Comparison differed{.merchant = domain::MerchantId{"A"}};
    differed.counts.at(flow::index_of(flow::Finding::unknown_here)) = 2;
    const flow::Comparison agreed{.merchant = domain::MerchantId{"A"}};
    const flow::Comparison other{.merchant = domain::MerchantId{"B"}};
    operations.lines = {differed, agreed, other};
    const auto told = json(ask("GET", "/admin/v1/comparisons/latest")).at("comparisons").as_array();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told.at(0).at("merchant"), "A");
    EXPECT_EQ(told.at(0).at("differed").at("differences"), 2);
    EXPECT_EQ(told.at(0).at("agreed").at("signedOff"), true);
    EXPECT_FALSE(told.at(1).as_object().contains("differed"));
}

TEST_F(ComparisonsTest, AStoreInTroubleIsSaid) {
    operations.row_findings = std::unexpected{flow::StoreError::overloaded};
    EXPECT_EQ(ask("POST", std::string{kRows}, page({row()})).status, 503);
    operations.held_page = std::unexpected{flow::StoreError::damaged};
    EXPECT_EQ(ask("GET", "/admin/v1/comparisons/held?merchant=M&asOf=2026-09-01T10:00:00Z").status,
              500);
}

}  // namespace
}  // namespace usher::api
