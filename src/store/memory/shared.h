// A database in memory that several stores write to at once, each transaction in three statements:
// read everything, decide and write, COMMIT. Between two of them others go on. It is optimistic:
// COMMIT looks whether what was read is still so, as a serializable transaction's does, and gives
// the positions of the feed, so that these are dense in the order of the commits.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/memory/engine.h"
#include "store/outage.h"
#include "store/queue.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "store/write_side.h"

namespace usher::store::memory {

class Database final : public SharedDatabase {
  public:
    explicit Database(base::Clock& clock) : clock_{clock}, state_{std::make_shared<State>()} {}

    void set_away(bool away) override;
    bool is_away() const { return away_; }
    // Grows each time that what was under way is undone.
    std::uint64_t session() const { return session_; }

    base::Time now() const { return clock_.now(); }
    const std::shared_ptr<State>& state() const { return state_; }

    // Only for a fault that is planted: positions that are not part of any transaction.
    std::int64_t take_positions(const domain::TenantId& tenant, std::size_t count);

  private:
    base::Clock& clock_;
    std::shared_ptr<State> state_;
    std::atomic<bool> away_ = false;
    std::atomic<std::uint64_t> session_ = 0;
    std::mutex mutex_;
    std::map<domain::TenantId, std::int64_t> positions_;
};

// The database's time on the node's timers: what is judged by the store's clock.
class DatabaseClock final : public base::Clock {
  public:
    DatabaseClock(const Database& database, base::Clock& node) : database_{database}, node_{node} {}

    base::Time now() const override { return database_.now(); }
    base::Monotonic monotonic() const override { return node_.monotonic(); }
    TimerId arm(base::Monotonic when, base::Executor executor, Handler handler) override {
        return node_.arm(when, std::move(executor), std::move(handler));
    }
    void disarm(TimerId timer) override { node_.disarm(timer); }

  private:
    const Database& database_;
    base::Clock& node_;
};

class SharedWriter final : public WriteSide {
  public:
    SharedWriter(std::shared_ptr<Database> database, base::Clock& clock,
                 const StoreOptions& options);

    void submit(flow::Command command,
                base::Completion<flow::StoreResult<base::Time>> done) override;
    bool run_group() override;
    std::expected<void, std::string> writable() const override;
    bool wants_reopening() const override;
    void close() override;

  private:
    enum class Statement { begin, decide, commit };

    // One command on its way through a transaction.
    struct Run {
        Job job;
        int runs = 0;  // of its decide, in transactions that came to nothing
        flow::Rows rows;
        flow::Writes writes;
        std::int64_t behind = 0;  // only for a fault that is planted
    };
    struct Connection {
        Statement next = Statement::begin;
        std::vector<Run> group;
        base::Time now;
        base::Monotonic begun;
        std::uint64_t session = 0;
    };

    bool make_ready();
    void take_group(Connection& connection, bool ready);
    void advance(Connection& connection);
    void read(Connection& connection);
    void decide(Connection& connection);
    void commit(Connection& connection);
    void end_transaction(Connection& connection);
    bool is_still_so(const std::vector<Run>& group, base::Time now);
    Applied write_all(Connection& connection);
    void give_up(std::vector<Run>& group);
    void repeat(Connection& connection);
    void split(Connection& connection);
    void answer_all(Connection& connection);
    void break_off(Connection& connection, flow::StoreError error, std::string why);

    std::shared_ptr<Database> database_;
    base::Clock& clock_;
    const StoreOptions options_;
    CommandQueue queue_;
    const StoreMetrics metrics_;
    Outage outage_;
    MemoryWriter engine_;
    std::vector<Connection> connections_;
    std::size_t turn_ = 0;
    std::deque<std::vector<Run>> again_;  // each to be run in a transaction of its own
};

class SharedReader final : public MemoryReader {
  public:
    explicit SharedReader(std::shared_ptr<Database> database)
        : MemoryReader{database->state()}, database_{std::move(database)} {}

    bool is_there() const override { return !database_->is_away(); }

  private:
    std::shared_ptr<Database> database_;
};

}  // namespace usher::store::memory
