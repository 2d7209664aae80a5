// Every byte of a small file changed in turn: whoever reads gets what is true or an error, and the
// look at all pages names the page.
#include <array>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/log.h"
#include "store/lab_test.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file is shared out over so many tests, for them to run beside each other.
constexpr std::size_t kShares = 4;

// With sanitizers every byte would take minutes; the plain build has them all.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kStep = 61;
#else
constexpr std::size_t kStep = 1;
#endif
#endif

// What can be asked about the file.
struct Known {
    std::array<domain::Entitlement, 2> rows;
    std::array<std::vector<domain::Call>, 2> calls;
    domain::Account account;
    domain::Product product;
    std::vector<domain::Event> feed;
    std::vector<domain::EntitlementId> due;
};

class EachByte : public testing::TestWithParam<std::size_t> {
  protected:
    EachByte() { base::mute_log(); }
    void TearDown() override {
        if (file_ >= 0) ::close(file_);
    }

    void SetUp() override {
        {
            Lab lab{*open_store(url(), clock_, {.threads = false})};
            known_.rows = {full_entitlement("t", "1"), bare_entitlement("t", "2")};
            known_.account = account_of("t", "a");
            known_.product = product_of("t", "p");
            for (const auto& row : known_.rows) {
                ASSERT_TRUE(lab.insert(row).has_value());
                ASSERT_TRUE(lab.update(row, [](auto& next) { ++next.version; }, "why"));
            }
            ASSERT_TRUE(lab.commit({.tenant = domain::TenantId{"t"}}, [&](const flow::Rows&) {
                return flow::Writes{.account = known_.account, .product = known_.product};
            }));
        }
        std::ifstream file{path_, std::ios::binary};
        content_.assign(std::istreambuf_iterator<char>{file}, {});
        file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
        ASSERT_GE(file_, 0);
        read_what_is_true();
    }

    std::string url() const { return "sqlite:" + path_.string(); }

    SqliteReader reader() const {
        auto shared = std::make_shared<Shared>();
        shared->path = path_;
        return {std::move(shared), SqliteReader::Sees::what_is};
    }

    void read_what_is_true() {
        auto whole = reader();
        for (std::size_t i = 0; i < known_.rows.size(); ++i) {
            const auto& row = known_.rows.at(i);
            known_.rows.at(i) = whole.entitlement(row.tenant, row.id).value().value();
            known_.calls.at(i) = whole.calls(row.tenant, row.id).value();
            ASSERT_FALSE(known_.rows.at(i).id.empty());
        }
        known_.feed = whole.feed(domain::TenantId{"t"}, 0, 100).value();
        known_.due = due(whole).value();
        ASSERT_EQ(known_.feed.size(), 2U);
        ASSERT_EQ(known_.due.size(), 1U);
        ASSERT_EQ(known_.calls.front().size(), 2U);
    }

    flow::StoreResult<std::vector<domain::EntitlementId>> due(SqliteReader& reader) const {
        const flow::Route route{known_.rows.front().tenant, known_.rows.front().merchant};
        const auto late = clock_.now() + std::chrono::days{1};
        const auto found = reader.due_in(route, late, std::nullopt, 100);
        if (!found) return std::unexpected{found.error()};
        std::vector<domain::EntitlementId> ids;
        for (const auto& one : *found) ids.push_back(one.entitlement);
        return ids;
    }

    template <class T, class Truth>
    void expect_true_or_error(const flow::StoreResult<T>& answer, const Truth& truth) {
        if (answer) {
            EXPECT_EQ(*answer, truth);
        } else {
            EXPECT_EQ(answer.error(), flow::StoreError::damaged);
            noticed_ = true;
        }
    }

    void ask_everything() {
        auto asked = reader();
        for (std::size_t i = 0; i < known_.rows.size(); ++i) {
            const auto& row = known_.rows.at(i);
            expect_true_or_error(asked.entitlement(row.tenant, row.id), row);
            expect_true_or_error(asked.calls(row.tenant, row.id), known_.calls.at(i));
        }
        const domain::TenantId tenant{"t"};
        expect_true_or_error(asked.account(tenant, known_.account.id), known_.account);
        expect_true_or_error(asked.product(tenant, known_.product.id), known_.product);
        expect_true_or_error(asked.feed(tenant, 0, 100), known_.feed);
        expect_true_or_error(due(asked), known_.due);
    }

    void put(std::size_t at, char byte) const {
        ASSERT_EQ(::pwrite(file_, &byte, 1, static_cast<off_t>(at)), 1);
    }

    void expect_named(std::size_t at) const {
        const auto report = check_store(url());
        if (report) {
            EXPECT_THAT(report->damaged, ElementsAre(at / kPageBytes + 1));
        } else {  // not even a store of ours any more
            EXPECT_THAT(report.error().sentence, HasSubstr("usher.db"));
        }
    }

    StillClock clock_;
    Folder folder_;
    std::filesystem::path path_ = folder_ / "usher.db";
    Known known_;
    std::string content_;
    int file_ = -1;
    bool noticed_ = false;
};

TEST_P(EachByte, IsTheTruthOrAnError) {
    const auto share = content_.size() / kShares + 1;
    const auto first = GetParam() * share;
    const auto last = std::min(first + share, content_.size());
    std::size_t noticed = 0;
    // Else the log's index would be made anew for each who asks.
    auto keeper = reader();
    ASSERT_TRUE(keeper.feed(domain::TenantId{"t"}, 0, 1).has_value());
    for (auto at = first; at < last; at += kStep) {
        SCOPED_TRACE(testing::Message() << "byte " << at << " of " << content_.size());
        put(at, static_cast<char>(content_[at] ^ (1 << at % 8)));
        noticed_ = false;
        ask_everything();
        noticed += noticed_ ? 1 : 0;
        expect_named(at);
        put(at, content_[at]);
        if (HasFailure()) return;
    }
    RecordProperty("noticed", std::to_string(noticed));
    ask_everything();
    EXPECT_FALSE(noticed_ && noticed == 0);
}

INSTANTIATE_TEST_SUITE_P(Shares, EachByte, testing::Range(std::size_t{0}, kShares));

}  // namespace
}  // namespace usher::store::sqlite
