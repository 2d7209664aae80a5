// What is asked of the store for a list, and what the caller reads.
#include "api/opentv/list_filter.h"
#include "api/opentv/list_query.h"
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

using opentv::parse_filter;

constexpr std::string_view kListPath = "/crm-gateway/v1/rmg/v1/entitlements";

domain::Entitlement a_row(const std::string& id = "e-1") {
    domain::Entitlement row{.id = domain::EntitlementId{id},
                            .account = domain::AccountId{"a-1"},
                            .product = domain::ProductId{"p-1"}};
    row.convergence.status = EntitlementStatus::active;
    row.convergence.partner_status = domain::PartnerStatus::active;
    row.version = 5;
    row.valid_from = *base::parse_time("2026-01-01T00:00:00Z");
    row.reason.code = "because";
    return row;
}

class ListTest : public OpenTvTest {
  protected:
    http::Response list(std::string query) {
        return call("GET", std::string{kListPath} + std::move(query), "");
    }
    std::string problem_of(std::string query) {
        const auto response = list(std::move(query));
        expect_refused(response, ErrorCode::query_invalid);
        return std::string{json(response).at("details").as_array().at(0).at("problem").as_string()};
    }
};

TEST(Filter, HoldsForWhatItSays) {
    const std::vector<std::pair<std::string, bool>> cases{
        {"{}", true},
        {R"({"_id":"e-1"})", true},
        {R"({"entitlementId":"e-2"})", false},
        {R"({"accountId":"a-1","productId":"p-1"})", true},
        {R"({"accountId":"a-1","productId":"p-2"})", false},
        {R"({"productType": "THIRDPARTY"})", true},
        {R"({"productType":"SUBSCRIPTION"})", false},
        {R"({"productType":{"$ne":"SUBSCRIPTION"}})", true},
        {R"({"productType":{"$in":["FREE","THIRDPARTY"]}})", true},
        {R"({"productType":{"$exists":false}})", false},
        {R"({"status":{"$in":["ACTIVE","PENDING"]}})", true},
        {R"({"status":{"$nin":["ACTIVE","PENDING"]}})", false},
        {R"({"status":{"$ne":"CANCELLED"}})", true},
        {R"({"version":{"$gt":4,"$lt":6}})", true},
        {R"({"version":{"$gte":6}})", false},
        {R"({"version":{"$lte":5}})", true},
        {R"({"validFrom":{"$gt":"2025-12-31T23:59:59.999Z"}})", true},
        {R"({"validFrom":{"$lt":"2026-01-01T00:00:00Z"}})", false},
        {R"({"expiryDate":{"$exists":false}})", true},
        {R"({"expiryDate":null})", true},
        {R"({"expiryDate":{"$ne":null}})", false},
        {R"({"expiryDate":{"$gt":"2020-01-01T00:00:00Z"}})", false},
        {R"({"expiryDate":{"$ne":"2020-01-01T00:00:00Z"}})", true},
        {R"({"reasonCode":{"$in":[null,"x"]}})", false},
        {R"({"reasonCategory":{"$in":[null,"x"]}})", true},
        {R"({"reasonCategory":{"$nin":[null,"x"]}})", false},
        {R"({"reasonCode":{"$nin":[null,"x"]}})", true},
        {R"({"$or":[{"accountId":"nobody"},{"reasonCode":"because"}]})", true},
        {R"({"$or":[{"accountId":"nobody"},{"$and":[{"version":5},{"version":6}]}]})", false},
        {R"({"$and":[{"accountId":"a-1"},{"$or":[{"version":1},{"version":5}]}],"version":5})",
         true},
    };
    for (const auto& [text, holds] : cases) {
        const auto filter = parse_filter(text);
        ASSERT_TRUE(filter) << text << ": " << filter.error();
        EXPECT_EQ(flow::matches(*filter, a_row()), holds) << text;
    }
}

TEST(Filter, SaysWhereItIsWrongAndRepeatsNoValue) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "must be a JSON object"},
        {"[]", "must be a JSON object"},
        {R"({"a":1,"a":2})", "must be a JSON object"},
        {R"({"nothing":"c4nary"})", "nothing: is no field"},
        {R"({"c4nary c4nary":1})", "a name: is no field"},
        {R"({"$where":"c4nary"})", "$where: is no operator"},
        {R"({"$or":{}})", "$or: must be a list"},
        {R"({"$and":[]})", "$and: must be a list"},
        {R"({"$or":["c4nary"]})", "$or: must be a list"},
        {R"({"accountId":5})", "accountId: must be compared with a string"},
        {R"({"accountId":["c4nary"]})", "accountId: must be compared with a string"},
        {R"({"accountId":{"$regex":"c4nary"}})", "accountId: has an operator"},
        {R"({"accountId":{}})", "accountId: needs an operator"},
        {R"({"accountId":{"$in":"c4nary"}})", "accountId: $in and $nin"},
        {R"({"accountId":{"$in":[["c4nary"]]}})", "accountId: must be compared"},
        {R"({"accountId":{"$exists":"yes"}})", "accountId: $exists"},
        {R"({"status":"c4nary"})", "status: must be compared with one of the published words"},
        {R"({"validFrom":"c4nary"})", "validFrom: must be compared with a date-time"},
        {R"({"version":"5"})", "version: must be compared with a whole number"},
        {R"({"version":{"$gt":null}})", "version: must be compared with a whole number"},
        {R"({"productType":7})", "productType: must be compared with a string"}};
    for (const auto& [text, start] : cases) {
        const auto filter = parse_filter(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_TRUE(filter.error().starts_with(start)) << text << ": " << filter.error();
        EXPECT_EQ(filter.error().find("c4nary"), std::string::npos) << filter.error();
    }
}

