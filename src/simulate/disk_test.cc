#include "simulate/disk.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace usher::simulate {
namespace {

// SQLite alone on the disk: what it promises holds, and what it does not promise is taken.
class DiskTest : public testing::Test {
  protected:
    DiskTest() {
        auto name = (std::filesystem::temp_directory_path() / "usher-disk-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        Disk::the().begin(1);
    }
    ~DiskTest() override {
        database_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open(const std::string& synchronous) {
        sqlite3* opened = nullptr;
        ASSERT_EQ(sqlite3_open((folder_ / "test.db").c_str(), &opened), SQLITE_OK);
        database_.reset(opened);
        run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 20; PRAGMA synchronous = " +
            synchronous);
    }

    int run(const std::string& sql) {
        return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    }

    int number(const char* sql) {
        int found = -1;
        sqlite3_exec(
            database_.get(), sql,
            [](void* to, int, char** values, char**) {
                *static_cast<int*>(to) = std::stoi(values[0]);
                return 0;
            },
            &found, nullptr);
        return found;
    }

    void crash() {
        Disk::the().fail_power();
        database_.reset();
        Disk::the().recover();
    }

    // How many rows were acknowledged and are gone, over many crashes.
    int lost(const std::string& synchronous, int crashes) {
        int lost = 0;
        for (int i = 0; i < crashes; ++i) {
            for (const char* name : {"test.db", "test.db-wal", "test.db-shm"}) {
                std::filesystem::remove(folder_ / name);
            }
            Disk::the().begin(static_cast<std::uint64_t>(i));
            open(synchronous);
            run("CREATE TABLE t (v INTEGER)");
            Disk::the().fail_power_after(static_cast<std::uint64_t>(i));
            int acknowledged = 0;
            while (run("INSERT INTO t VALUES (1)") == SQLITE_OK) ++acknowledged;
            crash();
            open(synchronous);
            const int found = number("SELECT count(*) FROM t");
            EXPECT_EQ(number("SELECT count(*) FROM pragma_integrity_check WHERE "
                             "integrity_check <> 'ok'"),
                      0)
                << i;
            lost += std::max(0, acknowledged - std::max(0, found));
        }
        return lost;
    }

    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close(database); }
    };

    std::filesystem::path folder_;
    std::unique_ptr<sqlite3, Close> database_;
};

TEST_F(DiskTest, keepsWhatWasSynced) {
    EXPECT_EQ(lost("FULL", 300), 0);
}

TEST_F(DiskTest, takesWhatWasNot) {
    EXPECT_GT(lost("NORMAL", 300), 10);
}

TEST_F(DiskTest, aLyingSyncKeepsNothing) {
    open("FULL");
    Disk::the().set_trouble({.syncs_lie = true});
    int lost = 0;
    for (int i = 0; i < 20; ++i) {
        run("CREATE TABLE IF NOT EXISTS t (v INTEGER)");
        for (int row = 0; row < 5; ++row) run("INSERT INTO t VALUES (1)");
        crash();
        open("FULL");
        if (number("SELECT count(*) FROM t") < 5) ++lost;
        run("DROP TABLE IF EXISTS t");
    }
    EXPECT_GT(lost, 0);
}

TEST_F(DiskTest, trouble) {
    open("FULL");
    ASSERT_EQ(run("CREATE TABLE t (v TEXT)"), SQLITE_OK);
    Disk::the().set_trouble({.full = true});
    EXPECT_EQ(run("INSERT INTO t VALUES (hex(zeroblob(9000)))"), SQLITE_FULL);
    Disk::the().set_trouble({.writes_fail = true});
    EXPECT_EQ(run("INSERT INTO t VALUES ('a')"), SQLITE_IOERR);
    Disk::the().set_trouble({.syncs_fail = true});
    EXPECT_EQ(run("INSERT INTO t VALUES ('a')"), SQLITE_IOERR);
    Disk::the().set_trouble({});
    EXPECT_EQ(run("INSERT INTO t VALUES ('a')"), SQLITE_OK);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 1);
}

TEST_F(DiskTest, theSameSeedTakesTheSame) {
    const auto first = lost("NORMAL", 40);
    EXPECT_EQ(lost("NORMAL", 40), first);
}

}  // namespace
}  // namespace usher::simulate
