// Several stores over one database: what their transactions do to each other.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/lab_test.h"

namespace usher::store {
namespace {

using flow::Rows;
using flow::StoreError;
using flow::Wanted;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

using Answer = std::shared_ptr<std::optional<Committed>>;

class Shared : public testing::Test {
  protected:
    // Every statement is a step of its own.
    std::unique_ptr<Lab> node(StoreOptions options = {}) {
        options.threads = false;
        if (!options.faults.pause) options.faults.pause = [] { return true; };
        return std::make_unique<Lab>(make_shared_store(database_, node_clock_, options));
    }

    static flow::Command add_one(const domain::Entitlement& row, std::string note = {}) {
        return {{.tenant = row.tenant, .entitlement = row.id}, [note](const Rows& rows) {
                    Writes writes{.entitlement = rows.entitlement};
                    ++writes.entitlement->version;
                    writes.events.push_back(event_of(*writes.entitlement, note));
                    return writes;
                }};
    }

    static std::vector<std::string> notes(Lab& lab, const std::string& tenant) {
        std::vector<std::string> all;
        std::int64_t last = 0;
        for (const auto& event : lab.feed(tenant)) {
            EXPECT_EQ(event.position, ++last);
            all.push_back(event.note);
        }
        return all;
    }

    static void step(Lab& lab, int statements) {
        for (int i = 0; i < statements; ++i) lab.store().run_group();
    }

