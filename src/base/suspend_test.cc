#include "base/suspend.h"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace usher::base {
namespace {

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

template <class Start>
Task<> store_answer(Start start, std::optional<std::string>& answer) {
    answer = co_await suspend<std::string>(std::move(start));
}

TEST(Suspend, GoesOnLaterWhenItIsAnsweredInline) {
    boost::asio::io_context io;
    std::optional<std::string> answer;
    bool inline_already = false;
    boost::asio::co_spawn(io,
                          store_answer(
                              [&](Completion<std::string> done) {
                                  done("now");
                                  inline_already = answer.has_value();
                              },
                              answer),
                          rethrow);
    io.run();
    EXPECT_FALSE(inline_already);
    EXPECT_EQ(answer, "now");
}

// Resuming inline would use up the stack.
TEST(Suspend, ManyInlineAnswersInARowNeedNoStack) {
    boost::asio::io_context io;
    int sum = 0;
    constexpr int kMany = 20'000;
    boost::asio::co_spawn(
        io,
        [](int& total) -> Task<> {
            for (int i = 0; i < kMany; ++i) {
                total += co_await suspend<int>([](Completion<int> done) { done(1); });
            }
        }(sum),
        rethrow);
    io.run();
    EXPECT_EQ(sum, kMany);
}

TEST(Suspend, GoesOnWhereItRanWhenAnotherThreadAnswers) {
    boost::asio::io_context io;
    std::thread::id resumed_on;
    std::thread other;
    boost::asio::co_spawn(
        io,
        [](std::thread& answering, std::thread::id& on) -> Task<> {
            co_await suspend<int>([&answering](Completion<int> done) {
                answering = std::thread{[done = std::move(done)]() mutable { done(1); }};
            });
            on = std::this_thread::get_id();
        }(other, resumed_on),
        rethrow);
    io.run();
    other.join();
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(Suspend, ADroppedAnswerLetsTheContextDestroyTheCoroutine) {
    auto held = std::make_shared<int>(1);
    bool went_on = false;
    {
        boost::asio::io_context io;
        boost::asio::co_spawn(
            io,
            [](std::shared_ptr<int>, bool& further) -> Task<> {
                co_await suspend<int>(
                    [](Completion<int> done) { const auto drop = std::move(done); });
                further = true;
            }(held, went_on),
            boost::asio::detached);
        io.run();
    }
    EXPECT_FALSE(went_on);
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace usher::base
