// Groups: fairness, limits, retries, splits, commits whose outcome is unknown.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::Rows;
using flow::StoreError;
using flow::Writes;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using Answer = std::shared_ptr<std::optional<Committed>>;

flow::Command insertion(const domain::Entitlement& row) {
    return {{.tenant = row.tenant}, [row](const Rows&) {
                return Writes{.entitlement = row, .events = {event_of(row, "bought")}};
            }};
}

std::vector<Answer> queue_many(Lab& lab, const std::string& tenant, int count) {
    std::vector<Answer> answers;
    for (int i = 0; i < count; ++i) {
        answers.push_back(lab.queue(insertion(bare_entitlement(tenant, std::to_string(i)))));
    }
    return answers;
}

std::size_t answered(const std::vector<Answer>& answers) {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers, [](const Answer& answer) { return answer->has_value(); }));
}

std::vector<Committed> outcomes(const std::vector<Answer>& answers) {
    std::vector<Committed> all;
    for (const auto& answer : answers) all.push_back(answer->value());
    return all;
}

// Says `fault` once, for the next commit.
struct Once {
    std::shared_ptr<bool> armed = std::make_shared<bool>(false);
    std::function<bool()> hook() const {
        return [armed = armed] { return std::exchange(*armed, false); };
    }
    std::function<CommitFault()> hook(CommitFault fault) const {
        return [armed = armed, fault] {
            return std::exchange(*armed, false) ? fault : CommitFault::none;
        };
    }
};

}  // namespace

TEST_P(Contract, NothingIsAnsweredBeforeItsGroupWasRun) {
    auto& lab = open();
    const auto answers = queue_many(lab, "t", 3);
    EXPECT_EQ(answered(answers), 0U);
    EXPECT_FALSE(lab.store().run_group());
    EXPECT_EQ(answered(answers), 3U);
}

TEST_P(Contract, AGroupTakesFromEachTenantInTurn) {
    auto& lab = open({.group_limit = 4});
    const auto many = queue_many(lab, "busy", 10);
    const auto few = queue_many(lab, "quiet", 2);
    EXPECT_TRUE(lab.store().run_group());
    EXPECT_EQ(answered(many), 2U);
    EXPECT_EQ(answered(few), 2U);
    lab.turn();
    EXPECT_EQ(answered(many), 10U);
    const auto feed = lab.feed("busy");
    ASSERT_EQ(feed.size(), 10U);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(feed[i].entitlement.text(), std::to_string(i));
}

TEST_P(Contract, AFullQueueRefusesTheTenantThatFillsIt) {
    auto& lab = open({.queue_limit = 4});
    const auto many = queue_many(lab, "busy", 6);
    EXPECT_EQ(answered(many), 2U);
    const auto few = queue_many(lab, "quiet", 1);
    EXPECT_EQ(answered(few), 0U);
    EXPECT_EQ(answered(many), 3U);  // its newest gave way
    lab.turn();
    const Committed overloaded = std::unexpected{StoreError::overloaded};
    EXPECT_EQ(std::ranges::count(outcomes(many), overloaded), 3);
    EXPECT_TRUE(few.front()->value().has_value());
    EXPECT_EQ(lab.feed("busy").size(), 3U);
}

TEST_P(Contract, WhatWaitedTooLongIsRefused) {
    auto& lab = open({.queue_age = std::chrono::seconds{1}});
    const auto old = queue_many(lab, "t", 1);
    clock_.pass(std::chrono::seconds{2});
    const auto behind = lab.queue(insertion(bare_entitlement("t", "late")));
    const Committed overloaded = std::unexpected{StoreError::overloaded};
    EXPECT_EQ(behind->value(), overloaded);  // its tenant is known to wait too long
    lab.turn();
    EXPECT_EQ(old.front()->value(), overloaded);
    EXPECT_THAT(lab.feed("t"), IsEmpty());
    EXPECT_TRUE(lab.insert(bare_entitlement("t", "x")).has_value());
}

TEST_P(Contract, DecideMayRunAgainAndItsLastAnswerCounts) {
    int again = 2;
    auto& lab = open({.faults = {.decide_again = [&] { return again-- > 0; }}});
    int runs = 0;
    const auto committed = lab.commit({.tenant = domain::TenantId{"t"}}, [&](const Rows&) {
        return Writes{.entitlement = bare_entitlement("t", std::to_string(++runs))};
    });
    EXPECT_TRUE(committed.has_value());
    EXPECT_EQ(runs, 3);
    EXPECT_EQ(lab.stored(bare_entitlement("t", "1")), std::nullopt);
    EXPECT_EQ(lab.stored(bare_entitlement("t", "2")), std::nullopt);
    EXPECT_TRUE(lab.stored(bare_entitlement("t", "3")).has_value());
}

