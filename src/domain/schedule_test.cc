#include "domain/schedule.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/random.h"

namespace usher::domain {
namespace {

using namespace std::chrono_literals;

const base::Time kNow = base::from_micros(1'000'000'000);
const SchedulePolicy kPolicy;

std::optional<base::Time> due(const Convergence& it, std::uint32_t attempts = 0,
                              std::optional<base::Time> ends_at = std::nullopt,
                              double jitter = 0.5) {
    return next_due(it, ActionSet::all(), attempts, ends_at, kPolicy, kNow, jitter);
}

Convergence settled(EntitlementStatus status) {
    return {.status = status, .partner_status = meaning(status), .bound = true};
}

Convergence with_call(CallPhase phase) {
    auto it = settled(EntitlementStatus::active);
    it.calls.push_back({.number = 1,
                        .action = PartnerAction::suspend,
                        .phase = phase,
                        .begun = kNow,
                        .deadline = kNow + 15min,
                        .horizon = kNow + 48h});
    return it;
}

TEST(Schedule, WhatIsSettledIsNotDue) {
    EXPECT_EQ(due(settled(EntitlementStatus::active)), std::nullopt);
    EXPECT_EQ(due(settled(EntitlementStatus::revoked)), std::nullopt);
}

TEST(Schedule, ANextStepIsDueAtOnceAndLaterWithEachFailure) {
    auto it = settled(EntitlementStatus::active);
    it.status = EntitlementStatus::suspended;
    it.intent = true;
    EXPECT_EQ(due(it), kNow);
    EXPECT_GT(due(it, 1), kNow);
    EXPECT_GT(due(it, 6), due(it, 1));
}

TEST(Schedule, WhatIsOpenIsLookedAtAgain) {
    EXPECT_EQ(due(with_call(CallPhase::awaited)), kNow + kPolicy.awaited_first);
    EXPECT_EQ(due(with_call(CallPhase::open)), kNow + kPolicy.open_call_read);
    auto seen = with_call(CallPhase::open);
    seen.calls.front().result = kEffectSeen;
    EXPECT_EQ(due(seen), kNow + 48h);
    EXPECT_EQ(due(with_call(CallPhase::under_way)), kNow + 15min);
}

TEST(Schedule, WhatMovesByItselfIsReadWithoutReports) {
    const auto pending = due(settled(EntitlementStatus::pending));
    EXPECT_LE(pending, kNow + kPolicy.pending_read);
    const auto ending = settled(EntitlementStatus::active_ending);
    EXPECT_LE(due(ending), kNow + kPolicy.ending_read);
    EXPECT_EQ(due(ending, 0, kNow + 1h), kNow + 1h + 2s);
}

// The seed comes from USHER_TEST_SEED when that is set.
TEST(Schedule, BackoffStaysWithinItsBoundsForAnyAttemptAndJitter) {
    const char* given = std::getenv("USHER_TEST_SEED");
    const auto seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : base::make_system_random()->next();
    SCOPED_TRACE("USHER_TEST_SEED=" + std::to_string(seed));
    const auto random = base::make_seeded_random(seed);
    constexpr int kRounds = 2000;
    for (int round = 0; round < kRounds; ++round) {
        const auto any = static_cast<std::uint32_t>(random->next() >> 33U);
        const auto attempts = round % 2 == 0 ? any : any % 40;
        const auto jitter = random->fraction();
        const auto wait = backoff(attempts, kPolicy, jitter);
        if (attempts == 0) {
            EXPECT_EQ(wait, base::Duration::zero());
            continue;
        }
        EXPECT_GE(wait, kPolicy.backoff_first / 10);
        EXPECT_LE(wait, kPolicy.backoff_longest);
        EXPECT_LE(wait, backoff(attempts + 1, kPolicy, jitter));
    }
}

TEST(Schedule, AClockThatWasSetBackIsNoHaste) {
    Convergence row{.status = EntitlementStatus::suspended,
                    .partner_status = PartnerStatus::active,
                    .intent = true,
                    .bound = true};
    row.calls = {{.number = 1,
                  .action = PartnerAction::suspend,
                  .phase = CallPhase::awaited,
                  .begun = kNow + std::chrono::hours{1},
                  .deadline = kNow + std::chrono::hours{2}}};
    const SchedulePolicy policy;
    EXPECT_EQ(next_due(row, ActionSet::all(), 0, {}, policy, kNow, 0.5),
              kNow + policy.awaited_longest);
}

}  // namespace
}  // namespace usher::domain
