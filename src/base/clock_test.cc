#include "base/clock.h"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace usher::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class SystemClockTest : public testing::Test {
  protected:
    std::unique_ptr<Clock> clock = make_system_clock();
    boost::asio::io_context io;
};

TEST_F(SystemClockTest, FiresOnceAtItsTimeAndNotBefore) {
    int fired = 0;
    const auto when = clock->monotonic() + milliseconds{5};
    clock->arm(when, io.get_executor(), [&](bool in_time) {
        ++fired;
        EXPECT_TRUE(in_time);
        EXPECT_GE(clock->monotonic(), when);
    });
    io.run();
    EXPECT_EQ(fired, 1);
}

TEST_F(SystemClockTest, NeverFiresInline) {
    bool fired = false;
    boost::asio::post(io, [&] {
        clock->arm(Monotonic{}, io.get_executor(), [&](bool in_time) {
            fired = true;
            EXPECT_TRUE(in_time);
        });
        EXPECT_FALSE(fired);
    });
    io.run();
    EXPECT_TRUE(fired);
}

TEST_F(SystemClockTest, DisarmingEndsTheWaitAtOnceAndNeverInline) {
    int fired = 0;
    const auto far = clock->monotonic() + hours{1};
    const auto timer = clock->arm(far, io.get_executor(), [&](bool in_time) {
        ++fired;
        EXPECT_FALSE(in_time);
    });
    boost::asio::post(io, [&] {
        clock->disarm(timer);
        EXPECT_EQ(fired, 0);
        clock->disarm(timer);
    });
    io.run();
    EXPECT_EQ(fired, 1);
    clock->disarm(timer);
    clock->disarm(timer + 1000);
}

TEST_F(SystemClockTest, DisarmingBeforeTheWaitHasBegunIsNotLost) {
    int fired = 0;
    const auto timer =
        clock->arm(clock->monotonic() + hours{1}, io.get_executor(), [&](bool in_time) {
            ++fired;
            EXPECT_FALSE(in_time);
        });
    clock->disarm(timer);
    io.run();
    EXPECT_EQ(fired, 1);
}

TEST_F(SystemClockTest, FiresInOrderOfTime) {
    std::string order;
    const auto start = clock->monotonic();
    for (const int step : {3, 1, 2}) {
        clock->arm(start + milliseconds{step * 3}, io.get_executor(),
                   [&order, step](bool) { order += std::to_string(step); });
    }
    io.run();
    EXPECT_EQ(order, "123");
}

TEST_F(SystemClockTest, OutlivesAContextThatIsDestroyedWithArmedTimers) {
    auto held = std::make_shared<int>(1);
    Clock::TimerId waiting{};
    Clock::TimerId posted{};
    {
        boost::asio::io_context other;
        const auto far = clock->monotonic() + hours{1};
        waiting = clock->arm(far, other.get_executor(), [held](bool) {});
        other.poll();
        posted = clock->arm(far, other.get_executor(), [held](bool) {});
        EXPECT_EQ(held.use_count(), 3);
    }
    EXPECT_EQ(held.use_count(), 1) << "the handlers went with their context";
    clock->disarm(waiting);
    clock->disarm(posted);
}

TEST_F(SystemClockTest, DestroysASleepingCoroutineWithItsContext) {
    auto held = std::make_shared<int>(1);
    {
        boost::asio::io_context other;
        boost::asio::co_spawn(
            other,
            [](Clock& by, std::shared_ptr<int>) -> Task<> { co_await sleep_for(by, hours{1}); }(
                                                    *clock, held),
            boost::asio::detached);
        other.poll();
        EXPECT_GT(held.use_count(), 1);
    }
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(SystemClockTest, IsDisarmedFromAnotherThread) {
    for (int round = 0; round < 50; ++round) {
        int fired = 0;
        const auto timer =
            clock->arm(clock->monotonic() + hours{1}, io.get_executor(), [&](bool) { ++fired; });
        std::thread other{[&] { clock->disarm(timer); }};
        io.run();
        other.join();
        EXPECT_EQ(fired, 1);
        io.restart();
    }
}

class SleeperTest : public SystemClockTest {
  protected:
    // Sleeps `times` times an hour at most, and says how each sleep ended.
    std::string sleep(Sleeper& sleeper, int times, Duration span) {
        std::string ends;
        boost::asio::co_spawn(
            io,
            [](Clock& by, Sleeper& in, int count, Duration most, std::string& out) -> Task<> {
                for (int i = 0; i < count; ++i) {
                    const bool woken = co_await in.until(by.monotonic() + most);
                    out += woken ? 'w' : 't';
                }
            }(*clock, sleeper, times, span, ends),
            [](const std::exception_ptr& error) {
                if (error) std::rethrow_exception(error);
            });
        io.run();
        return ends;
    }
};

TEST_F(SleeperTest, SleepsUntilItsTime) {
    Sleeper sleeper{*clock};
    EXPECT_EQ(sleep(sleeper, 2, milliseconds{1}), "tt");
}

TEST_F(SleeperTest, RemembersAWakeThatCameFirstAndOnlyOnce) {
    Sleeper sleeper{*clock};
    sleeper.wake();
    sleeper.wake();
    EXPECT_EQ(sleep(sleeper, 2, milliseconds{1}), "wt");
}

TEST_F(SleeperTest, IsWokenFromASleep) {
    Sleeper sleeper{*clock};
    clock->arm(clock->monotonic() + milliseconds{2}, io.get_executor(),
               [&](bool) { sleeper.wake(); });
    EXPECT_EQ(sleep(sleeper, 1, hours{1}), "w");
}

TEST_F(SleeperTest, IsWokenFromAnotherThread) {
    for (int round = 0; round < 50; ++round) {
        Sleeper sleeper{*clock};
        std::thread other{[&] { sleeper.wake(); }};
        EXPECT_EQ(sleep(sleeper, 1, hours{1}), "w");
        other.join();
        io.restart();
    }
}

}  // namespace
}  // namespace usher::base
