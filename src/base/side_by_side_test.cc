#include "base/side_by_side.h"

#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace usher::base {
namespace {

struct Lanes {
    std::size_t next = 0;
    std::size_t at_once = 0;
    std::size_t most_at_once = 0;
    std::size_t done = 0;
};

Task<> walk(Lanes& lanes, std::size_t items, std::optional<std::size_t> fails_at) {
    while (lanes.next < items) {
        const auto item = lanes.next++;
        lanes.most_at_once = std::max(lanes.most_at_once, ++lanes.at_once);
        co_await boost::asio::post(boost::asio::use_awaitable);
        --lanes.at_once;
        if (item == fails_at) throw std::runtime_error{"item"};
        ++lanes.done;
    }
}

std::exception_ptr run(Lanes& lanes, std::size_t count, std::size_t items,
                       std::optional<std::size_t> fails_at = {}) {
    boost::asio::io_context context;
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(context,
                          side_by_side(count, [&] { return walk(lanes, items, fails_at); }),
                          [&](std::exception_ptr error) { ended = std::move(error); });
    context.run();
    EXPECT_TRUE(ended.has_value());
    return ended.value_or(nullptr);
}

TEST(SideBySide, AllAreWaitedForAndRunAtOnce) {
    Lanes lanes;
    EXPECT_EQ(run(lanes, 4, 10), nullptr);
    EXPECT_EQ(lanes.done, 10U);
    EXPECT_EQ(lanes.most_at_once, 4U);
}

TEST(SideBySide, NoneIsFine) {
    Lanes lanes;
    EXPECT_EQ(run(lanes, 0, 10), nullptr);
    EXPECT_EQ(lanes.done, 0U);
}

TEST(SideBySide, TheOthersGoOnWhereOneThrows) {
    Lanes lanes;
    EXPECT_NE(run(lanes, 3, 9, 2), nullptr);
    EXPECT_EQ(lanes.done, 8U);
}

}  // namespace
}  // namespace usher::base
