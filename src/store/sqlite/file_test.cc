// The file: who may open it, what is refused and in what words, what survives.
#include <array>
#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "store/lab_test.h"
#include "store/sqlite/checked_file.h"

namespace usher::store {

using flow::Rows;
using flow::StoreError;
using flow::Writes;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

class SqliteFile : public testing::Test {
  protected:
    OpenResult try_open(StoreOptions options = {}) {
        options.threads = false;
        return open_store("sqlite:" + path_.string(), clock_, std::move(options));
    }

    std::unique_ptr<Lab> open(StoreOptions options = {}) {
        auto store = try_open(std::move(options));
        EXPECT_TRUE(store.has_value()) << store.error().sentence;
        return std::make_unique<Lab>(std::move(store.value()));
    }

    std::string refusal() {
        auto store = try_open();
        EXPECT_FALSE(store.has_value());
        return store ? std::string{} : store.error().sentence;
    }

    // By somebody else, with the store closed.
    void tamper(const std::string& sql,
                const char* file_system = sqlite::checked_file_system()) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                  file_system),
                  SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
    }

    void write_file(const std::string& bytes) const {
        std::ofstream{path_, std::ios::binary} << bytes;
    }

    StillClock clock_;
    Folder folder_;
    std::filesystem::path path_ = folder_ / "usher.db";
};

domain::Entitlement leased(const std::string& id, base::Time until) {
    auto row = full_entitlement("t", id);
    row.due_at = until;
    row.claim.lease_until = until;
    return row;
}

}  // namespace

TEST_F(SqliteFile, KeepsEverythingWhenReopened) {
    const auto full = full_entitlement("t", "1");
    const auto bare = bare_entitlement("t", "2");
    std::vector<domain::Event> feed;
    {
        const auto lab = open();
        ASSERT_TRUE(lab->insert(full).has_value());
        ASSERT_TRUE(lab->insert(bare).has_value());
        ASSERT_TRUE(lab->update(bare, [](auto& row) { ++row.version; }).has_value());
        feed = lab->feed("t");
    }
    const auto lab = open();
    auto expected = full;  // but its lease: who held it is gone
    expected.claim.lease_until.reset();
    expected.due_at = clock_.now();
    EXPECT_EQ(lab->stored(full), expected);
    EXPECT_EQ(lab->stored(bare)->version, 1U);
    EXPECT_EQ(lab->feed("t"), feed);
    ASSERT_TRUE(lab->update(bare, [](auto& row) { ++row.version; }).has_value());
    EXPECT_EQ(lab->feed("t").back().position, 2);
}

TEST_F(SqliteFile, IsRefusedToASecondUsherByAnyName) {
    auto first = open();
    EXPECT_THAT(refusal(), AllOf(HasSubstr("usher.db is in use by another Usher (process "),
                                 HasSubstr("stop that one")));
    std::filesystem::create_symlink(path_, folder_ / "link.db");
    const auto linked = open_store("sqlite:" + (folder_ / "link.db").string(), clock_, {});
    EXPECT_FALSE(linked.has_value());
    first.reset();
    EXPECT_TRUE(try_open().has_value());
}

// A process of its own that commits, says so, and is killed without warning.
TEST_F(SqliteFile, KeepsWhatAKilledProcessAnsweredAndFreesItsLockAndLeases) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto lab = open();
        const auto until = clock_.now() + std::chrono::hours{1};
        bool good = true;
        for (const std::string id : {"1", "2", "3"}) {
            good = lab->insert(leased(id, until)).has_value() && good;
        }
        const char said = good ? 'y' : 'n';
        [[maybe_unused]] const auto written = ::write(pipe[1], &said, 1);
        while (true) ::pause();
    }
    char said = 0;
    ASSERT_EQ(::read(pipe[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    EXPECT_THAT(refusal(), HasSubstr("(process " + std::to_string(child) + ")"));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipe[0]);
    ::close(pipe[1]);

    const auto lab = open();
    for (const std::string id : {"1", "2", "3"}) {
        auto expected = leased(id, clock_.now());
        expected.claim.lease_until.reset();
        EXPECT_EQ(lab->stored(expected), expected);
    }
    EXPECT_EQ(lab->due(10).due.size(), 3U);
}

TEST_F(SqliteFile, OfANewerUsherIsRefused) {
    open();
    tamper("PRAGMA user_version = 99");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("usher.db was written by a newer Usher (schema 99"),
                                 HasSubstr("start that one")));
}