    StillClock clock_;       // the database's
    StillClock node_clock_;  // of every node
    std::shared_ptr<SharedDatabase> database_ = make_shared_database(clock_);
    domain::Entitlement row_ = bare_entitlement("t", "1");
};

TEST_F(Shared, WhatOneCommitsTheOthersRead) {
    const auto a = node();
    const auto b = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    EXPECT_EQ(b->stored(row_), row_);
}

TEST_F(Shared, AStaleDecisionIsMadeAgain) {
    const auto a = node();
    const auto b = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    const auto slow = a->queue(add_one(row_, "slow"));
    step(*a, 2);  // read and decided
    ASSERT_TRUE(b->commit(add_one(row_, "fast")).has_value());
    a->turn();
    EXPECT_TRUE(slow->value().has_value());
    EXPECT_EQ(a->stored(row_)->version, row_.version + 2);
    EXPECT_THAT(notes(*a, "t"), ElementsAre("fast", "slow"));
    const auto feed = a->feed("t");
    EXPECT_EQ(feed.at(1).previous, feed.at(0).position);
}

TEST_F(Shared, WhatWasNotThereIsReadAsWell) {
    const auto a = node();
    const auto b = node();
    int runs = 0;
    const auto make = [&](const Rows& rows) {
        ++runs;
        return rows.entitlement ? Writes{} : Writes{.entitlement = row_};
    };
    const Wanted wanted{.tenant = row_.tenant, .entitlement = row_.id};
    const auto slow = a->queue({wanted, make});
    step(*a, 2);
    ASSERT_TRUE(b->insert(row_).has_value());
    a->turn();
    EXPECT_TRUE(slow->value().has_value());
    EXPECT_EQ(runs, 2);
}

TEST_F(Shared, ReportsThatWereReadAreReadAsWell) {
    const auto a = node();
    const auto b = node();
    int runs = 0;
    const auto keep = [&](const std::string& digest, int* count) {
        return flow::Command{
            {.tenant = row_.tenant, .reports_of = row_.id}, [&, digest, count](const Rows& rows) {
                if (count != nullptr) ++*count;
                if (!rows.reports.empty()) return Writes{};
                return Writes{.report = flow::KeptReport{
                                  .tenant = row_.tenant, .entitlement = row_.id, .digest = digest}};
            }};
    };
    const auto slow = a->queue(keep("slow", &runs));
    step(*a, 2);
    ASSERT_TRUE(b->commit(keep("fast", nullptr)).has_value());
    a->turn();
    EXPECT_TRUE(slow->value().has_value());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(a->ask(a->store().reports(row_.tenant, row_.id, 9)).value().size(), 1U);
}

TEST_F(Shared, RetriesEnd) {
    const auto a = node({.decide_runs = 3});
    const auto b = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    const auto slow = a->queue(add_one(row_));
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(slow->has_value()) << i;
        step(*a, 2);
        ASSERT_TRUE(b->commit(add_one(row_)).has_value());
        step(*a, 1);
    }
    EXPECT_EQ(slow->value(), Committed{std::unexpected{StoreError::contended}});
    EXPECT_EQ(a->stored(row_)->version, row_.version + 3);
}

TEST_F(Shared, OneThatIsInTheWayStopsOnlyWhatItConcerns) {
    const auto a = node();
    const auto b = node();
    const auto other = bare_entitlement("t", "2");
    ASSERT_TRUE(a->insert(row_).has_value());
    ASSERT_TRUE(a->insert(other).has_value());
    const auto first = a->queue(add_one(row_, "first"));
    const auto second = a->queue(add_one(other, "second"));
    step(*a, 2);
    ASSERT_TRUE(b->commit(add_one(row_, "between")).has_value());
    a->turn();
    EXPECT_TRUE(first->value().has_value());
    EXPECT_TRUE(second->value().has_value());
    EXPECT_THAT(notes(*a, "t"), testing::UnorderedElementsAre("between", "first", "second"));
}

TEST_F(Shared, CommandsOfOneGroupSeeEachOther) {
    const auto a = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    const auto first = a->queue(add_one(row_));
    const auto second = a->queue(add_one(row_));
    step(*a, 3);
    EXPECT_TRUE(first->value().has_value());
    EXPECT_TRUE(second->value().has_value());
    EXPECT_EQ(a->stored(row_)->version, row_.version + 2);
}

TEST_F(Shared, PositionsAreInTheOrderOfTheCommits) {
    const auto a = node();
    const auto b = node();
    const auto other = bare_entitlement("t", "2");
    ASSERT_TRUE(a->insert(row_).has_value());
    ASSERT_TRUE(a->insert(other).has_value());
    const auto began_first = a->queue(add_one(row_, "began first"));
    step(*a, 2);
    ASSERT_TRUE(b->commit(add_one(other, "committed first")).has_value());
    a->turn();
    EXPECT_TRUE(began_first->value().has_value());
    EXPECT_THAT(notes(*b, "t"), ElementsAre("committed first", "began first"));
}

TEST_F(Shared, ANodeThatDiesLeavesOnlyWhatItCommitted) {
    auto a = node();
    const auto b = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    const auto lost = a->queue(add_one(row_));
    step(*a, 2);
    a.reset();
    EXPECT_EQ(lost->value(), Committed{std::unexpected{StoreError::closed}});
    EXPECT_EQ(b->stored(row_), row_);
    EXPECT_TRUE(b->commit(add_one(row_)).has_value());
}

TEST_F(Shared, WhileItIsAwayNothingIsReadOrWritten) {
    const auto a = node();
    ASSERT_TRUE(a->insert(row_).has_value());
    database_->set_away(true);
    const Committed refused = std::unexpected{StoreError::not_writable};
    EXPECT_EQ(a->commit(add_one(row_)), refused);
    EXPECT_FALSE(a->store().writable().has_value());
    EXPECT_EQ(a->ask(a->store().find_entitlement(row_.tenant, row_.id)),
              std::unexpected{StoreError::not_writable});
    database_->set_away(false);
    node_clock_.pass(std::chrono::seconds{10});
    EXPECT_TRUE(a->commit(add_one(row_)).has_value());
    EXPECT_TRUE(a->store().writable().has_value());
    EXPECT_EQ(a->stored(row_)->version, row_.version + 1);
}

TEST_F(Shared, WhatWasUnderWayWhenItWentAwayIsUndone) {
    const std::array expected{StoreError::not_writable, StoreError::unconfirmed};
    for (int statements = 1; statements <= 2; ++statements) {
        const auto a = node();
        const auto row = bare_entitlement("t", "row " + std::to_string(statements));
        ASSERT_TRUE(a->insert(row).has_value());
        const auto answer = a->queue(add_one(row));
        step(*a, statements);
        database_->set_away(true);
        database_->set_away(false);
        step(*a, 1);
        EXPECT_EQ(answer->value(), Committed{std::unexpected{expected.at(statements - 1)}});
        EXPECT_EQ(a->stored(row), row);
    }
}

TEST_F(Shared, TheDatabasesClockIsTheStores) {
    const auto a = node();
    node_clock_.pass(std::chrono::hours{1});
    base::Time seen;
    const auto committed = a->commit({.tenant = row_.tenant}, [&](const Rows& rows) {
        seen = rows.now;
        return Writes{};
    });
    EXPECT_EQ(committed, Committed{clock_.now()});
    EXPECT_EQ(seen, clock_.now());
    auto due = row_;
    due.due_at = clock_.now() + std::chrono::minutes{30};
    ASSERT_TRUE(a->insert(due).has_value());
    EXPECT_THAT(a->due(10).due, IsEmpty());
}

// Whatever comes between the statements, each change that was acknowledged is there once, and none
// that was turned away.
TEST_F(Shared, RandomInterleavings) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        Maker dice{seed};
        database_ = make_shared_database(clock_);
        StoreOptions options{.group_limit = 4, .decide_runs = 20, .connections = 2};
        options.faults.pause = [&] { return dice.flip(); };
        options.faults.before_commit = [&] {
            constexpr std::array kFaults{CommitFault::fail, CommitFault::unknown_lost,
                                         CommitFault::unknown_kept};
            return dice.below(20) == 0 ? kFaults.at(dice.below(3)) : CommitFault::none;
        };
        std::vector<std::unique_ptr<Lab>> nodes;
        for (int i = 0; i < 3; ++i) nodes.push_back(node(options));
        std::vector<domain::Entitlement> rows;
        for (int i = 0; i < 3; ++i) rows.push_back(bare_entitlement("t", std::to_string(i)));
        std::uint64_t at_least = 0;
        std::uint64_t in_doubt = 0;
        {
            auto first = make_shared_store(database_, node_clock_, {.threads = false});
            Lab lab{std::move(first)};
            for (const auto& row : rows) ASSERT_TRUE(lab.insert(row).has_value());
        }
        std::vector<Answer> answers;
        for (int i = 0; i < 300; ++i) {
            auto& lab = *nodes.at(dice.below(3));
            if (i < 200 && dice.flip())
                answers.push_back(lab.queue(add_one(rows.at(dice.below(3)))));
            lab.store().run_group();
            node_clock_.pass(std::chrono::milliseconds{1});
        }
        for (const auto& lab : nodes) lab->turn();
        for (const auto& answer : answers) {
            if (answer->value()) ++at_least;
            if (answer->value() == Committed{std::unexpected{StoreError::unconfirmed}}) ++in_doubt;
        }
        std::uint64_t changes = 0;
        for (const auto& row : rows) changes += nodes[0]->stored(row)->version - row.version;
        EXPECT_GE(changes, at_least) << seed;
        EXPECT_LE(changes, at_least + in_doubt) << seed;
        EXPECT_GT(at_least, 0U) << seed;
        EXPECT_EQ(notes(*nodes[0], "t").size(), changes) << seed;
    }
}

}  // namespace
}  // namespace usher::store
