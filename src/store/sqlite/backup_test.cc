// Backups of a store in use, and what comes of them.
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/log.h"
#include "store/lab_test.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Backup : public testing::Test {
  protected:
    Backup() { base::mute_log(); }

    std::unique_ptr<Lab> open(const fs::path& path) {
        auto store = open_store("sqlite:" + path.string(), clock_, {.threads = false});
        EXPECT_TRUE(store.has_value()) << store.error().sentence;
        return std::make_unique<Lab>(std::move(store.value()));
    }

    std::string url() const { return "sqlite:" + path_.string(); }

    std::string refusal(const fs::path& copy) const {
        const auto made = back_up_store(url(), copy);
        EXPECT_FALSE(made.has_value());
        EXPECT_FALSE(fs::exists(copy.string() + ".part"));
        return made ? std::string{} : made.error().sentence;
    }

    static flow::Writes leave_alone(const flow::Rows& /*rows*/) { return {}; }

    std::expected<RestoreReport, OpenError> restore(
        const fs::path& from, bool replace = false,
        decltype(RestoreRequest::decide) decide = leave_alone) {
        return restore_store(url(), clock_,
                             {.from = from, .replace = replace, .decide = std::move(decide)});
    }

    std::string restore_refusal(const fs::path& from, bool replace = false) {
        const auto done = restore(from, replace);
        EXPECT_FALSE(done.has_value());
        return done ? std::string{} : done.error().sentence;
    }

    static std::string content(const fs::path& path) {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    static void spoil(const fs::path& path, std::size_t at) {
        std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(static_cast<std::streamoff>(at));
        file.put('x');
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{path_.parent_path()}) {
            found.push_back(entry.path().filename());
        }
        std::ranges::sort(found);
        return found;
    }

    // With nobody in it.
    void fill(int rows) {
        const auto lab = open(path_);
        std::vector<std::shared_ptr<std::optional<Committed>>> answers;
        for (int i = 0; i < rows; ++i) {
            const auto row = bare_entitlement("t", std::to_string(i));
            answers.push_back(lab->queue(
                {{.tenant = row.tenant, .entitlement = row.id},
                 [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }}));
        }
        lab->turn();
        for (const auto& answer : answers) ASSERT_TRUE(answer->value().has_value());
    }

    static void raise(domain::Entitlement& row) { ++row.version; }

    StillClock clock_;
    Folder folder_;
    fs::path path_ = folder_ / "usher.db";
    fs::path copy_ = folder_ / "copy.db";
};

// The store is in use, and most of what it holds is in its log.
TEST_F(Backup, HoldsWhatWasThereAndNothingLater) {
    const auto lab = open(path_);
    const auto one = bare_entitlement("t", "1");
    ASSERT_TRUE(lab->insert(one).has_value());
    ASSERT_TRUE(lab->update(one, raise, "before").has_value());
    const auto child = ::fork();
    if (child == 0) std::_Exit(back_up_store(url(), copy_) ? 0 : 1);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    const auto held = lab->stored(one);
    ASSERT_TRUE(lab->update(one, raise, "after").has_value());

    EXPECT_THAT(check_store("sqlite:" + copy_.string())->damaged, ElementsAre());
    const auto copied = open(copy_);
    EXPECT_EQ(copied->stored(one), held);
    ASSERT_EQ(copied->feed("t").size(), 1U);
    EXPECT_EQ(copied->feed("t").front().note, "before");
    ASSERT_TRUE(copied->update(one, raise, "elsewhere").has_value());
    EXPECT_EQ(lab->feed("t").back().note, "after");
}

// Each is some state that the store was in: the history up to a point, and the row as it was then.
TEST_F(Backup, IsOneMomentOfAStoreThatIsWrittenTo) {
    constexpr int kCopies = 5;
    const auto copy = [&](int number) { return folder_ / ("copy" + std::to_string(number)); };
    const auto lab = open(path_);
    const auto one = bare_entitlement("t", "1");
    ASSERT_TRUE(lab->insert(one).has_value());
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(lab->update(one, raise).has_value());
    const auto child = ::fork();
    if (child == 0) {
        bool good = true;
        for (int i = 0; i < kCopies; ++i) good = good && back_up_store(url(), copy(i)).has_value();
        std::_Exit(good ? 0 : 1);
    }
    int status = -1;
    int written = 300;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        ASSERT_TRUE(lab->update(one, raise).has_value());
        ++written;
    }
    ASSERT_EQ(status, 0);
    std::uint64_t last = 0;
    for (int i = 0; i < kCopies; ++i) {
        const auto copied = open(copy(i));
        const auto row = copied->stored(one);
        ASSERT_TRUE(row.has_value());
        EXPECT_EQ(copied->feed("t").size(), row->version - one.version);
        EXPECT_GE(row->version, std::max<std::uint64_t>(last, 300));
        EXPECT_LE(row->version, one.version + static_cast<std::uint64_t>(written));
        last = row->version;
    }
    EXPECT_GT(last, 301U) << "nothing was written while it was copied";
}

