#include "converge/pace.h"

#include <algorithm>
#include <memory>
#include <queue>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace usher::converge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Sign = Pace::Sign;

constexpr base::Monotonic kPaceStart{seconds{1000}};

// A partner that can do only so much, and a caller that always has more to ask.
struct Partner {
    base::Duration latency = milliseconds{50};
    std::size_t at_once = 1000;      // more are turned away with 429
    double per_second = 1e9;         // likewise
    std::size_t in_parallel = 1000;  // more wait in a queue of its own
};

class Model {
  public:
    Model(Partner partner, PacePolicy policy, std::uint64_t seed)
        : pace{policy},
          partner_{partner},
          random_{base::make_seeded_random(seed)},
          tokens_{partner.per_second / 10 + 1} {}

    struct Result {
        double good_per_second = 0;
        double turned_away = 0;  // share of the answers
        double longest_queue = 0;
        double window = 0;  // at the end
    };

    Result run(base::Duration span) {
        Result result;
        const auto until = now + span;
        std::uint64_t good = 0;
        std::uint64_t turned_away = 0;
        while (now < until) {
            while (out_.size() < 1000 && pace.may_start(out_.size(), now)) begin();
            const auto queued = out_.size() > partner_.in_parallel
                                    ? static_cast<double>(out_.size() - partner_.in_parallel)
                                    : 0.0;
            result.longest_queue = std::max(result.longest_queue, queued);
            // The caller looks every two milliseconds, as the loop does.
            now += milliseconds{2};
            while (!out_.empty() && out_.top().ends <= now) {
                const auto call = out_.top();
                if (!call.turned_away) --inside_;
                pace.answered(call.turned_away ? Sign::overloaded : Sign::good, 0, call.begun,
                              call.ends, out_.size());
                out_.pop();
                ++(call.turned_away ? turned_away : good);
            }
        }
        result.good_per_second =
            static_cast<double>(good) / std::chrono::duration<double>(span).count();
        result.turned_away = static_cast<double>(turned_away) /
                             static_cast<double>(std::max<std::uint64_t>(good + turned_away, 1));
        result.window = pace.window();
        return result;
    }

    Pace pace;
    base::Monotonic now = kPaceStart;
    Partner& partner() { return partner_; }

  private:
    struct Call {
        base::Monotonic begun;
        base::Monotonic ends;
        bool turned_away = false;
        bool operator<(const Call& other) const { return ends > other.ends; }
    };

    void begin() {
        pace.started(now);
        tokens_ = std::min(
            partner_.per_second / 10 + 1,
            tokens_ + partner_.per_second * std::chrono::duration<double>(now - filled_).count());
        filled_ = now;
        const auto noise = 0.8 + 0.5 * random_->fraction();
        const auto took = [&](double factor) {
            return base::Duration{static_cast<std::int64_t>(
                static_cast<double>(partner_.latency.count()) * factor * noise)};
        };
        if (inside_ >= partner_.at_once || tokens_ < 1) {
            out_.push({now, now + took(0.2), true});
            return;
        }
        tokens_ -= 1;
        ++inside_;
        // Beyond what it does in parallel, everybody waits.
        const auto load =
            std::max(1.0, static_cast<double>(inside_) / static_cast<double>(partner_.in_parallel));
        out_.push({now, now + took(load), false});
    }

    Partner partner_;
    std::unique_ptr<base::Random> random_;
    std::priority_queue<Call> out_;
    std::size_t inside_ = 0;
    double tokens_;
    base::Monotonic filled_ = kPaceStart;
};

class EverySeed : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EverySeed, testing::Range<std::uint64_t>(1, 9));

TEST_P(EverySeed, APartnerWithRoomIsUsedToTheLimit) {
    Model model{{}, {.most = 32}, GetParam()};
    const auto result = model.run(seconds{60});
    EXPECT_EQ(result.turned_away, 0);
    EXPECT_EQ(result.window, 32);
}

TEST_P(EverySeed, APartnerThatTakesSoManyAtOnceIsUsedWellAndSeldomAskedInVain) {
    for (const std::size_t at_once : {1, 2, 5, 12, 30}) {
        Model model{{.at_once = at_once}, {.most = 64}, GetParam()};
        model.run(seconds{30});
        const auto result = model.run(minutes{3});
        const auto capacity = static_cast<double>(at_once) / (0.05 * 1.05);
        EXPECT_GT(result.good_per_second, 0.75 * capacity) << at_once << " w " << result.window;
        EXPECT_LT(result.turned_away, 0.06) << at_once;
    }
}

TEST_P(EverySeed, APartnerThatTakesSoManyASecondIsUsedWellAndSeldomAskedInVain) {
    for (const auto latency : {milliseconds{4}, milliseconds{50}, milliseconds{400}}) {
        for (const double rate : {2.0, 20.0, 150.0}) {
            Model model{{.latency = latency, .per_second = rate}, {.most = 64}, GetParam()};
            model.run(minutes{2});
            const auto result = model.run(minutes{5});
            const auto possible =
                std::min(rate, 64 / std::chrono::duration<double>(latency).count());
            EXPECT_GT(result.good_per_second, 0.75 * possible)
                << rate << " a second, " << latency << " w " << result.window;
            EXPECT_LT(result.turned_away, 0.06) << rate << " a second, " << latency;
        }
    }
}

