#include "sandbox/state_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace usher::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class StateFileTest : public ::testing::Test {
  protected:
    StateFileTest() { std::filesystem::create_directories(folder_); }
    ~StateFileTest() override { std::filesystem::remove_all(folder_); }

    const std::filesystem::path folder_ = std::filesystem::path{::testing::TempDir()} /
                                          base::make_token(*base::make_system_random(), 9);
    const std::string path_ = folder_ / "state.db";
};

TEST_F(StateFileTest, HoldsWhatWasSaved) {
    {
        auto file = StateFile::open(path_);
        ASSERT_TRUE(file) << file.error();
        const std::vector<Write> writes{{Table::records, "2", "second"},
                                        {Table::records, "1", "first"},
                                        {Table::calls, "1", "a call"},
                                        {Table::records, "2", "again"},
                                        {Table::calls, "1", std::nullopt}};
        ASSERT_TRUE(file->save(writes));
    }
    auto file = StateFile::open(path_);
    ASSERT_TRUE(file) << file.error();
    EXPECT_THAT(*file->load(Table::records), ElementsAre(Pair("1", "first"), Pair("2", "again")));
    EXPECT_THAT(*file->load(Table::calls), ElementsAre());
}

// A killed process closes nothing: what is on the disk at that moment must be enough.
TEST_F(StateFileTest, SurvivesWithoutBeingClosed) {
    auto file = StateFile::open(path_);
    ASSERT_TRUE(file) << file.error();
    const std::vector<Write> writes{{Table::replays, "r", "answer"}};
    ASSERT_TRUE(file->save(writes));
    const std::string copy = folder_ / "copy.db";
    std::filesystem::copy_file(path_, copy);
    std::filesystem::copy_file(path_ + "-wal", copy + "-wal");
    auto found = StateFile::open(copy);
    ASSERT_TRUE(found) << found.error();
    EXPECT_THAT(*found->load(Table::replays), ElementsAre(Pair("r", "answer")));
}

TEST_F(StateFileTest, IsForOneAtATime) {
    auto first = StateFile::open(path_);
    ASSERT_TRUE(first) << first.error();
    const auto second = StateFile::open(path_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(), HasSubstr(path_));
}

TEST_F(StateFileTest, RefusesWhatIsNoDatabase) {
    std::ofstream{path_} << "This is a letter, and a longer one than the header of a database is, "
                            "so that nobody takes it for an empty file.";
    const auto file = StateFile::open(path_);
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error(), HasSubstr(path_));
    EXPECT_FALSE(StateFile::open(folder_ / "no" / "such" / "folder.db"));
}

}  // namespace
}  // namespace usher::sandbox
