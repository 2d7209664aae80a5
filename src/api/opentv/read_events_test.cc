// What is asked of the feed, and what whoever follows it reads.
#include "api/opentv/test_opentv.h"

namespace usher::api {
namespace {

constexpr std::string_view kEvents = "/crm-gateway/v2/usher/events";

class ReadEvents : public OpenTvTest {
  protected:
    http::Response read(const std::string& query) {
        return call("GET", std::string{kEvents} + query, "");
    }
};

TEST_F(ReadEvents, FromTheOldestUnlessToldOtherwise) {
    EXPECT_EQ(read("").status, 200);
    const auto& asked = operations.feeds.at(0);
    EXPECT_EQ(asked.tenant.text(), "demo");
    EXPECT_EQ(asked.from, flow::ReadFeed::From::oldest);
    EXPECT_EQ(asked.limit, 100U);
    EXPECT_EQ(asked.kept_for, base::Duration{});
    EXPECT_LE(asked.deadline, clock->monotonic());
}

TEST_F(ReadEvents, FromAPlaceOrTheNewest) {
    EXPECT_EQ(read("?after=12-0123456789ab&limit=7&wait=9").status, 200);
    EXPECT_EQ(operations.feeds.at(0).from, flow::ReadFeed::From::place);
    EXPECT_EQ(to_text(operations.feeds.at(0).after), "12-0123456789ab");
    EXPECT_EQ(operations.feeds.at(0).limit, 7U);
    EXPECT_GT(operations.feeds.at(0).deadline, clock->monotonic() + std::chrono::seconds{8});
    EXPECT_EQ(read("?after=newest").status, 200);
    EXPECT_EQ(operations.feeds.at(1).from, flow::ReadFeed::From::newest);
    EXPECT_EQ(read("?after=0").status, 200);
    EXPECT_EQ(operations.feeds.at(2).from, flow::ReadFeed::From::place);
    EXPECT_EQ(operations.feeds.at(2).after, flow::FeedPlace{});
}

TEST_F(ReadEvents, OfOneEntitlementOrAccount) {
    options.events_kept = std::chrono::hours{48};
    EXPECT_EQ(read("?entitlementId=e-1&accountId=a-1").status, 200);
    EXPECT_EQ(operations.feeds.at(0).entitlement.text(), "e-1");
    EXPECT_EQ(operations.feeds.at(0).account.text(), "a-1");
    EXPECT_EQ(operations.feeds.at(0).kept_for, std::chrono::hours{48});
}

TEST_F(ReadEvents, ToldWhatIsWrongWithTheQuestion) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"?after=", "after"},
        {"?after=12", "after"},
        {"?after=oldest", "after"},
        {"?after=0&after=0", "after"},
        {"?limit=0", "limit"},
        {"?limit=1001", "limit"},
        {"?limit=many", "limit"},
        {"?wait=31", "wait"},
        {"?wait=-1", "wait"},
        {"?entitlementId=", "entitlementId"},
        {"?accountId=a%20b", "accountId"}};
    for (const auto& [query, field] : cases) {
        const auto response = read(query);
        EXPECT_EQ(response.status, 400) << query;
        ASSERT_EQ(details(response).size(), 1U) << query;
        EXPECT_EQ(details(response).front().first, field) << query;
    }
    EXPECT_TRUE(operations.feeds.empty());
}

TEST_F(ReadEvents, ReadsThemWithWhereToGoOn) {
    domain::Event event{.tenant = domain::TenantId{"demo"},
                        .position = 3,
                        .entitlement = domain::EntitlementId{"e-1"},
                        .version = 2};
    event.change = {.kind = domain::ChangeKind::refused,
                    .status_from = EntitlementStatus::suspended,
                    .status_to = EntitlementStatus::active,
                    .rejection = domain::Rejection::refused_by_partner};
    const auto row = std::make_shared<const domain::Entitlement>(
        domain::Entitlement{.account = domain::AccountId{"a-1"}});
    operations.feed = flow::FeedPage{
        .items = {{.event = event, .row = row}}, .next = flow::place_of(event), .more = true};
    const auto body = json(read(""));
    EXPECT_EQ(body.at("next").as_string(), to_text(flow::place_of(event)));
    EXPECT_TRUE(body.at("more").as_bool());
    const auto& told = body.at("events").as_array().at(0).as_object();
    EXPECT_EQ(told.at("id"), body.at("next"));
    EXPECT_EQ(told.at("accountId").as_string(), "a-1");
    EXPECT_EQ(told.at("refusal").as_object().at("errorCode").as_int64(), 40052);
}

TEST_F(ReadEvents, ToldWhereAPlaceIsGone) {
    operations.feed = std::unexpected{flow::fail(FailureKind::feed_place_too_old)};
    expect_refused(read("?after=1-0123456789ab"), ErrorCode::feed_place_too_old);
    operations.feed = std::unexpected{flow::fail(FailureKind::feed_place_unknown)};
    const auto refused = read("?after=1-0123456789ab");
    expect_refused(refused, ErrorCode::feed_place_unknown);
    EXPECT_EQ(refused.status, 410);
    EXPECT_EQ(details(refused).front().first, "after");
}

}  // namespace
}  // namespace usher::api
