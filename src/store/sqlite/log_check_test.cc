// Logs that SQLite wrote, as a crash leaves them and as damage does.
#include "store/sqlite/log_check.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "store/lab_test.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {
namespace {

constexpr std::size_t kHead = 32;
constexpr std::size_t kFrame = kPageBytes + 24;

class LogCheck : public testing::Test {
  protected:
    static constexpr int kCommits = 20;

    void SetUp() override {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open((folder_ / "x.db").c_str(), &db), SQLITE_OK);
        run(db, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x)");
        run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        for (int i = 0; i < kCommits; ++i) run(db, "INSERT INTO t VALUES (1)");
        std::ifstream file{folder_ / "x.db-wal", std::ios::binary};
        log_.assign(std::istreambuf_iterator<char>{file}, {});
        sqlite3_close(db);
        ASSERT_EQ(log_.size(), kHead + kCommits * kFrame) << "a page for each commit";
    }

    static void run(sqlite3* db, const char* sql) {
        ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    }

    static LogReport judge(const std::string& bytes) {
        std::istringstream stream{bytes};
        return judge_log(stream);
    }

    std::string spoiled(std::size_t at) const {
        auto bytes = log_;
        bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
        return bytes;
    }

    Folder folder_;
    std::string log_;
};

// Begun anew, and cut short while its head was written: the pages are those of the turn before.
TEST_F(LogCheck, AHeadThatWasCutShortIsProvenByThePages) {
    const auto proven = [](const std::string& bytes) {
        std::istringstream stream{bytes};
        const auto head = proven_head(stream);
        return head ? std::string{reinterpret_cast<const char*>(head->data()), head->size()} : "";
    };
    EXPECT_EQ(proven(log_), "");
    for (std::size_t cut = 16; cut < kHead; ++cut) {
        auto torn = log_;
        std::string next = log_.substr(0, kHead);
        next[15] = static_cast<char>(next[15] + 1);  // the turn
        for (std::size_t at = 16; at < kHead; ++at) next[at] = static_cast<char>(next[at] ^ 0x5A);
        torn.replace(0, cut, next.substr(0, cut));
        EXPECT_EQ(proven(torn), log_.substr(0, kHead)) << cut;
        EXPECT_EQ(judge(torn).state, LogState::sound) << cut;
        EXPECT_EQ(judge(torn).readable_frames, kCommits) << cut;
        torn.at(kHead + 100) ^= 1;
        EXPECT_EQ(judge(torn).state, LogState::headless) << "the first page proves nothing";
    }
}

TEST_F(LogCheck, AWholeOneIsSound) {
    EXPECT_EQ(judge(log_).state, LogState::sound);
    EXPECT_EQ(judge(log_).readable_frames, kCommits);
    EXPECT_EQ(judge("").state, LogState::sound);
}

TEST_F(LogCheck, WhatACrashLeavesIsSound) {
    for (std::size_t size = 0; size <= log_.size(); size += 97) {
        const auto report = judge(log_.substr(0, size));
        EXPECT_EQ(report.state, LogState::sound) << size;
        EXPECT_EQ(report.readable_frames, size < kHead ? 0 : (size - kHead) / kFrame);
    }
    // The last transaction was on its way: any of its bytes may have reached the disk or not.
    for (std::size_t at = log_.size() - kFrame; at < log_.size(); at += 13) {
        EXPECT_EQ(judge(spoiled(at)).state, LogState::sound);
    }
}

TEST_F(LogCheck, FramesOfAnEarlierTurnDoNotCount) {
    auto turned = log_.substr(0, kHead + 3 * kFrame);
    auto older = log_.substr(kHead, 4 * kFrame);
    for (std::size_t frame = 0; frame < 4; ++frame) older.at(frame * kFrame + 8) = 'o';
    EXPECT_EQ(judge(turned + older).state, LogState::sound);
    EXPECT_EQ(judge(turned + older).readable_frames, 3);
}

TEST_F(LogCheck, DamageBeforeOtherTransactionsIsFound) {
    for (const std::size_t frame : {0, 7, kCommits - 4}) {
        for (const std::size_t at : {0, 17, 24, 2000, 4119}) {
            const auto report = judge(spoiled(kHead + frame * kFrame + at));
            EXPECT_EQ(report.state, LogState::broken) << frame << " " << at;
            EXPECT_EQ(report.readable_frames, frame);
        }
    }
}

TEST_F(LogCheck, AHeadThatWasNotWrittenYetIsSound) {
    EXPECT_EQ(judge(std::string(kHead, '\0')).state, LogState::sound);
    EXPECT_EQ(judge(std::string(kHead + 1, '\0')).state, LogState::headless);
}

TEST_F(LogCheck, AHeadThatIsNoneIsFound) {
    for (std::size_t at = 0; at < 15; ++at) {
        EXPECT_EQ(judge(spoiled(at)).state, LogState::headless) << at;
    }
    // What is behind that is proven by the pages.
    for (std::size_t at = 16; at < kHead; ++at) {
        EXPECT_EQ(judge(spoiled(at)).readable_frames, kCommits) << at;
    }
    EXPECT_EQ(judge(std::string(5000, 'g')).state, LogState::headless);
    EXPECT_EQ(judge(std::string(5000, '\0')).state, LogState::headless);
}

}  // namespace
}  // namespace usher::store::sqlite
