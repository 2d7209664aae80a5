#include "converge/breaker.h"

#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Monotonic kStart{seconds{1000}};
const BreakerPolicy kPolicy{.failures = 3, .first_pause = seconds{1}, .longest_pause = seconds{4}};

Breaker opened() {
    Breaker breaker{kPolicy};
    for (int i = 0; i < 3; ++i) breaker.fail(kStart, "down");
    return breaker;
}

TEST(Breaker, OpensAfterFailuresInARowOnly) {
    Breaker breaker{kPolicy};
    EXPECT_FALSE(breaker.fail(kStart, "down"));
    EXPECT_FALSE(breaker.fail(kStart, "down"));
    breaker.succeed();
    EXPECT_FALSE(breaker.fail(kStart, "down"));
    EXPECT_FALSE(breaker.fail(kStart, "down"));
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_TRUE(breaker.fail(kStart, "down")) << "this one opened it";
    EXPECT_FALSE(breaker.is_closed());
    EXPECT_EQ(breaker.problem(), "down");
}

TEST(Breaker, IsProbedOnlyAfterItsPause) {
    const auto breaker = opened();
    EXPECT_FALSE(breaker.may_probe(kStart));
    EXPECT_FALSE(breaker.may_probe(kStart + milliseconds{999}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{1}));
}

TEST(Breaker, PausesTwiceAsLongAfterEachFailedProbeUpToALimit) {
    auto breaker = opened();
    auto now = kStart;
    for (const auto pause : {seconds{1}, seconds{2}, seconds{4}, seconds{4}}) {
        EXPECT_FALSE(breaker.may_probe(now + pause - milliseconds{1}));
        now += pause;
        EXPECT_TRUE(breaker.may_probe(now));
        breaker.fail(now, "still down");
    }
}

TEST(Breaker, ClosesAndForgetsWithAHealthyAnswer) {
    auto breaker = opened();
    breaker.succeed();
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{100})) << "a closed one needs no probe";
    EXPECT_TRUE(breaker.problem().empty());
    for (int i = 0; i < 3; ++i) breaker.fail(kStart + seconds{100}, "down");
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{101})) << "the pause is short again";
}

TEST(Breaker, HoldsForAsLongAsThePartnerAsks) {
    Breaker breaker{kPolicy};
    breaker.hold(kStart, seconds{30}, "too many requests");
    EXPECT_FALSE(breaker.is_closed());
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{29}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{30}));
    breaker.hold(kStart, std::chrono::hours{24}, "too many requests");
    EXPECT_TRUE(breaker.may_probe(kStart + std::chrono::minutes{15})) << "a day is not believed";
}

}  // namespace
}  // namespace usher::converge
