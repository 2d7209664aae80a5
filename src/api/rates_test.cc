#include "api/rates.h"

#include <gtest/gtest.h>

#include "api/test_surface.h"

namespace usher::api {
namespace {

using std::chrono::milliseconds;

const domain::TenantId kDemo{"demo"};
const domain::TenantId kOther{"other"};

TEST(Rates, LetsASecondsWorthThroughAtOnceAndNoMore) {
    Rates rates;
    const base::Monotonic now{};
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(rates.take(kDemo, 10, now));
    EXPECT_EQ(rates.take(kDemo, 10, now), milliseconds{100});
}

TEST(Rates, LetsThroughAsManyASecondAsAgreedHoweverManyAsk) {
    Rates rates;
    base::Monotonic now{};
    int through = 0;
    constexpr int kSeconds = 20;
    for (int ms = 0; ms < kSeconds * 1000; ++ms) {
        if (!rates.take(kDemo, 10, now + milliseconds{ms})) ++through;
    }
    EXPECT_EQ(through, kSeconds * 10 + 9);  // and what a first second may be ahead
}

TEST(Rates, TellsWhenToAskAgain) {
    Rates rates;
    const base::Monotonic now{};
    for (int i = 0; i < 4; ++i) rates.take(kDemo, 4, now);
    const auto wait = rates.take(kDemo, 4, now + milliseconds{100});
    ASSERT_TRUE(wait);
    EXPECT_TRUE(rates.take(kDemo, 4, now + milliseconds{100} + *wait - milliseconds{1}));
    EXPECT_FALSE(rates.take(kDemo, 4, now + milliseconds{100} + *wait));
}

TEST(Rates, CountsEachTenantByItself) {
    Rates rates;
    const base::Monotonic now{};
    EXPECT_FALSE(rates.take(kDemo, 1, now));
    EXPECT_TRUE(rates.take(kDemo, 1, now));
    EXPECT_FALSE(rates.take(kOther, 1, now));
}

TEST(Rates, SavesNothingUpBeyondASecond) {
    Rates rates;
    const base::Monotonic now{};
    EXPECT_FALSE(rates.take(kDemo, 2, now));
    const auto later = now + std::chrono::hours{1};
    EXPECT_FALSE(rates.take(kDemo, 2, later));
    EXPECT_FALSE(rates.take(kDemo, 2, later));
    EXPECT_TRUE(rates.take(kDemo, 2, later));
}

// On one surface, as a server keeps it.
class RateOfATenant : public SurfaceTest {
  protected:
    RateOfATenant() {
        options.tenants.front().requests_per_second = 2;
        added->take({{.id = domain::TenantId{"demo_one"}, .primary = domain::TenantId{"demo"}}});
        add_user("all", {"operatorRole", "primaryTenantRole"}, {"demo", "demo_b", "demo_one"});
    }

    http::Response ask(const std::string& tenant, const std::string& path) {
        if (!handler) {
            handler = make_operator_handler(options, tokens(),
                                            {.operations = operations,
                                             .clock = *clock,
                                             .random = *random,
                                             .metrics = metrics,
                                             .added = added});
        }
        return run(handler({.method = "GET",
                            .target = path,
                            .headers = {{"Authorization", "Bearer all"}, {"nv-tenant-id", tenant}},
                            .body = {},
                            .peer = {}}));
    }
    http::Response ask(const std::string& tenant) {
        return ask(tenant, "/crm-gateway/v2/usher/events");
    }

    http::Handler handler;
};

TEST_F(RateOfATenant, IsItsOwnAndWhatIsBeyondReachesNothing) {
    EXPECT_EQ(ask("demo").status, 200);
    EXPECT_EQ(ask("demo").status, 200);
    const auto refused = ask("demo");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(error_code(refused), number_of(ErrorCode::too_many_requests));
    EXPECT_EQ(header(refused, "Retry-After"), "1");
    EXPECT_EQ(operations.feeds.size(), 2U);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("demo_b").status, 200);
}

TEST_F(RateOfATenant, HoldsForItsSubTenantsToo) {
    EXPECT_EQ(ask("demo_one").status, 200);
    EXPECT_EQ(ask("demo").status, 200);
    EXPECT_EQ(ask("demo_one").status, 429);
    EXPECT_EQ(ask("demo", "/rmg/v1/admin/tenants").status, 429);
}

TEST_F(RateOfATenant, DoesNotHoldUpWhoRunsUsher) {
    Exchange exchange;
    exchange.tenant = std::make_shared<const TenantOptions>(options.tenants.front());
    Rates rates;
    Route route{};
    exchange.route = &route;
    for (const auto door : {Door::admin_token, Door::operator_token}) {
        route.door = door;
        for (int i = 0; i < 2; ++i) EXPECT_FALSE(check_rate(exchange, rates, {}));
        EXPECT_EQ(check_rate(exchange, rates, {}).has_value(), door == Door::operator_token);
    }
}

}  // namespace
}  // namespace usher::api
