// Both engines turned by their own threads, used from several at once.
#include <algorithm>
#include <filesystem>
#include <latch>

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "base/worker.h"
#include "store/contract_test.h"

namespace usher::store {

namespace {

constexpr int kThreads = 3;
constexpr int kCoroutines = 4;  // on each thread
constexpr int kChanges = 25;    // by each coroutine

// Grows the version of one row and must then read at least what it wrote.
base::Task<> change_and_look(SteppedStore& store, domain::Entitlement row) {
    for (int i = 0; i < kChanges; ++i) {
        const auto written = co_await flow::decide_in<std::uint64_t>(
            store, {.tenant = row.tenant, .entitlement = row.id}, [row](const flow::Rows& rows) {
                auto next = rows.entitlement.value();
                const auto version = ++next.version;
                flow::Writes writes{.entitlement = next, .events = {event_of(next, "")}};
                return std::pair{std::move(writes), version};
            });
        EXPECT_TRUE(written.has_value());
        const auto found = co_await store.find_entitlement(row.tenant, row.id);
        EXPECT_TRUE(found.has_value() && found->has_value());
        if (written && found && *found) {
            EXPECT_GE((*found)->version, *written);
        }
        const auto list = co_await store.due(5, {});
        EXPECT_TRUE(list.has_value());
    }
}

// On a thread of its own until the last coroutine has ended.
std::unique_ptr<base::Worker> start(SteppedStore& store, const domain::Entitlement& row,
                                    std::latch& done) {
    auto worker = std::make_unique<base::Worker>([&store, row, &done] {
        boost::asio::io_context context{1};
        for (int i = 0; i < kCoroutines; ++i) {
            boost::asio::co_spawn(context, change_and_look(store, row), boost::asio::detached);
        }
        context.run();
        done.count_down();
        return false;
    });
    worker->wake();
    return worker;
}

class Threads : public testing::TestWithParam<EngineKind> {};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Engines, Threads,
                         testing::Values(EngineKind::memory, EngineKind::shared,
                                         EngineKind::sqlite),
                         testing::PrintToStringParamName{});

TEST_P(Threads, NoChangeIsLostAndEveryoneReadsWhatTheyWrote) {
    const auto clock = base::make_system_clock();
    Folder folder;
    const auto store = make_store(GetParam(), folder, *clock,
                                  {.queue_age = std::chrono::minutes{5}, .group_limit = 8});
    std::latch inserted{1};
    auto row = bare_entitlement("t", "1");
    row.due_at = clock->now();
    store->submit({{.tenant = row.tenant},
                   [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }},
                  [&](Committed) { inserted.count_down(); });
    inserted.wait();

    std::latch done{kThreads};
    std::vector<std::unique_ptr<base::Worker>> workers;
    for (int i = 0; i < kThreads; ++i) workers.push_back(start(*store, row, done));
    done.wait();
    workers.clear();

    boost::asio::io_context context;
    auto feed = boost::asio::co_spawn(context, store->feed(row.tenant, 0, 100'000),
                                      boost::asio::use_future);
    context.run();
    const auto events = feed.get().value();
    ASSERT_EQ(events.size(), static_cast<std::size_t>(kThreads * kCoroutines * kChanges));
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].version, i + 1);
        EXPECT_EQ(events[i].position, static_cast<std::int64_t>(i) + 1);
    }
    store->close();
}

// A reader that goes on with what it saw must not keep the log from beginning anew.
TEST_P(Threads, ReadersLeaveTheLogAlone) {
    const auto clock = base::make_system_clock();
    Folder folder;
    constexpr std::int64_t kHardBytes = 200'000;
    const auto store = make_store(GetParam(), folder, *clock,
                                  {.wal_soft_bytes = 50'000, .wal_hard_bytes = kHardBytes});
    auto row = bare_entitlement("t", "1");
    row.due_at = clock->now();
    std::latch inserted{1};
    store->submit({{.tenant = row.tenant},
                   [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }},
                  [&](Committed) { inserted.count_down(); });
    inserted.wait();
    std::uintmax_t largest = 0;
    for (int i = 0; i < 10; ++i) {
        std::latch done{1};
        const auto worker = start(*store, row, done);
        done.wait();
        for (const auto& entry : std::filesystem::directory_iterator{folder / ""}) {
            if (entry.path().extension() == ".db-wal")
                largest = std::max(largest, entry.file_size());
        }
    }
    EXPECT_LT(largest, 2 * kHardBytes);
    store->close();
}

TEST_P(Threads, ClosingInTheMiddleAnswersEverybody) {
    const auto clock = base::make_system_clock();
    Folder folder;
    auto store = make_store(GetParam(), folder, *clock, {.group_limit = 2});
    constexpr int kMany = 200;
    std::atomic<int> answers = 0;
    for (int i = 0; i < kMany; ++i) {
        const auto row = bare_entitlement("t", std::to_string(i));
        store->submit({{.tenant = row.tenant},
                       [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }},
                      [&](Committed) { ++answers; });
    }
    store->close();
    EXPECT_EQ(answers, kMany);
}

}  // namespace usher::store
