#include "converge/settle_rate.h"

#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Monotonic kRateStart{seconds{1003}};

// Settles `per_second` for so long; gives the time after it.
base::Monotonic settle(SettleRate& rate, base::Monotonic from, int per_second, int for_seconds) {
    for (int i = 0; i < per_second * for_seconds; ++i) {
        rate.note(from + i * milliseconds{1000} / per_second);
    }
    return from + seconds{for_seconds};
}

TEST(SettleRate, SaysNothingBeforeItKnows) {
    SettleRate rate;
    EXPECT_FALSE(rate.per_second(kRateStart));
    const auto now = settle(rate, kRateStart, 10, 9);
    EXPECT_FALSE(rate.per_second(now));
    EXPECT_NEAR(rate.per_second(settle(rate, now, 10, 3)).value(), 10, 0.1);
}

TEST(SettleRate, IsOfTheLastTwoMinutes) {
    SettleRate rate;
    auto now = settle(rate, kRateStart, 50, 300);
    EXPECT_NEAR(rate.per_second(now).value(), 50, 1);
    now = settle(rate, now, 5, 60);
    EXPECT_NEAR(rate.per_second(now).value(), 27, 3) << "half of them at the old rate";
    now = settle(rate, now, 5, 70);
    EXPECT_NEAR(rate.per_second(now).value(), 5, 0.5);
    EXPECT_EQ(rate.per_second(now + seconds{125}).value(), 0) << "nothing moves";
}

TEST(SettleRate, BeginsAnewAfterAnOutage) {
    SettleRate rate;
    auto now = settle(rate, kRateStart, 50, 60);
    rate.forget();
    EXPECT_FALSE(rate.per_second(now));
    now = settle(rate, now + seconds{30}, 5, 20);
    EXPECT_NEAR(rate.per_second(now).value(), 5, 0.1);
}

}  // namespace
}  // namespace usher::converge
