// The store alone on the simulated disk: what it does when syncs fail and the power follows.
#include "store/store.h"

#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/log.h"
#include "simulate/disk.h"
#include "simulate/timeline.h"

namespace usher::simulate {
namespace {

class StoreOnDisk : public testing::Test {
  protected:
    StoreOnDisk() {
        base::mute_log();
        Disk::the();
        auto name = (std::filesystem::temp_directory_path() / "usher-store-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~StoreOnDisk() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    void begin(std::uint64_t seed) {
        for (const auto& entry : std::filesystem::directory_iterator{folder_}) {
            std::filesystem::remove(entry.path());
        }
        Disk::the().begin(seed);
    }

    std::string start() {
        store::StoreOptions options;
        options.threads = false;
        options.readers = 1;
        options.busy_timeout = std::chrono::milliseconds{0};
        auto opened =
            store::open_store("sqlite:" + (folder_ / "usher.db").string(), clock_, options);
        if (!opened) return opened.error().sentence;
        store_ = std::move(*opened);
        return "";
    }

    bool put_account() {
        bool kept = false;
        const domain::TenantId tenant{"demo"};
        const domain::Account account{.tenant = tenant,
                                      .id = domain::AccountId{std::to_string(++accounts_)},
                                      .created = clock_.now(),
                                      .modified = clock_.now()};
        store_->submit(
            {.wanted = {.tenant = tenant},
             .decide = [account](const flow::Rows&) { return flow::Writes{.account = account}; }},
            [&](const flow::StoreResult<base::Time>& done) { kept = done.has_value(); });
        while (store_->run_group()) {
        }
        return kept;
    }

    // A reader that finds the writer's connection replaced opens its own anew.
    void read() {
        boost::asio::io_context context;
        const auto ask = [this]() -> base::Task<> {
            co_await store_->find_account(domain::TenantId{"demo"}, domain::AccountId{"1"});
        };
        boost::asio::co_spawn(context, ask, boost::asio::detached);
        context.poll();
        while (store_->run_reads()) {
        }
        context.poll();
    }

    void pass(base::Duration span) {
        timeline_.after(span, kWorld, [](bool) {});
        timeline_.step();
    }

    void crash() {
        Disk::the().fail_power();
        store_.reset();
        Disk::the().recover();
    }

    std::filesystem::path folder_;
    Dice dice_{1, 0};
    Timeline timeline_{dice_};
    const base::Duration right_{};
    LifeClock clock_{timeline_, kWorld, right_};
    std::unique_ptr<store::SteppedStore> store_;
    int accounts_ = 0;
};

TEST_F(StoreOnDisk, startsAfterSyncsFailedForLongAndThePowerWent) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        begin(seed);
        ASSERT_EQ(start(), "");
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(put_account());
        Disk::the().set_trouble({.syncs_fail = true});
        for (int i = 0; i < 12; ++i) {
            EXPECT_FALSE(put_account());
            read();
            pass(std::chrono::minutes{1});
        }
        crash();
        Disk::the().set_trouble({});
        ASSERT_EQ(start(), "") << seed;
        EXPECT_TRUE(put_account());
        crash();
    }
}

TEST_F(StoreOnDisk, goesOnByItselfWhenSyncsDoAgain) {
    begin(1);
    ASSERT_EQ(start(), "");
    Disk::the().set_trouble({.syncs_fail = true});
    EXPECT_FALSE(put_account());
    EXPECT_FALSE(store_->writable());
    Disk::the().set_trouble({});
    pass(std::chrono::minutes{1});
    EXPECT_TRUE(put_account());
    EXPECT_TRUE(store_->writable());
}

}  // namespace
}  // namespace usher::simulate
