#include "base/worker.h"

#include <atomic>
#include <latch>

#include <gtest/gtest.h>

namespace usher::base {

TEST(Worker, StepsUntilNothingIsLeft) {
    std::atomic<int> left = 5;
    std::latch done{5};
    Worker worker{[&] {
        done.count_down();
        return --left > 0;
    }};
    worker.wake();
    done.wait();
    worker.stop();
    EXPECT_EQ(left, 0);
}

TEST(Worker, RemembersAWakeThatComesDuringAStep) {
    std::latch begun{1};
    std::latch go_on{1};
    std::latch again{2};
    Worker worker{[&] {
        again.count_down();
        if (begun.try_wait()) return false;
        begun.count_down();
        go_on.wait();
        return false;
    }};
    worker.wake();
    begun.wait();
    worker.wake();
    go_on.count_down();
    again.wait();
    worker.stop();
    EXPECT_TRUE(again.try_wait());
}

TEST(Worker, BeginsNothingAfterItWasStopped) {
    std::atomic<int> steps = 0;
    Worker worker{[&] {
        ++steps;
        return true;
    }};
    worker.wake();
    worker.stop();
    const int then = steps;
    worker.wake();
    worker.stop();
    EXPECT_EQ(steps, then);
}

}  // namespace usher::base