TEST_F(Backup, OfAStoreThatWasKilledHoldsItsLogToo) {
    const auto child = ::fork();
    if (child == 0) {
        const auto lab = open(path_);
        std::_Exit(lab->insert(bare_entitlement("t", "1")) ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    ASSERT_TRUE(back_up_store(url(), copy_).has_value());
    EXPECT_TRUE(open(copy_)->stored(bare_entitlement("t", "1")).has_value());
    fs::remove(path_.string() + "-wal");
    EXPECT_THAT(refusal(folder_ / "other"), HasSubstr("its log"));
}

TEST_F(Backup, IsRefusedInASentenceAndLeavesNothing) {
    EXPECT_THAT(refusal(copy_), AllOf(HasSubstr("usher.db is not there"), HasSubstr("name the")));
    fill(100);
    EXPECT_THAT(refusal(folder_ / "missing" / "copy.db"), HasSubstr("copy.db.part cannot be writ"));
    std::ofstream{copy_} << "kept";
    EXPECT_THAT(refusal(copy_), AllOf(HasSubstr("copy.db is there already"), HasSubstr("name an")));
    EXPECT_EQ(content(copy_), "kept");
    fs::remove(copy_);
    spoil(path_, fs::file_size(path_) - 2000);
    EXPECT_THAT(refusal(copy_), AllOf(HasSubstr("usher.db is damaged"), HasSubstr("restore it")));
    EXPECT_FALSE(fs::exists(copy_));
}

TEST_F(Backup, IsRestoredWhereNothingIsAndMovesAsideWhatIsThere) {
    fill(2);
    ASSERT_TRUE(back_up_store(url(), copy_).has_value());
    fill(0);
    ASSERT_TRUE(open(path_)->insert(bare_entitlement("t", "later")).has_value());
    EXPECT_THAT(restore_refusal(copy_), HasSubstr("or restore with --replace"));
    const auto restored = restore(copy_, true);
    ASSERT_TRUE(restored.has_value()) << restored.error().sentence;
    EXPECT_EQ(restored->entitlements, 2U);
    EXPECT_EQ(restored->changed, 0U);
    EXPECT_FALSE(open(path_)->stored(bare_entitlement("t", "later")).has_value());
    EXPECT_TRUE(open(path_)->stored(bare_entitlement("t", "1")).has_value());
    EXPECT_TRUE(open(restored->set_aside)->stored(bare_entitlement("t", "later")).has_value());
    fs::remove(path_);
    EXPECT_TRUE(restore(copy_).has_value());
    EXPECT_TRUE(open(path_)->stored(bare_entitlement("t", "1")).has_value());
}

TEST_F(Backup, IsRestoredWithWhatWasDecidedAboutEach) {
    fill(2500);
    ASSERT_TRUE(back_up_store(url(), copy_).has_value());
    fs::remove(path_);
    const auto decide = [](const flow::Rows& rows) -> flow::Writes {
        auto row = *rows.entitlement;
        if (row.id.text().ends_with('7')) return {};
        raise(row);
        return {.entitlement = row, .events = {event_of(row, "restored")}};
    };
    const auto restored = restore(copy_, false, decide);
    ASSERT_TRUE(restored.has_value());
    EXPECT_EQ(restored->entitlements, 2500U);
    EXPECT_EQ(restored->changed, 2250U);
    const auto lab = open(path_);
    EXPECT_EQ(lab->feed("t").size(), 2250U);
    EXPECT_EQ(lab->stored(bare_entitlement("t", "1"))->version,
              bare_entitlement("t", "1").version + 1);
    EXPECT_EQ(lab->stored(bare_entitlement("t", "17"))->version,
              bare_entitlement("t", "17").version);
}

TEST_F(Backup, ThatIsNotWholeIsNotRestoredAndNothingIsTouched) {
    fill(100);
    ASSERT_TRUE(back_up_store(url(), copy_).has_value());
    const auto whole = content(copy_);
    const auto before = content(path_);
    const auto files = names();
    for (const std::size_t at : {30UL, 5000UL, whole.size() - 1}) {
        spoil(copy_, at);
        EXPECT_THAT(restore_refusal(copy_, true), HasSubstr("copy.db")) << at;
        std::ofstream{copy_, std::ios::binary} << whole;
    }
    fs::resize_file(copy_, whole.size() - kPageBytes);
    EXPECT_THAT(restore_refusal(copy_, true), AllOf(HasSubstr("1 missing"), HasSubstr("another")));
    std::ofstream{copy_, std::ios::binary} << whole;
    std::ofstream{copy_.string() + "-wal"} << std::string(100, 'l');
    EXPECT_THAT(restore_refusal(copy_, true), HasSubstr("has a log beside it"));
    fs::remove(copy_.string() + "-wal");
    EXPECT_THAT(restore_refusal(folder_ / "none", true), HasSubstr("none is not there"));
    EXPECT_THAT(restore_refusal(path_, true), HasSubstr("is the store itself"));
    EXPECT_EQ(content(path_), before);
    EXPECT_EQ(names(), files);
}

TEST_F(Backup, IsNotRestoredIntoAStoreThatIsInUse) {
    fill(1);
    ASSERT_TRUE(back_up_store(url(), copy_).has_value());
    const auto lab = open(path_);
    EXPECT_THAT(restore_refusal(copy_, true), HasSubstr("is in use by another Usher"));
    EXPECT_TRUE(lab->insert(bare_entitlement("t", "more")).has_value());
}

}  // namespace
}  // namespace usher::store::sqlite