TEST_P(EverySeed, APartnerThatBecomesSlowUnderLoadIsNotPushed) {
    Model model{{.in_parallel = 8}, {.most = 64}, GetParam()};
    // How fast it can be was seen while there was little to do.
    model.pace.restart(model.now);
    model.run(seconds{60});
    const auto result = model.run(minutes{3});
    EXPECT_LT(result.window, 32) << "of 64: beyond 8 it only becomes slower";
    EXPECT_GT(result.window, 7);
}

TEST_P(EverySeed, APartnerThatIsSlowerForGoodIsUsedAgainAfterMinutes) {
    Model model{{}, {.most = 32}, GetParam()};
    model.run(minutes{1});
    model.partner().latency = milliseconds{300};
    const auto at_first = model.run(seconds{20});
    EXPECT_LT(at_first.window, 32) << "it might be load";
    model.run(minutes{6});
    EXPECT_EQ(model.run(minutes{2}).window, 32);
}

TEST(Pace, AnAnswerToWhatLeftBeforeTheCutDoesNotCutAgain) {
    Pace pace{{.most = 32}};
    for (int i = 0; i < 32; ++i) pace.started(kPaceStart);
    for (int i = 0; i < 32; ++i) {
        pace.answered(Sign::overloaded, 0, kPaceStart, kPaceStart + milliseconds{50}, 32);
    }
    EXPECT_GT(pace.window(), 20);
    EXPECT_LT(pace.window(), 32);
    pace.answered(Sign::overloaded, 0, kPaceStart + milliseconds{51}, kPaceStart + milliseconds{99},
                  20);
    EXPECT_LT(pace.window(), 20);
}

TEST(Pace, AfterAnOutageItBeginsWithOneCallAndDoubles) {
    Pace pace{{.most = 32}};
    pace.restart(kPaceStart);
    EXPECT_TRUE(pace.may_start(0, kPaceStart));
    pace.started(kPaceStart);
    EXPECT_FALSE(pace.may_start(1, kPaceStart));
    auto now = kPaceStart;
    for (int answers = 0; answers < 15; ++answers) {
        pace.answered(Sign::good, 0, now, now + milliseconds{10}, 40);
        now += milliseconds{10};
    }
    EXPECT_EQ(pace.window(), 16) << "as after four rounds";
    pace.answered(Sign::good, 0, now, now + milliseconds{10}, 40);
    EXPECT_LT(pace.window(), 17) << "from half of what it was on it grows slowly";
}

TEST(Pace, WhatSaysNothingAboutThePaceChangesNothing) {
    Pace pace{{.most = 32}};
    pace.answered(Sign::overloaded, 0, kPaceStart, kPaceStart, 32);
    const auto before = pace.window();
    pace.answered(Sign::neither, 0, kPaceStart, kPaceStart + seconds{9}, 32);
    EXPECT_EQ(pace.window(), before);
    pace.answered(Sign::good, 0, kPaceStart, kPaceStart + milliseconds{9}, 1);
    EXPECT_EQ(pace.window(), before) << "one call at a time proves nothing about many";
}

TEST(Pace, HoweverOftenItIsAskedToSlowDownItGoesOnTrying) {
    Pace pace{{.most = 32, .longest_gap = seconds{5}}};
    auto now = kPaceStart + milliseconds{5};
    pace.answered(Sign::good, 0, kPaceStart, now, 32);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_LE(pace.next_start() - now, seconds{5});
        now = std::max(now, pace.next_start());
        ASSERT_TRUE(pace.may_start(0, now));
        pace.started(now);
        now += milliseconds{5};
        pace.answered(Sign::overloaded, 0, now - milliseconds{5}, now, 1);
    }
    const auto better_since = now;
    for (int i = 0; i < 60; ++i) {
        now = std::max(now, pace.next_start());
        pace.started(now);
        now += milliseconds{5};
        pace.answered(Sign::good, 0, now - milliseconds{5}, now, 1);
    }
    EXPECT_GT(pace.window(), 1) << "it recovers";
    EXPECT_LT(now - better_since, minutes{1});
}

// A read takes 20 ms and a create 400: a change of what is asked is no change of how fast it is.
TEST(Pace, KindsOfCallsAreMeasuredApart) {
    Pace pace{{.most = 32}};
    auto now = kPaceStart;
    for (int i = 0; i < 2000; ++i) {
        const bool creates = i % 400 > 200;
        const auto took = creates ? milliseconds{400} : milliseconds{20};
        pace.answered(Sign::good, creates ? 1 : 0, now - took, now, 32);
        now += milliseconds{20};
    }
    EXPECT_EQ(pace.window(), 32);
}

}  // namespace
}  // namespace usher::converge