TEST(Filter, IsBounded) {
    const auto repeated = [](std::size_t times, const std::string& part) {
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += (i > 0 ? "," : "") + part;
        return text;
    };
    EXPECT_TRUE(parse_filter("{\"$or\":[" + repeated(50, R"({"version":1})") + "]}"));
    EXPECT_FALSE(parse_filter("{\"$or\":[" + repeated(51, R"({"version":1})") + "]}"));
    EXPECT_TRUE(parse_filter("{\"version\":{\"$in\":[" + repeated(200, "1") + "]}}"));
    EXPECT_FALSE(parse_filter("{\"version\":{\"$in\":[" + repeated(201, "1") + "]}}"));
}

TEST_F(ListTest, ThePublishedExampleListsTheTenants) {
    operations.listed = flow::ListPage{.total = 7, .rows = {a_row(), a_row("e-2")}};
    for (const auto* query : {"?filter={\"productType\":%20\"THIRDPARTY\"}",
                              "?filter=%7B%22productType%22%3A%20%22THIRDPARTY%22%7D", ""}) {
        const auto response = list(query);
        EXPECT_EQ(response.status, 200) << response.body;
        const auto body = json(response);
        EXPECT_EQ(body.at("totalRecords").to_number<int>(), 7);
        ASSERT_EQ(body.at("resourceSet").as_array().size(), 2U);
        const auto& record = body.at("resourceSet").as_array().at(0).as_object();
        EXPECT_EQ(record.at("_id").as_string(), "e-1");
        EXPECT_EQ(record.at("productType").as_string(), "THIRDPARTY");
        EXPECT_TRUE(record.contains("propagation"));
        const auto& asked = operations.lists.back();
        EXPECT_EQ(asked.tenant.text(), "demo");
        EXPECT_TRUE(flow::wants_everything(asked)) << query;
        EXPECT_EQ(asked.limit, 101U);
        EXPECT_EQ(asked.skip, 0U);
        EXPECT_EQ(response.headers.count("Link"), 0U);
    }
}

TEST_F(ListTest, PagesAreCountedFromOne) {
    list("?limit=10&page=2");
    EXPECT_EQ(operations.lists.back().skip, 10U);
    EXPECT_EQ(operations.lists.back().limit, 11U);
    operations.listed = flow::ListPage{.total = 3};
    EXPECT_EQ(list("?limit=0").body, R"({"totalRecords":3})");
    EXPECT_EQ(operations.lists.back().limit, 0U);
    expect_refused(list("?limit=10000&page=12"), ErrorCode::query_too_broad);
}

TEST_F(ListTest, TheLinkLeadsOnWithTheSameQuestion) {
    operations.listed = flow::ListPage{.total = 9, .rows = {a_row("1"), a_row("2"), a_row("3")}};
    const auto query = std::string{
        "?filter={\"accountId\":\"a-1\"}&sort={\"version\":-1}&limit=2&page=1&fields=status"};
    const auto response = list(query);
    EXPECT_EQ(json(response).at("resourceSet").as_array().size(), 2U);
    const auto link = header(response, "Link");
    ASSERT_TRUE(link.starts_with("</crm-gateway/v1/")) << link;
    ASSERT_TRUE(link.ends_with(">; rel=\"next\"")) << link;
    const auto target = link.substr(1, link.find('>') - 1);
    EXPECT_EQ(target.find("page="), std::string::npos);
    EXPECT_EQ(call("GET", target, "").status, 200);
    const auto& asked = operations.lists.back();
    EXPECT_EQ(asked.where, operations.lists.front().where);
    EXPECT_EQ(asked.order, (std::vector{flow::ListOrder{flow::ListField::version, true}}));
    EXPECT_EQ(asked.behind,
              flow::behind(asked.order, {std::int64_t{5}}, domain::EntitlementId{"2"}));
    EXPECT_EQ(asked.skip, 0U);
    // Of another order it says nothing.
    const auto cursor = target.substr(target.find("after="));
    expect_refused(list("?sort={\"version\":1}&limit=2&" + cursor), ErrorCode::query_invalid);
    expect_refused(list(query + "&page=2"), ErrorCode::query_invalid);
}

