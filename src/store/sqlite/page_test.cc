// Damage to the file: every changed bit is refused, never a wrong answer.
#include "store/sqlite/page.h"

#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "base/random.h"
#include "store/lab_test.h"

namespace usher::store::sqlite {

using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Bytes = std::array<std::byte, kPageBytes>;

Bytes filled(std::uint64_t seed) {
    Bytes bytes{};
    base::make_seeded_random(seed)->fill(bytes);
    return bytes;
}

TEST(Page, IsGoodOnlyAsItWasSealedAndWhereItWas) {
    auto bytes = filled(1);
    EXPECT_EQ(state_of(bytes, 7), PageState::damaged);
    seal(bytes, 7);
    EXPECT_EQ(state_of(bytes, 7), PageState::sealed);
    EXPECT_EQ(state_of(bytes, 8), PageState::damaged);
    for (std::size_t bit = 0; bit < kPageBytes * 8; ++bit) {
        auto changed = bytes;
        changed.at(bit / 8) ^= std::byte{1} << (bit % 8);
        ASSERT_EQ(state_of(changed, 7), PageState::damaged) << bit;
    }
    unseal(bytes);
    EXPECT_EQ(state_of(bytes, 7), PageState::unsealed);
}

class DamagedFile : public testing::Test {
  protected:
    static constexpr int kRows = 60;

    void SetUp() override {
        const auto lab = open();
        for (int i = 0; i < kRows; ++i) {
            rows_.push_back(full_entitlement("t", std::to_string(i)));
            ASSERT_TRUE(lab->insert(rows_.back()).has_value());
        }
        for (auto& row : rows_) {  // leases end with the process
            row.claim.lease_until.reset();
            if (row.due_at) row.due_at = clock_.now();
        }
        feed_ = lab->feed("t");
        lab->store().close();
    }

    OpenResult try_open() { return open_store(url(), clock_, {.threads = false}); }

    std::unique_ptr<Lab> open() {
        auto store = try_open();
        EXPECT_TRUE(store.has_value()) << store.error().sentence;
        return std::make_unique<Lab>(std::move(store.value()));
    }

    std::string url() const { return "sqlite:" + path_.string(); }

    std::string content() const {
        std::ifstream file{path_, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    void put(const std::string& bytes) const {
        std::filesystem::remove(path_.string() + "-wal");
        std::filesystem::remove(path_.string() + "-shm");
        std::ofstream{path_, std::ios::binary} << bytes;
    }

    // All that can be asked gives what is true or an error. True when an error was met.
    bool is_noticed() {
        auto store = try_open();
        if (!store) {
            EXPECT_THAT(store.error().sentence, HasSubstr("usher.db"));
            return true;
        }
        Lab lab{std::move(*store)};
        bool noticed = false;
        for (const auto& row : rows_) {
            const auto found = lab.ask(lab.store().find_entitlement(row.tenant, row.id));
            if (!found) {
                noticed = true;
            } else {
                EXPECT_EQ(*found, row);
            }
        }
        const auto feed = lab.ask(lab.store().feed(rows_.front().tenant, 0, 10'000));
        if (!feed) return true;
        EXPECT_EQ(*feed, feed_);
        return noticed;
    }

    StillClock clock_;
    Folder folder_;
    std::filesystem::path path_ = folder_ / "usher.db";
    std::vector<domain::Entitlement> rows_;
    std::vector<domain::Event> feed_;
};

TEST_F(DamagedFile, NeverGivesAWrongAnswer) {
    const auto whole = content();
    ASSERT_GT(whole.size(), 20 * kPageBytes);
    ASSERT_FALSE(is_noticed());
    const auto random = base::make_system_random();
    const auto seed = random->next();
    RecordProperty("seed", std::to_string(seed));
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto dice = base::make_seeded_random(seed);
    constexpr std::size_t kHeaderBytes = 100;
    constexpr int kElsewhere = 200;
    int noticed = 0;
    const auto flip = [&](std::size_t at) {
        auto bytes = whole;
        bytes.at(at) = static_cast<char>(bytes.at(at) ^ (1 << (dice->next() % 8)));
        put(bytes);
        SCOPED_TRACE(testing::Message() << "byte " << at);
        if (is_noticed()) ++noticed;
        const auto report = check_store(url());
        if (!report) return;  // no store of ours any more, and that was said
        EXPECT_THAT(report->damaged, ElementsAre(at / kPageBytes + 1));
    };
    for (std::size_t at = 0; at < kHeaderBytes; ++at) flip(at);
    for (int i = 0; i < kElsewhere; ++i) flip(dice->next() % whole.size());
    // A sector that is gone, at a page's end or elsewhere.
    constexpr std::size_t kSectorBytes = 512;
    for (std::size_t at = kPageBytes; at < whole.size(); at += kSectorBytes) {
        auto bytes = whole;
        const auto place = bytes.substr(at, kSectorBytes);
        if (place.find_first_not_of('\0') == std::string::npos) continue;
        bytes.replace(at, kSectorBytes, std::string(kSectorBytes, '\0'));
        put(bytes);
        SCOPED_TRACE(testing::Message() << "sector at " << at);
        is_noticed();
    }
    // A page that no question needed may stay unnoticed until somebody looks at all of them.
    EXPECT_GT(noticed, (static_cast<int>(kHeaderBytes) + kElsewhere) / 2);
}

TEST_F(DamagedFile, ThatWasCutInsideAPageIsNoticed) {
    const auto whole = content();
    put(whole.substr(0, whole.size() - 100));
    EXPECT_TRUE(is_noticed());
    const auto report = check_store(url());
    ASSERT_TRUE(report.has_value());
    EXPECT_THAT(report->damaged, ElementsAre(whole.size() / kPageBytes));
}

// What a power loss tears while the log is copied back is mended from the log.
TEST_F(DamagedFile, IsMendedByItsLog) {
    const auto before = content();
    std::string log;
    {
        const auto lab = open();
        for (auto& row : rows_) {
            ASSERT_TRUE(lab->update(row, [](auto& changed) { ++changed.version; }).has_value());
            row = *lab->stored(row);
        }
        feed_ = lab->feed("t");
        std::ifstream file{path_.string() + "-wal", std::ios::binary};
        log.assign(std::istreambuf_iterator<char>{file}, {});
    }
    ASSERT_GT(log.size(), kPageBytes);
    // The first page is in every log that grew the file.
    auto torn = before;
    torn.replace(2000, 500, std::string(500, 'x'));
    put(torn);
    std::ofstream{path_.string() + "-wal", std::ios::binary} << log;
    EXPECT_FALSE(is_noticed());
}

}  // namespace

}  // namespace usher::store::sqlite