TEST_P(Contract, RetriesEnd) {
    auto& lab = open({.decide_runs = 4, .faults = {.decide_again = [] { return true; }}});
    EXPECT_EQ(lab.insert(bare_entitlement("t", "1")), std::unexpected{StoreError::contended});
    EXPECT_EQ(lab.stored(bare_entitlement("t", "1")), std::nullopt);
}

TEST_P(Contract, ACommandThatFailsLeavesNothingAndStopsNobody) {
    int calls = 0;
    // The third command fails after it wrote, in the group and again alone.
    auto& lab = open({.faults = {.fail_command = [&] {
                          ++calls;
                          return calls == 3 || calls == 6;
                      }}});
    const auto answers = queue_many(lab, "t", 5);
    lab.turn();
    const Committed damaged = std::unexpected{StoreError::damaged};
    EXPECT_EQ(outcomes(answers).at(2), damaged);
    EXPECT_EQ(std::ranges::count(outcomes(answers), damaged), 1);
    EXPECT_EQ(lab.stored(bare_entitlement("t", "2")), std::nullopt);
    std::vector<std::int64_t> positions;
    for (const auto& event : lab.feed("t")) positions.push_back(event.position);
    EXPECT_THAT(positions, ElementsAre(1, 2, 3, 4));
}

TEST_P(Contract, AFailedCommitRecordsNothingOfItsGroup) {
    const Once fault;
    auto& lab = open({.faults = {.before_commit = fault.hook(CommitFault::fail)}});
    ASSERT_TRUE(lab.insert(bare_entitlement("t", "before")).has_value());
    *fault.armed = true;
    const auto answers = queue_many(lab, "t", 3);
    lab.store().run_group();
    EXPECT_THAT(outcomes(answers), Each(Committed{std::unexpected{StoreError::not_writable}}));
    EXPECT_FALSE(lab.store().writable().has_value());
    EXPECT_THAT(lab.feed("t"), IsEmpty());

    // The next group finds the store reopened; positions go on without a gap.
    const auto again = queue_many(lab, "t", 3);
    lab.turn();
    for (const auto& answer : again) EXPECT_TRUE(answer->value().has_value());
    EXPECT_TRUE(lab.store().writable().has_value());
    EXPECT_EQ(lab.feed("t").size(), 3U);
    EXPECT_TRUE(lab.stored(bare_entitlement("t", "before")).has_value());
}

TEST_P(Contract, ACommitWithoutAnOutcomeIsUnconfirmedWhetherKeptOrLost) {
    for (const bool kept : {true, false}) {
        const Once fault;
        auto& lab =
            open({.faults = {.before_commit = fault.hook(kept ? CommitFault::unknown_kept
                                                              : CommitFault::unknown_lost)}});
        const std::string tenant = kept ? "kept" : "lost";
        *fault.armed = true;
        const auto answers = queue_many(lab, tenant, 2);
        lab.store().run_group();
        EXPECT_THAT(outcomes(answers), Each(Committed{std::unexpected{StoreError::unconfirmed}}));
        EXPECT_EQ(lab.feed(tenant).size(), kept ? 2U : 0U);
        EXPECT_TRUE(lab.insert(bare_entitlement(tenant, "next")).has_value());
        EXPECT_TRUE(lab.update(bare_entitlement(tenant, "next"), [](auto& row) { ++row.version; })
                        .has_value());
        EXPECT_EQ(lab.feed(tenant).back().position, kept ? 3 : 1);
        lab_.reset();
    }
}

TEST_P(Contract, AfterRepeatedFailuresItPausesBeforeItReopens) {
    bool failing = true;
    auto& lab = open({.faults = {.before_commit = [&] {
                          return failing ? CommitFault::fail : CommitFault::none;
                      }}});
    const Committed refused = std::unexpected{StoreError::not_writable};
    EXPECT_EQ(lab.insert(bare_entitlement("t", "1")), refused);
    EXPECT_EQ(lab.insert(bare_entitlement("t", "1")), refused);
    failing = false;
    EXPECT_EQ(lab.insert(bare_entitlement("t", "1")), refused);  // still pausing
    clock_.pass(std::chrono::seconds{1});
    EXPECT_FALSE(lab.store().run_group());  // reopens without anybody who writes
    EXPECT_TRUE(lab.store().writable().has_value());
    EXPECT_TRUE(lab.insert(bare_entitlement("t", "1")).has_value());
}

TEST_P(Contract, ClosingAnswersEverybodyAndTakesNothingMore) {
    auto& lab = open();
    const auto waiting = queue_many(lab, "t", 2);
    lab.store().close();
    const Committed closed = std::unexpected{StoreError::closed};
    EXPECT_THAT(outcomes(waiting), Each(closed));
    EXPECT_EQ(lab.queue(insertion(bare_entitlement("t", "9")))->value(), closed);
    const auto found =
        lab.ask(lab.store().find_entitlement(domain::TenantId{"t"}, domain::EntitlementId{"0"}));
    EXPECT_EQ(found, std::unexpected{StoreError::closed});
}

}  // namespace usher::store