TEST_F(SqliteFile, OfTheFirstSchemasIsBroughtUpToDateWithItsRows) {
    auto row = full_entitlement("t", "1");
    row.claim.lease_until.reset();  // else the start ends it
    open()->insert(row);
    tamper(
        "DROP TABLE sweep; DROP TABLE hold; "
        "DROP TABLE comparison; DROP TABLE action_pin; DROP TABLE idempotency; "
        "DROP TABLE sub_tenant; DROP TABLE tenant_change; DROP TABLE bulk; "
        "DROP TABLE report; DROP INDEX product_by_key; DROP INDEX entitlement_account;"
        "DROP INDEX entitlement_product; DROP INDEX entitlement_status;"
        "DROP INDEX account_cascade; ALTER TABLE account DROP COLUMN cascade_kind;"
        "ALTER TABLE account DROP COLUMN cascade_subject;"
        "ALTER TABLE account DROP COLUMN cascade_client;"
        "ALTER TABLE account DROP COLUMN cascade_correlation;"
        "ALTER TABLE account DROP COLUMN cascade_comment;"
        "ALTER TABLE account DROP COLUMN cascade_begun_at;"
        "ALTER TABLE account DROP COLUMN cascade_after;"
        "ALTER TABLE account DROP COLUMN cascade_asked;"
        "ALTER TABLE account DROP COLUMN cascade_rounds;"
        "ALTER TABLE account DROP COLUMN cascade_due_at;"
        "ALTER TABLE account DROP COLUMN deleted_at;"
        "ALTER TABLE event DROP COLUMN product_id; ALTER TABLE event DROP COLUMN comment;"
        "ALTER TABLE entitlement DROP COLUMN deleted_at;"
        "ALTER TABLE entitlement DROP COLUMN wanted_product_id;"
        "ALTER TABLE entitlement DROP COLUMN wanted_product_key;"
        "ALTER TABLE entitlement DROP COLUMN refused_product_id;"
        "ALTER TABLE entitlement DROP COLUMN other_product_key;"
        "ALTER TABLE entitlement DROP COLUMN problem;"
        "ALTER TABLE entitlement DROP COLUMN partner_said_at; PRAGMA user_version = 2");
    auto expected = row;
    expected.problem = domain::Problem::none;
    expected.partner_said_at.reset();
    expected.other_product_key = {};
    expected.deleted_at.reset();
    expected.wanted_product = {};
    expected.wanted_product_key = {};
    expected.convergence.product_wanted = false;
    expected.refused_product = {};
    EXPECT_EQ(open()->stored(row), expected);
}

TEST_F(SqliteFile, OfAnotherProgramIsRefusedAndLeftAlone) {
    tamper("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)", nullptr);
    EXPECT_THAT(refusal(), HasSubstr("usher.db is a database of another program"));
    tamper("DELETE FROM theirs", nullptr);
}

TEST_F(SqliteFile, ThatIsNoDatabaseIsRefused) {
    write_file("a shopping list, and more than one hundred bytes of it: " + std::string(200, '.'));
    EXPECT_THAT(refusal(), AllOf(HasSubstr("usher.db is damaged or not a store"),
                                 HasSubstr("restore it from a backup")));
}

TEST_F(SqliteFile, ThatWasCutShortIsRefused) {
    open()->insert(full_entitlement("t", "1"));
    std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
    EXPECT_THAT(refusal(), HasSubstr("usher.db is damaged or not a store"));
    std::filesystem::resize_file(path_, 0);
    std::ofstream{path_.string() + "-wal"} << std::string(40, 'f');
    EXPECT_THAT(refusal(), HasSubstr("is missing or too short, but its log"));
}

TEST_F(SqliteFile, ThatCannotBeMadeIsRefused) {
    path_ = folder_ / "missing" / "usher.db";
    EXPECT_THAT(refusal(), AllOf(HasSubstr("missing/usher.db.lock cannot be opened"),
                                 HasSubstr("create its directory")));
    path_ = folder_ / "directory";
    std::filesystem::create_directory(path_);
    EXPECT_THAT(refusal(), HasSubstr("directory is a directory: name a file"));
}

