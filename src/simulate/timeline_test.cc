#include "simulate/timeline.h"

#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace usher::simulate {
namespace {

using std::chrono::seconds;

class TimelineTest : public testing::Test {
  protected:
    void note(int what, base::Duration after, Life life = kWorld) {
        timeline_.after(after, life, [this, what](bool) { happened_.push_back(what); });
    }
    void run() {
        while (timeline_.next()) timeline_.step();
    }

    Dice dice_{7, 0};
    Timeline timeline_{dice_};
    std::vector<int> happened_;
};

TEST_F(TimelineTest, inOrder) {
    const auto begun = timeline_.now();
    note(3, seconds{30});
    note(1, seconds{1});
    note(2, seconds{2});
    run();
    EXPECT_EQ(happened_, (std::vector{1, 2, 3}));
    EXPECT_EQ(timeline_.now() - begun, seconds{30});
}

TEST_F(TimelineTest, whatIsPastHappensNow) {
    note(1, -seconds{5});
    const auto begun = timeline_.now();
    run();
    EXPECT_EQ(timeline_.now(), begun);
    EXPECT_EQ(happened_.size(), 1U);
}

TEST_F(TimelineTest, atOneMomentInAnyOrder) {
    bool turned = false;
    for (int i = 0; i < 50 && !turned; ++i) {
        happened_.clear();
        note(1, seconds{1});
        note(2, seconds{1});
        run();
        turned = happened_ == std::vector{2, 1};
    }
    EXPECT_TRUE(turned);
}

TEST_F(TimelineTest, aLifeThatIsOverArmsNothing) {
    note(1, seconds{1}, 1);
    note(2, seconds{2}, 2);
    timeline_.drop(1);
    run();
    EXPECT_EQ(happened_, std::vector{2});
}

TEST_F(TimelineTest, aClockPostsOnceAndNeverInline) {
    boost::asio::io_context context;
    const base::Duration wrong{seconds{3600}};
    LifeClock clock{timeline_, 1, wrong};
    EXPECT_EQ(clock.now(), wall_time(timeline_.now()) + wrong);
    std::vector<bool> fired;
    const auto hear = [&](bool by_time) { fired.push_back(by_time); };
    const auto early = clock.arm(timeline_.now() + seconds{1}, context.get_executor(), hear);
    clock.arm(timeline_.now() + seconds{2}, context.get_executor(), hear);
    clock.disarm(early);
    clock.disarm(early);
    EXPECT_TRUE(fired.empty());
    run();
    EXPECT_TRUE(fired.empty());
    context.poll();
    EXPECT_EQ(fired, (std::vector{false, true}));
}

}  // namespace
}  // namespace usher::simulate