TEST_F(ListTest, SortsAsThePagesPrintItAndAsMongoDoes) {
    const std::vector<flow::ListOrder> up{{flow::ListField::created, false}};
    for (const auto* sort : {R"({"created":1})", "{created,1}", R"({"created",%201})"}) {
        EXPECT_EQ(list(std::string{"?sort="} + sort).status, 200) << sort;
        EXPECT_EQ(operations.lists.back().order, up) << sort;
    }
    for (const auto* sort : {"created", "{created}", R"({"created":2})", R"({"created":"1"})",
                             R"({"nothing":1})", R"({"productType":1})", "{created,up}",
                             R"({"_id":1,"status":1,"created":1,"modified":1,"version":1})"}) {
        EXPECT_NE(problem_of(std::string{"?sort="} + sort), "") << sort;
    }
}

TEST_F(ListTest, ShowsTheFieldsThatAreAskedFor) {
    operations.listed = flow::ListPage{.total = 1, .rows = {a_row()}};
    const auto shown = [&](const std::string& fields) {
        std::string names;
        const auto response = list("?fields=" + fields);
        EXPECT_EQ(response.status, 200) << response.body;
        for (const auto& [name, value] :
             json(response).at("resourceSet").as_array().at(0).as_object()) {
            names += std::string{name} + " ";
        }
        return names;
    };
    for (const auto* fields : {R"({"status":1,"version":1})", R"({"status":true,"version":true})",
                               R"(["status","version"])", "status,version", "status,%20version"}) {
        EXPECT_EQ(shown(fields), "_id status version ") << fields;
    }
    EXPECT_EQ(shown(R"({"_id":0,"status":1})"), "status ");
    const auto without = shown(R"({"status":0,"propagation":0})");
    EXPECT_EQ(without.find("status "), std::string::npos);
    EXPECT_NE(without.find("_id entitlementId "), std::string::npos);
    EXPECT_EQ(shown("{}"), shown(R"({"nothing":0})"));
    for (const auto* fields :
         {"", ",", "[1]", R"({"status":"yes"})", R"({"status":2})", "{status}"}) {
        EXPECT_NE(problem_of(std::string{"?fields="} + fields), "") << fields;
    }
}

TEST_F(ListTest, TellsWhichParameterIsWrong) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"?filter={", "filter"}, {"?filter={}&filter={}", "filter"},
        {"?limit=-1", "limit"},  {"?limit=10001", "limit"},
        {"?limit=", "limit"},    {"?page=0", "page"},
        {"?page=1.5", "page"},   {"?after=", "after"},
        {"?after=e30", "after"}, {"?limit=1&limit=1", "limit"}};
    for (const auto& [query, field] : cases) {
        const auto response = list(query);
        EXPECT_EQ(details(response), (std::vector{std::pair{field, 40019}})) << query;
    }
    EXPECT_TRUE(operations.lists.empty());
}

TEST_F(ListTest, ACursorThatSomebodyMadeUpIsRefused) {
    const auto refused = [this](std::string_view text) {
        return problem_of("?sort={\"version\":1}&after=" + base::encode_base64url(text));
    };
    for (const auto* text :
         {R"({"s":"{\"version\":1}","v":["x"],"i":"1"})",
          R"({"s":"{\"version\":1}","v":[],"i":"1"})",
          R"({"s":"{\"version\":1}","v":[{"t":5}],"i":"1"})", R"({"s":"","v":[5],"i":"1"})",
          R"({"s":"{\"version\":1}","v":[5]})", R"({"s":"{\"version\":1}","i":"1"})", "[]", "x"}) {
        EXPECT_NE(refused(text), "") << text;
    }
    EXPECT_EQ(list("?sort={\"version\":1}&after=" +
                   base::encode_base64url(R"({"s":"{\"version\":1}","v":[5],"i":"1"})"))
                  .status,
              200);
}

TEST_F(ListTest, WhatIsTooBroadSaysWhatWouldHelp) {
    operations.listed = flow::ListPage{.too_broad = true};
    const auto by_sort = list("?sort={\"modified\":1}");
    expect_refused(by_sort, ErrorCode::query_too_broad);
    EXPECT_EQ(details(by_sort).front().first, "sort");
    const auto by_filter = list("?filter={\"reasonCode\":\"x\"}");
    expect_refused(by_filter, ErrorCode::query_too_broad);
    EXPECT_EQ(details(by_filter).front().first, "filter");
    EXPECT_NE(by_filter.body.find("accountId"), std::string::npos);
}

}  // namespace
}  // namespace usher::api
