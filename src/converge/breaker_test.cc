#include "converge/breaker.h"

#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Monotonic kStart{seconds{1000}};
const BreakerPolicy kPolicy{.failures = 3, .first_pause = seconds{1}, .longest_pause = seconds{4}};

const Trouble kDown{domain::Problem::partner_unreachable, "down"};
const Trouble kTooMany{domain::Problem::slow_down, "too many requests"};

Breaker opened() {
    Breaker breaker{kPolicy};
    for (int i = 0; i < 3; ++i) breaker.fail(kStart, kDown);
    return breaker;
}

TEST(Breaker, OpensAfterFailuresInARowOnly) {
    Breaker breaker{kPolicy};
    EXPECT_FALSE(breaker.fail(kStart, kDown));
    EXPECT_FALSE(breaker.fail(kStart, kDown));
    breaker.succeed(kStart);
    EXPECT_FALSE(breaker.fail(kStart, kDown));
    EXPECT_FALSE(breaker.fail(kStart, kDown));
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_TRUE(breaker.fail(kStart, kDown)) << "this one opened it";
    EXPECT_FALSE(breaker.is_closed());
    EXPECT_EQ(breaker.trouble().sentence, "down");
    EXPECT_EQ(breaker.trouble().code, domain::Problem::partner_unreachable);
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
        breaker.probe_failed(now, kDown);
    }
}

TEST(Breaker, ClosesAndForgetsWithAHealthyAnswer) {
    auto breaker = opened();
    breaker.succeed(kStart);
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{100})) << "a closed one needs no probe";
    EXPECT_TRUE(breaker.trouble().sentence.empty());
    EXPECT_EQ(breaker.trouble().code, domain::Problem::none);
    for (int i = 0; i < 3; ++i) breaker.fail(kStart + seconds{100}, kDown);
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{101})) << "the pause is short again";
}

TEST(Breaker, KeepsWhyItIsOpenWhileAProbeIsOut) {
    auto breaker = opened();
    breaker.begin_probe(kStart + seconds{1}, seconds{10});
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{10}));
    EXPECT_EQ(breaker.trouble().code, domain::Problem::partner_unreachable);
}

TEST(Breaker, AFailedProbeIsRepeatedAfterThePauseAndNotAfterTheTimeItMightHaveTaken) {
    auto breaker = opened();
    breaker.begin_probe(kStart + seconds{1}, seconds{10});
    breaker.probe_failed(kStart + seconds{1} + milliseconds{5}, kDown);
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{3}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{3} + milliseconds{5})) << "twice the first";
}

TEST(Breaker, WhatThePartnerAsksForDuringAProbeIsKept) {
    auto breaker = opened();
    breaker.begin_probe(kStart + seconds{1}, seconds{10});
    breaker.hold(kStart + seconds{2}, seconds{60}, kTooMany);
    breaker.probe_failed(kStart + seconds{3}, kDown);
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{61}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{62}));
}

TEST(Breaker, HoldsForAsLongAsThePartnerAsks) {
    Breaker breaker{kPolicy};
    breaker.hold(kStart, seconds{30}, kTooMany);
    EXPECT_FALSE(breaker.is_closed());
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{29}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{30}));
    breaker.hold(kStart, std::chrono::hours{24}, kTooMany);
    EXPECT_TRUE(breaker.may_probe(kStart + std::chrono::minutes{15})) << "a day is not believed";
}

// A call that was out already when the partner asked for a pause does not end the pause.
TEST(Breaker, AnAnswerToAnEarlierCallDoesNotEndThePauseThatThePartnerAskedFor) {
    Breaker breaker{kPolicy};
    breaker.hold(kStart, seconds{30}, kTooMany);
    breaker.succeed(kStart + seconds{1});
    EXPECT_FALSE(breaker.is_closed());
    EXPECT_FALSE(breaker.takes_call(kStart + seconds{1}));
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{29}));
    EXPECT_EQ(breaker.trouble().code, domain::Problem::slow_down) << "it is still why";
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{30}));
    breaker.succeed(kStart + seconds{30});
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_EQ(breaker.trouble().code, domain::Problem::none);
}

TEST(Breaker, NorDoesAProbeThatLeftBefore) {
    auto breaker = opened();
    breaker.begin_probe(kStart + seconds{1}, seconds{10});
    breaker.hold(kStart + seconds{2}, seconds{60}, kTooMany);
    breaker.probe_answered(kStart + seconds{3});
    EXPECT_EQ(breaker.state(), Breaker::State::open);
    EXPECT_FALSE(breaker.may_probe(kStart + seconds{61}));
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{62}));
}

TEST(Breaker, AfterTheProbeOneRealCallDecides) {
    auto breaker = opened();
    const auto probed = kStart + seconds{1};
    breaker.begin_probe(probed, seconds{10});
    EXPECT_FALSE(breaker.takes_call(probed));
    breaker.probe_answered(probed);
    EXPECT_EQ(breaker.state(), Breaker::State::half_open);
    EXPECT_EQ(breaker.trouble().sentence, "down") << "until it is known to be over";
    EXPECT_TRUE(breaker.takes_call(probed));
    breaker.begin_call(probed, seconds{10});
    EXPECT_FALSE(breaker.takes_call(probed + seconds{9})) << "one at a time";
    EXPECT_TRUE(breaker.takes_call(probed + seconds{10})) << "nothing was heard of it";

    auto other = breaker;
    EXPECT_FALSE(breaker.fail(probed, kDown)) << "it was open before";
    EXPECT_EQ(breaker.state(), Breaker::State::open);
    EXPECT_FALSE(breaker.may_probe(probed + milliseconds{1999}));
    EXPECT_TRUE(breaker.may_probe(probed + seconds{2})) << "twice the first pause";

    other.succeed(probed);
    EXPECT_TRUE(other.is_closed());
}

TEST(Breaker, ATrialThatIsCalledOffLeavesRoomForAnother) {
    auto breaker = opened();
    breaker.probe_answered(kStart + seconds{1});
    breaker.begin_call(kStart + seconds{1}, seconds{10});
    breaker.call_off();
    EXPECT_TRUE(breaker.takes_call(kStart + seconds{1}));
}

TEST(Breaker, CallsThatWereOutWhenItOpenedDoNotMakeThePauseLonger) {
    auto breaker = opened();
    for (int i = 0; i < 30; ++i) breaker.fail(kStart + milliseconds{10}, kDown);
    EXPECT_TRUE(breaker.may_probe(kStart + seconds{1}));
}

}  // namespace
}  // namespace usher::converge