TEST_F(SqliteFile, IsNamedByItsUrl) {
    const auto sentence_of = [&](const std::string& url) {
        const auto store = open_store(url, clock_, {});
        return store ? std::string{} : store.error().sentence;
    };
    EXPECT_THAT(sentence_of("postgres://usher:secret@db/usher"),
                AllOf(HasSubstr("\"postgres\""), Not(HasSubstr("secret"))));
    EXPECT_THAT(sentence_of("usher.db"), HasSubstr("use \"sqlite:\""));
    EXPECT_THAT(sentence_of("sqlite:"), HasSubstr("names no file"));
}

TEST_F(SqliteFile, KeepsBytesFreeInEveryPageForAChecksum) {
    open();
    std::ifstream file{path_, std::ios::binary};
    std::array<char, 100> header{};
    file.read(header.data(), header.size());
    ASSERT_TRUE(file.good());
    EXPECT_EQ(header[20], 16);
    EXPECT_EQ(header[18], 2);  // WAL
}

TEST_F(SqliteFile, ThatCannotGrowTakesNothingAndLosesNothing) {
    std::vector<domain::Entitlement> kept;
    {
        const auto lab = open({.max_pages = 40});
        Committed last;
        for (int i = 0; i < 2000; ++i) {
            const auto row = full_entitlement("t", std::to_string(i));
            last = lab->insert(row);
            if (!last) break;
            kept.push_back(row);
        }
        EXPECT_EQ(last, std::unexpected{StoreError::not_writable});
        ASSERT_FALSE(lab->store().writable().has_value());
        EXPECT_THAT(lab->store().writable().error(), HasSubstr("usher.db cannot grow"));
        ASSERT_FALSE(kept.empty());
        EXPECT_EQ(lab->stored(kept.back()), kept.back());
        EXPECT_EQ(lab->stored(full_entitlement("t", std::to_string(kept.size()))), std::nullopt);
        // Room for a change there still is, once it was reopened.
        EXPECT_TRUE(lab->update(kept.front(), [](auto& row) { ++row.version; }).has_value());
        EXPECT_TRUE(lab->store().writable().has_value());
    }
    const auto lab = open();
    EXPECT_TRUE(lab->insert(full_entitlement("t", "more")).has_value());
    EXPECT_TRUE(lab->stored(kept.back()).has_value());
}

