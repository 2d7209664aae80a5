// The stores behind flow::Store. Every engine keeps the same contract (contract_test.cc); they
// differ in what survives: `memory` nothing, `sqlite` kill -9 and power loss (design: WAL,
// synchronous=FULL, an answer only after its commit is durable).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "flow/store.h"

namespace usher::store {

// What a test or a simulation makes of one COMMIT.
enum class CommitFault {
    none,
    fail,          // certainly nothing is recorded
    unknown_lost,  // the outcome is not learnt; nothing is recorded
    unknown_kept,  // the outcome is not learnt; everything is recorded
};

// For tests and simulation only; empty functions do nothing. Called on the writer's thread.
struct Faults {
    std::function<CommitFault()> before_commit;
    std::function<bool()> decide_again;  // true: what decide returned is dropped, it runs again
    std::function<bool()> fail_command;  // true: this command fails after it wrote
    // Where several stores share a database. Between two statements of a transaction: true lets
    // others go on first. A transaction that has to be repeated: called once.
    std::function<bool()> pause;
    std::function<void()> repeated;
};

struct StoreOptions {
    std::size_t queue_limit = 4096;                      // commands; beyond it `overloaded`
    base::Duration queue_age = std::chrono::seconds{2};  // a command that waited longer is refused
    std::size_t group_limit = 128;  // commands in one transaction: latency against throughput
    std::size_t read_limit = 1024;  // questions waiting; beyond it `overloaded`
    std::size_t readers = 2;        // read-only connections, a thread each
    std::size_t spare_readers = 4;  // more of them, for who asks for a single row
    int decide_runs = 5;            // then `contended`

    // SQLite. From `wal_soft_bytes` on the write-ahead log is copied back beside the writer, who
    // copies the rest; at `wal_hard_bytes` it waits for that, and for readers to finish it.
    std::int64_t wal_soft_bytes = 16LL << 20;
    std::int64_t wal_hard_bytes = 64LL << 20;
    std::chrono::milliseconds busy_timeout{2000};  // 0 in a simulation, where nobody may sleep
    std::int64_t max_pages = 0;                    // of the file; 0: no limit. For tests

    std::size_t connections = 1;  // to a shared database: transactions of this store at once

    bool accept_lost_log = false;  // starts although acknowledged changes are gone

    // With threads the store turns itself. Without, its owner calls run_group(), run_upkeep() and
    // run_reads();
    // `on_work` tells when there is something to do, from any thread.
    bool threads = true;
    std::function<void()> on_work;
    Faults faults;
    base::Metrics* metrics = nullptr;  // told of groups and checkpoints; must outlive the store
};

// A store whose work is done in steps.
class SteppedStore : public flow::Store {
  public:
    // One transaction with the commands of one group, then their answers. True when more waits. Not
    // from two threads at once.
    virtual bool run_group() = 0;

    // What is done beside the transactions, as much as there is; also while one is under way.
    virtual void run_upkeep() = 0;

    // A few questions. True when more waits.
    virtual bool run_reads() = 0;

    // Answers everything that waits with `closed`, stops the threads, takes nothing more. To be
    // called before the executors of who waits are destroyed; the destructor calls it too.
    virtual void close() = 0;
};

struct OpenError {
    std::string sentence;  // what is wrong and the remedy, naming the file
};

using OpenResult = std::expected<std::unique_ptr<SteppedStore>, OpenError>;

// `url` is "sqlite:path", the path relative to the working directory or absolute. Creates the file
// when there is none, brings the schema up to date and refuses a newer one. Holds the file
// exclusively until destroyed or killed. `clock` must outlive the store.
OpenResult open_store(std::string_view url, base::Clock& clock, StoreOptions options = {});

// What a look at every page of a store's file found. It may be in use by a server meanwhile.
struct FileReport {
    std::uint64_t pages = 0;
    std::vector<std::uint32_t> damaged;  // their numbers, from 1
    std::uint64_t unsealed = 0;  // without a checksum: another program copied them out of the log
    std::uint64_t missing = 0;   // of those that the first page says there are
};

std::expected<FileReport, OpenError> check_store(std::string_view url);

struct BackupReport {
    std::uint64_t pages = 0;
    std::uint64_t entitlements = 0;
    std::uint64_t events = 0;
};

// Copies a store's file into `file`, also while a server uses it: what was recorded when it began,
// and nothing later. The copy is on the disk and was looked at when this returns; after an error
// there is none. A file that is there is never written over. The log grows meanwhile, since it
// cannot begin anew as long as somebody reads; the writer goes on.
std::expected<BackupReport, OpenError> back_up_store(std::string_view url,
                                                     const std::filesystem::path& file);

struct RestoreRequest {
    std::filesystem::path from;  // what back_up_store made
    bool replace = false;        // a store that is there is moved aside; else it is refused
    // What becomes of each entitlement, as for a command that reads it: the outside has moved on
    // since the copy was made. Pure.
    std::function<flow::Writes(const flow::Rows&)> decide;
    // Written with it, after every entitlement was decided; empty: nothing.
    std::function<std::optional<flow::Hold>(base::Time now)> hold;
};

struct RestoreReport {
    std::uint64_t entitlements = 0;
    std::uint64_t changed = 0;        // of them, by `decide`
    bool held = false;                // `hold` gave one
    std::filesystem::path set_aside;  // where the store that was there is now; empty: none was
};

// Puts a backup in the place of a store's file, with what `decide` makes of it in one transaction.
// Until it returns without an error, what was there is there. Nobody may have the store in use.
std::expected<RestoreReport, OpenError> restore_store(std::string_view url, base::Clock& clock,
                                                      const RestoreRequest& request);

// Keeps everything in memory, for tests and simulation.
std::unique_ptr<SteppedStore> make_memory_store(base::Clock& clock, StoreOptions options = {});

// One database that several stores write to, as the nodes over one PostgreSQL do: it outlives each
// of them, and its clock is the store's. In memory, for tests and simulation. Thread-safe.
class SharedDatabase {
  public:
    virtual ~SharedDatabase() = default;

    // While it is away nothing is read or written; transactions that were under way are undone, and
    // whoever had sent COMMIT does not learn that.
    virtual void set_away(bool away) = 0;
};

// `clock` judges leases and due times. Must outlive it.
std::shared_ptr<SharedDatabase> make_shared_database(base::Clock& clock);

// A store over it. Each of its `connections` runs one transaction at a time, as a serializable one:
// what it read is what was committed when it began, and when that has changed before its COMMIT,
// its commands are decided again. A step of run_group() is one transaction, or, with
// `Faults::pause`, as many of its statements as nobody else comes between. `clock` is the node's
// own: how long commands wait is judged by it.
std::unique_ptr<SteppedStore> make_shared_store(std::shared_ptr<SharedDatabase> database,
                                                base::Clock& clock,
                                                const StoreOptions& options = {});

}  // namespace usher::store
