#include "converge/watches.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using Row = std::shared_ptr<const domain::Entitlement>;
using std::chrono::milliseconds;

const domain::TenantId kTenant{"demo"};
const domain::EntitlementId kId{"e1"};

Row row(std::uint64_t version, const char* id = "e1") {
    domain::Entitlement entitlement{.tenant = kTenant, .id = domain::EntitlementId{id}};
    entitlement.version = version;
    return std::make_shared<const domain::Entitlement>(entitlement);
}

class WatchesTest : public testing::Test {
  protected:
    Row next(flow::Watch& watch, milliseconds wait) {
        Row result;
        boost::asio::co_spawn(context_, watch.next(clock_->monotonic() + wait),
                              [&](const std::exception_ptr& error, Row seen) {
                                  if (error) std::rethrow_exception(error);
                                  result = std::move(seen);
                              });
        context_.restart();
        context_.run();
        return result;
    }

    boost::asio::io_context context_;
    std::unique_ptr<base::Clock> clock_ = base::make_system_clock();
    Watches watches_{*clock_};
};

TEST_F(WatchesTest, WhatIsToldBeforeTheWaitIsNotMissed) {
    const auto watch = watches_.watch(kTenant, kId);
    watches_.tell(row(3));
    const auto seen = next(*watch, milliseconds{10'000});
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->version, 3U);
}

TEST_F(WatchesTest, OnlyTheNewestIsSeenAndOnlyOnce) {
    const auto watch = watches_.watch(kTenant, kId);
    watches_.tell(row(5));
    watches_.tell(row(4));
    EXPECT_EQ(next(*watch, milliseconds{10'000})->version, 5U);
    EXPECT_EQ(next(*watch, milliseconds{1}), nullptr);
}

TEST_F(WatchesTest, AnotherEntitlementWakesNobody) {
    const auto watch = watches_.watch(kTenant, kId);
    watches_.tell(row(1, "e2"));
    EXPECT_EQ(next(*watch, milliseconds{1}), nullptr);
}

TEST_F(WatchesTest, EverybodyWhoWatchesIsTold) {
    const auto one = watches_.watch(kTenant, kId);
    {
        const auto gone = watches_.watch(kTenant, kId);
    }
    const auto two = watches_.watch(kTenant, kId);
    watches_.tell(row(1));
    EXPECT_NE(next(*one, milliseconds{10'000}), nullptr);
    EXPECT_NE(next(*two, milliseconds{10'000}), nullptr);
}

}  // namespace
}  // namespace usher::converge