TEST_F(SqliteFile, DoesNotLetItsLogGrow) {
    const StoreOptions options{.wal_soft_bytes = 100'000, .wal_hard_bytes = 400'000};
    const auto lab = open(options);
    std::uintmax_t largest = 0;
    for (int i = 0; i < 400; ++i) {
        ASSERT_TRUE(lab->insert(full_entitlement("t", std::to_string(i))).has_value());
        largest = std::max(largest, std::filesystem::file_size(path_.string() + "-wal"));
    }
    EXPECT_LT(largest, 400'000U);
}

// Of one entitlement, and nobody but the writer has a turn.
Committed insert_alone(Lab& lab, int number) {
    const auto row = full_entitlement("t", std::to_string(number));
    const auto done = lab.queue({{.tenant = row.tenant}, [row](const flow::Rows&) {
                                     return flow::Writes{.entitlement = row};
                                 }});
    lab.store().run_group();
    return done->value();
}

TEST_F(SqliteFile, GoesOnWhileItsLogIsCopiedAndCopiesTheRestItself) {
    base::Metrics metrics;
    const auto lab =
        open({.wal_soft_bytes = 100'000, .wal_hard_bytes = 10'000'000, .metrics = &metrics});
    int inserted = 0;
    const auto insert_many = [&] {
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(insert_alone(*lab, inserted++).has_value());
    };
    const auto log_bytes = [&] { return std::filesystem::file_size(path_.string() + "-wal"); };
    const auto times_copied = [&] {
        const auto text = metrics.text();
        const std::string name{"\nusher_store_checkpoints_total "};
        return std::stoi(text.substr(text.find(name) + name.size()));
    };
    insert_many();
    const auto grown = log_bytes();
    EXPECT_GT(grown, 100'000U);
    insert_many();
    EXPECT_GT(log_bytes(), grown) << "nobody has copied it yet, and nobody waits for that";
    lab->store().run_upkeep();
    EXPECT_EQ(times_copied(), 0);
    lab->store().run_group();  // with nothing to write
    EXPECT_EQ(times_copied(), 1);
    const auto begun_anew = log_bytes();
    insert_many();
    EXPECT_EQ(log_bytes(), begun_anew);
    EXPECT_TRUE(lab->stored(full_entitlement("t", "0")).has_value());
}

TEST_F(SqliteFile, AtItsHardLimitTheLogIsCopiedBeforeAnythingElse) {
    const auto lab = open({.wal_soft_bytes = 100'000, .wal_hard_bytes = 400'000});
    std::uintmax_t largest = 0;
    for (int i = 0; i < 400; ++i) {
        ASSERT_TRUE(insert_alone(*lab, i).has_value());
        largest = std::max(largest, std::filesystem::file_size(path_.string() + "-wal"));
    }
    EXPECT_LT(largest, 500'000U);
}

TEST_F(SqliteFile, ShrinksItsLogOnceALongReaderHasEnded) {
    const auto lab = open({.wal_soft_bytes = 50'000,
                           .wal_hard_bytes = 200'000,
                           .busy_timeout = std::chrono::milliseconds{0}});
    const auto insert = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
            ASSERT_TRUE(lab->insert(full_entitlement("t", std::to_string(i))).has_value());
        }
    };
    const auto log_bytes = [&] { return std::filesystem::file_size(path_.string() + "-wal"); };
    insert(0, 1);
    sqlite3* backup = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &backup), SQLITE_OK);
    const auto run = [&](const char* sql) {
        return sqlite3_exec(backup, sql, nullptr, nullptr, nullptr);
    };
    ASSERT_EQ(run("BEGIN; SELECT count(*) FROM entitlement"), SQLITE_OK);
    insert(1, 100);
    EXPECT_GT(log_bytes(), 200'000U);
    EXPECT_TRUE(lab->store().writable().has_value());
    ASSERT_EQ(run("COMMIT"), SQLITE_OK);
    insert(100, 110);
    EXPECT_LE(log_bytes(), 200'000U);
    sqlite3_close(backup);
}

TEST_F(SqliteFile, ADamagedRowStopsOnlyWhatNeedsIt) {
    const auto good = bare_entitlement("t", "good");
    const auto bad = bare_entitlement("t", "bad");
    {
        const auto lab = open();
        ASSERT_TRUE(lab->insert(good).has_value());
        ASSERT_TRUE(lab->insert(bad).has_value());
    }
    tamper("UPDATE entitlement SET status = 'NONSENSE' WHERE entitlement_id = 'bad'");
    const auto lab = open();
    const auto read = [](const domain::Entitlement& row) {
        return flow::Command{{.tenant = row.tenant, .entitlement = row.id},
                             [](const Rows&) { return Writes{}; }};
    };
    const auto one = lab->queue(read(bad));
    const auto other = lab->queue(read(good));
    lab->turn();
    EXPECT_EQ(one->value(), std::unexpected{StoreError::damaged});
    EXPECT_TRUE(other->value().has_value());
    EXPECT_TRUE(lab->store().writable().has_value());
    EXPECT_EQ(lab->ask(lab->store().find_entitlement(bad.tenant, bad.id)),
              std::unexpected{StoreError::damaged});
    EXPECT_EQ(lab->stored(good), good);
}

TEST_F(SqliteFile, IsClosedInOrderAfterADamagedRowWasMet) {
    const auto bad = bare_entitlement("t", "bad");
    ASSERT_TRUE(open()->insert(bad).has_value());
    tamper("UPDATE entitlement SET status = 'NONSENSE' WHERE entitlement_id = 'bad'");
    const auto read = [&bad](const Lab& /*lab*/) {
        return flow::Command{{.tenant = bad.tenant, .entitlement = bad.id},
                             [](const Rows&) { return Writes{}; }};
    };
    {
        const auto lab = open();
        EXPECT_EQ(lab->commit(read(*lab)), std::unexpected{StoreError::damaged});
    }
    EXPECT_TRUE(try_open().has_value());
}

// Opening and closing the file by other ways than SQLite's would give up the locks that tell
// another program not to be the last one in it.
TEST_F(SqliteFile, KeepsItsLocksWhenItIsReopened) {
    bool fail = true;
    StoreOptions options;
    options.faults.before_commit = [&fail] {
        return std::exchange(fail, false) ? CommitFault::fail : CommitFault::none;
    };
    const auto lab = open(options);
    EXPECT_FALSE(lab->insert(bare_entitlement("t", "1")).has_value());
    ASSERT_TRUE(lab->insert(bare_entitlement("t", "2")).has_value());
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        sqlite3* db = nullptr;
        sqlite3_open(path_.c_str(), &db);
        sqlite3_exec(db, "SELECT count(*) FROM entitlement", nullptr, nullptr, nullptr);
        sqlite3_close(db);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(lab->store().writable().has_value());
    EXPECT_TRUE(lab->insert(bare_entitlement("t", "3")).has_value());
    EXPECT_TRUE(lab->store().writable().has_value());
}

// With nothing in its log that is not in the file yet, too.
TEST_F(SqliteFile, GoesOnAfterAnotherProgramCopiedTheLogOfAKilledOne) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto lab = open();
        std::ofstream{folder_ / "ready"} << "yes";
        while (true) ::pause();
    }
    while (!std::filesystem::exists(folder_ / "ready")) ::usleep(1000);
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    const auto* question = "SELECT count(*) FROM entitlement";
    ASSERT_EQ(sqlite3_exec(other, question, nullptr, nullptr, nullptr), SQLITE_OK);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    sqlite3_close(other);
    ASSERT_FALSE(std::filesystem::exists(path_.string() + "-wal"));
    const auto store = try_open();
    EXPECT_TRUE(store.has_value()) << store.error().sentence;
}

TEST_F(SqliteFile, ThatWasInUseIsRefusedWithoutItsLog) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto lab = open();
        lab->insert(bare_entitlement("t", "1"));
        std::ofstream{folder_ / "ready"} << "yes";
        while (true) ::pause();
    }
    while (!std::filesystem::exists(folder_ / "ready")) ::usleep(1000);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto log = path_.string() + "-wal";
    std::filesystem::rename(log, folder_ / "kept");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("was not closed in order"), HasSubstr("usher.db-wal")));
    std::ofstream{log} << "";
    EXPECT_THAT(refusal(), HasSubstr("was not closed in order"));
    std::filesystem::rename(folder_ / "kept", log);
    EXPECT_TRUE(open()->stored(bare_entitlement("t", "1")).has_value());
}

