#include "converge/endings_guard.h"

#include <gtest/gtest.h>

namespace usher::converge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const domain::TenantId kGuarded{"t"};

class EndingsGuardTest : public testing::Test {
  protected:
    bool reads(int count, bool ending) {
        bool stopped = false;
        for (int i = 0; i < count; ++i) stopped = guard.note(kGuarded, ending, now) || stopped;
        return stopped;
    }

    base::Monotonic now{hours{1}};
    EndingsGuard guard{{.percent = 5, .least = 20}};
};

TEST_F(EndingsGuardTest, AFewEndingsAreLife) {
    EXPECT_FALSE(reads(19, true)) << "as many as prove nothing";
    EXPECT_TRUE(reads(1, true));
}

TEST_F(EndingsGuardTest, ManyEndingsAmongManyReadsAreLifeToo) {
    EXPECT_FALSE(reads(1000, false));
    EXPECT_FALSE(reads(50, true));
    EXPECT_TRUE(reads(10, true));
    EXPECT_EQ(guard.count(kGuarded).endings, 60U);
    EXPECT_EQ(guard.count(kGuarded).reads, 1060U);
}

TEST_F(EndingsGuardTest, OnlyTheLastHourCounts) {
    EXPECT_FALSE(reads(19, true));
    now += minutes{59};
    EXPECT_TRUE(reads(1, true));
    now += minutes{2};
    EXPECT_FALSE(reads(18, true));
    EXPECT_TRUE(reads(1, true)) << "the one of a minute ago among them";
}

TEST_F(EndingsGuardTest, TenantsAreCountedApart) {
    EXPECT_FALSE(reads(19, true));
    EXPECT_FALSE(guard.note(domain::TenantId{"u"}, true, now));
}

TEST_F(EndingsGuardTest, WhatAPersonConfirmedIsTakenForAWhile) {
    EXPECT_TRUE(reads(20, true));
    guard.trust(kGuarded, now);
    EXPECT_FALSE(reads(500, true));
    now += hours{3};
    EXPECT_TRUE(reads(20, true));
}

TEST_F(EndingsGuardTest, CanBeTurnedOff) {
    EndingsGuard off{{.percent = 100}};
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(off.note(kGuarded, true, now));
}

}  // namespace
}  // namespace usher::converge