TEST_F(SqliteFile, ThatIsRemovedWhileInUseTakesNothing) {
    for (const auto& gone : std::vector{path_.string(), path_.string() + "-wal"}) {
        const auto lab = open();
        ASSERT_TRUE(lab->insert(bare_entitlement("t", gone)).has_value());
        std::filesystem::rename(gone, gone + ".away");
        EXPECT_THAT(lab->store().writable().error(), HasSubstr(gone + " was removed"));
        EXPECT_FALSE(lab->insert(bare_entitlement("t", "more")).has_value());
        std::filesystem::rename(gone + ".away", gone);
        clock_.pass(std::chrono::seconds{30});
        EXPECT_TRUE(lab->insert(bare_entitlement("t", gone + "2")).has_value());
        EXPECT_TRUE(lab->store().writable().has_value());
    }
}

TEST_F(SqliteFile, AHistoryWithABrokenLinkIsDamaged) {
    const auto row = bare_entitlement("t", "1");
    const auto next = [](auto& changed) { ++changed.version; };
    {
        const auto lab = open();
        ASSERT_TRUE(lab->insert(row).has_value());
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(lab->update(row, next).has_value());
    }
    tamper("DELETE FROM event WHERE position = 2");
    const auto lab = open();
    EXPECT_EQ(lab->ask(lab->store().history_of(row.tenant, row.id, 10)),
              std::unexpected{StoreError::damaged});
}

}  // namespace usher::store
