// Each single thing that a change of the store asks of its files goes wrong once, each in turn and
// in each way it can: what was answered is what a fresh start finds, and whoever runs Usher is told
// in a sentence what is wrong and what to do.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/log.h"
#include "flow/receive_report.h"
#include "flow/test_world.h"
#include "flow/update_status.h"
#include "flow/work.h"
#include "simulate/disk.h"
#include "store/store.h"

namespace usher::simulate {
namespace {

namespace fs = std::filesystem;
using flow::test::kEntitlement;
using flow::test::kTenant;

// What one thing that was asked of the store was answered.
enum class Told {
    done,
    not_recorded,  // certainly
    unconfirmed,
    damaged,
};

// What the store holds of the entitlement, without what every start renews.
struct Held {
    std::optional<domain::Entitlement> row;
    std::vector<domain::Event> events;
    std::vector<domain::Call> calls;
    bool operator==(const Held&) const = default;
};

std::vector<Flaw> flaws_of(Operation operation) {
    switch (operation) {
        case Operation::read:
            return {Flaw::error, Flaw::part};
        case Operation::write:
            return {Flaw::error, Flaw::part, Flaw::full};
        case Operation::sync:
            return {Flaw::error, Flaw::forgotten, Flaw::gone};
        case Operation::truncate:
        case Operation::remove:
        case Operation::size:
        case Operation::map_shared:
        case Operation::lock_shared:
            return {Flaw::error};
    }
    return {};
}

// How the process goes on after it was told.
enum class Ending { power_failure, kill, orderly };

// How eagerly the log is copied back.
struct Copying {
    std::int64_t soft_bytes;
    std::int64_t hard_bytes;
};

constexpr Copying kNever{16 << 20, 64 << 20};
constexpr Copying kAlways{1, 64 << 20};
constexpr Copying kAlwaysAndAnew{1, 1};

class StoreFlaws : public testing::Test {
  protected:
    StoreFlaws() {
        base::mute_log();
        Disk::the();
        const fs::path memory{"/dev/shm"};
        const auto parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
        auto name = (parent / "usher-flaws-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    void TearDown() override {
        end(Ending::kill);
        fs::remove_all(folder_);
    }

    fs::path file() const { return folder_ / "usher.db"; }

    void begin(std::uint64_t seed, const fs::path& from = {}) {
        end(Ending::kill);
        for (const auto& entry : fs::directory_iterator{folder_}) {
            if (entry.is_regular_file()) fs::remove(entry.path());
        }
        if (!from.empty()) {
            for (const auto& entry : fs::directory_iterator{from}) {
                fs::copy_file(entry.path(), folder_ / entry.path().filename());
            }
        }
        Disk::the().begin(seed);
        // The same time and the same request ids, each time.
        world_ = std::make_unique<flow::test::World>();
        world_->propagator.carries = false;
    }

    // The sentence when it does not start.
    std::string start(Copying copying = kNever) {
        store::StoreOptions options;
        options.threads = false;
        options.readers = 1;
        options.busy_timeout = std::chrono::milliseconds{0};
        options.wal_soft_bytes = copying.soft_bytes;
        options.wal_hard_bytes = copying.hard_bytes;
        auto opened = store::open_store("sqlite:" + file().string(), world_->clock, options);
        if (!opened) return opened.error().sentence;
        store_ = std::move(*opened);
        ports_.emplace(flow::Ports{
            *store_, world_->partner, world_->propagator, world_->clock, *world_->random, {}});
        return "";
    }

    void end(Ending ending) {
        if (ending != Ending::orderly) Disk::the().fail_power();
        ports_.reset();
        store_.reset();
        if (ending == Ending::power_failure) Disk::the().recover();
        if (ending == Ending::kill) Disk::the().restore_power();
    }

    template <class T>
    T run(base::Task<T> task) {
        std::optional<T> result;
        boost::asio::io_context context;
        boost::asio::co_spawn(context, std::move(task),
                              [&](const std::exception_ptr& error, T value) {
                                  if (error) std::rethrow_exception(error);
                                  result.emplace(std::move(value));
                              });
        while (true) {
            context.restart();
            const auto happened = context.poll();
            if (result) return std::move(*result);  // before the store turns again
            while (store_->run_group()) {
            }
            while (store_->run_reads()) {
            }
            if (happened == 0) world_->clock.pass_to_next();
        }
    }

    static Told told_by(flow::StoreError error) {
        switch (error) {
            case flow::StoreError::not_writable:
                return Told::not_recorded;
            case flow::StoreError::unconfirmed:
                return Told::unconfirmed;
            case flow::StoreError::damaged:
                return Told::damaged;
            case flow::StoreError::overloaded:
            case flow::StoreError::contended:
            case flow::StoreError::closed:
                break;
        }
        ADD_FAILURE() << flow::to_text(error);
        return Told::damaged;
    }

    template <class T>
    static Told told_by(const std::expected<T, flow::Failure>& answer) {
        if (answer) return Told::done;
        EXPECT_EQ(answer.error().kind, flow::FailureKind::store);
        return told_by(answer.error().store.value_or(flow::StoreError::damaged));
    }

    // --- What is asked

    void fill() {
        const domain::Account account{.tenant = kTenant, .id = flow::test::kAccount};
        const domain::Entitlement row = world_->hold(domain::EntitlementStatus::active);
        const domain::Event event{.tenant = kTenant, .entitlement = kEntitlement, .version = 1};
        const auto made = run(flow::decide_in<bool>(
            *store_, {.tenant = kTenant, .entitlement = kEntitlement},
            [&](const flow::Rows&) -> std::pair<flow::Writes, bool> {
                return {{.entitlement = row, .events = {event}, .account = account}, true};
            }));
        ASSERT_TRUE(made.has_value());
    }

    Told change() {
        world_->propagator.parked.clear();
        return told_by(
            run(flow::update_status(*ports_, {.tenant = kTenant,
                                              .entitlement = kEntitlement,
                                              .status = domain::EntitlementStatus::suspended})));
    }

    Told settle() {
        const auto work = world_->propagator.parked.front();
        const auto done = run(
            flow::settle(*ports_, work, flow::test::confirmed(domain::PartnerStatus::suspended)));
        return done ? Told::done : told_by(done.error());
    }

    Told report() {
        return told_by(run(flow::receive_report(*ports_, {kTenant, kEntitlement, "{}"})));
    }

    Told put_account(const std::string& id) {
        const domain::Account account{.tenant = kTenant, .id = domain::AccountId{id}};
        const auto done = run(flow::decide_in<bool>(
            *store_, {.tenant = kTenant}, [&](const flow::Rows&) -> std::pair<flow::Writes, bool> {
                return {{.account = account}, true};
            }));
        return done ? Told::done : told_by(done.error());
    }

    bool has_account(const std::string& id) {
        const auto found = run(store_->find_account(kTenant, domain::AccountId{id}));
        EXPECT_TRUE(found.has_value());
        return found && found->has_value();
    }

    // --- What is held

    flow::StoreResult<Held> read() {
        auto row = run(store_->find_entitlement(kTenant, kEntitlement));
        if (!row) return std::unexpected{row.error()};
        auto events = run(store_->feed(kTenant, 0, 100));
        if (!events) return std::unexpected{events.error()};
        auto calls = run(store_->calls_of(kTenant, kEntitlement));
        if (!calls) return std::unexpected{calls.error()};
        if (*row) {
            (*row)->claim.lease_until.reset();
            (*row)->due_at.reset();
        }
        return Held{std::move(*row), std::move(*events), std::move(calls->calls)};
    }

    Held read_whole() {
        auto held = read();
        EXPECT_TRUE(held.has_value());
        return held.value_or(Held{});
    }

    // --- The trouble's sentence

    static void expect_sentence(const std::string& sentence) {
        static const std::regex remedy{
            R"([:;,] (or )?(make|restore|name|stop|start|look|put|move)\b)"};
        EXPECT_NE(sentence.find("usher.db"), sentence.npos) << sentence;
        EXPECT_TRUE(std::regex_search(sentence, remedy)) << sentence;
    }

    // A file with the entitlement in it, as a kill left it.
    void prepare(const fs::path& to) {
        begin(1);
        ASSERT_EQ(start(), "");
        fill();
        end(Ending::kill);
        fs::remove_all(to);
        fs::create_directory(to);
        for (const auto& entry : fs::directory_iterator{folder_}) {
            if (entry.is_regular_file()) fs::copy_file(entry.path(), to / entry.path().filename());
        }
    }

    // One thing that is asked, after another that goes well.
    struct Story {
        std::function<void()> before;
        std::function<Told()> asked;
    };

    struct Outcome {
        Told told{};
        std::vector<Operation> seen;
    };

    void expect_held(Told told, const Held& found, const Held& before, const Held& after) {
        switch (told) {
            case Told::done:
                EXPECT_EQ(found, after) << "it was acknowledged and is not there";
                return;
            case Told::not_recorded:
            case Told::damaged:
                EXPECT_EQ(found, before) << "it was turned away and is there";
                return;
            case Told::unconfirmed:
                EXPECT_TRUE(found == before || found == after) << "neither as before nor as after";
                return;
        }
    }

    // The live store, told of nothing more: reads are right or an error, the next change is taken,
    // and what is wrong is said in between.
    void go_on(Told told, const Held& before, const Held& after) {
        if (told != Told::done) {
            const auto writable = store_->writable();
            if (told != Told::damaged) {
                ASSERT_FALSE(writable.has_value());
                expect_sentence(writable.error());
            }
        }
        if (const auto found = read()) expect_held(told, *found, before, after);
        auto taken = put_account("next");
        // What came after the answer, such as copying the log, may have gone wrong.
        if (taken != Told::done) {
            world_->clock.pass(std::chrono::minutes{1});
            taken = put_account("next");
        }
        EXPECT_EQ(taken, Told::done);
        EXPECT_TRUE(store_->writable().has_value());
        expect_held(told, read_whole(), before, after);
    }

    // Everything that `story` asks of the files goes wrong once.
    void try_all(const Story& story, Copying copying) {
        const auto from = folder_ / "prepared";
        prepare(from);
        Held before;
        Held after;
        std::vector<Operation> operations;
        ASSERT_NO_FATAL_FAILURE(without_flaw(story, copying, from, before, after, operations));
        ASSERT_NE(before, after);
        std::uint64_t seed = 0;
        for_each_flaw(operations, [&](std::size_t at, Flaw flaw) {
            for (const auto ending : {Ending::power_failure, Ending::kill, Ending::orderly}) {
                SCOPED_TRACE(static_cast<int>(ending));
                begin(++seed, from);
                ASSERT_EQ(start(copying), "");
                if (story.before) story.before();
                Disk::the().watch({{at, flaw}});
                const auto told = story.asked();
                answers_.insert(told);
                Disk::the().watch();
                if (ending == Ending::orderly) go_on(told, before, after);
                end(ending);
                ASSERT_EQ(start(copying), "");
                expect_held(told, read_whole(), before, after);
                if (ending == Ending::orderly) EXPECT_TRUE(has_account("next"));
            }
        });
    }

    void without_flaw(const Story& story, Copying copying, const fs::path& from, Held& before,
                      Held& after, std::vector<Operation>& operations) {
        begin(1, from);
        ASSERT_EQ(start(copying), "");
        if (story.before) story.before();
        before = read_whole();
        end(Ending::kill);
        begin(1, from);
        ASSERT_EQ(start(copying), "");
        if (story.before) story.before();
        Disk::the().watch();
        ASSERT_EQ(story.asked(), Told::done);
        operations = Disk::the().watched();
        after = read_whole();
    }

    // Each way in which each of `operations` can go wrong.
    void for_each_flaw(const std::vector<Operation>& operations,
                       const std::function<void(std::size_t at, Flaw flaw)>& attempt) {
        for (std::size_t at = 0; at < operations.size(); ++at) {
            for (const auto flaw : flaws_of(operations[at])) {
                SCOPED_TRACE(testing::Message() << "operation " << at << " of " << operations.size()
                                                << ", kind " << static_cast<int>(operations[at])
                                                << ", flaw " << static_cast<int>(flaw));
                attempt(at, flaw);
                if (HasFailure()) return;
            }
            met_.insert(operations[at]);
        }
    }

    void expect_met(std::initializer_list<Operation> kinds) const {
        for (const auto kind : kinds) EXPECT_TRUE(met_.contains(kind)) << static_cast<int>(kind);
    }

    fs::path folder_;
    std::unique_ptr<flow::test::World> world_;
    std::unique_ptr<store::SteppedStore> store_;
    std::optional<flow::Ports> ports_;
    std::set<Operation> met_;
    std::set<Told> answers_;
};

constexpr std::initializer_list<Operation> kWithoutCopying{Operation::read, Operation::write,
                                                           Operation::sync, Operation::lock_shared};

TEST_F(StoreFlaws, OfAChange) {
    for (const auto copying : {kNever, kAlways, kAlwaysAndAnew}) {
        try_all({.asked = [this] { return change(); }}, copying);
    }
    expect_met(kWithoutCopying);
    EXPECT_TRUE(answers_.contains(Told::unconfirmed) && answers_.contains(Told::not_recorded));
}

TEST_F(StoreFlaws, OfAnAnswerOfThePartner) {
    for (const auto copying : {kNever, kAlways, kAlwaysAndAnew}) {
        try_all({.before = [this] { EXPECT_EQ(change(), Told::done); },
                 .asked = [this] { return settle(); }},
                copying);
    }
    expect_met({Operation::write, Operation::sync});
}

TEST_F(StoreFlaws, OfAReport) {
    for (const auto copying : {kNever, kAlways, kAlwaysAndAnew}) {
        try_all({.asked = [this] { return report(); }}, copying);
    }
    expect_met(kWithoutCopying);
}

// While it is opened again after a change whose commit is in doubt.
TEST_F(StoreFlaws, OfAReopening) {
    const auto from = folder_ / "prepared";
    prepare(from);
    Held before;
    Held after;
    std::vector<Operation> operations;
    without_flaw({.asked = [this] { return change(); }}, kNever, from, before, after, operations);
    const auto first_sync = std::ranges::find(operations, Operation::sync);
    ASSERT_NE(first_sync, operations.end());
    const auto doubt = static_cast<std::size_t>(first_sync - operations.begin());
    std::uint64_t seed = 0;
    const auto fail_twice = [&](Flaw first, std::optional<std::pair<std::size_t, Flaw>> second) {
        begin(++seed, from);
        ASSERT_EQ(start(), "");
        Disk::the().watch({{doubt, first}});
        ASSERT_EQ(change(), Told::unconfirmed);
        Disk::the().watch(second);
        put_account("again");
    };
    fail_twice(Flaw::error, std::nullopt);
    for (const auto first : flaws_of(Operation::sync)) {
        for_each_flaw(std::vector{Disk::the().watched()}, [&](std::size_t at, Flaw flaw) {
            for (const auto ending : {Ending::power_failure, Ending::kill}) {
                fail_twice(first, {{at, flaw}});
                Disk::the().watch();
                if (const auto writable = store_->writable(); !writable) {
                    expect_sentence(writable.error());
                }
                end(ending);
                ASSERT_EQ(start(), "");
                expect_held(Told::unconfirmed, read_whole(), before, after);
            }
        });
        fail_twice(first, std::nullopt);
    }
    expect_met({Operation::read, Operation::write, Operation::sync, Operation::truncate,
                Operation::map_shared, Operation::lock_shared});
}

// A start is refused with a sentence or finds everything, and so does the one after it.
TEST_F(StoreFlaws, OfAStartAfterAKill) {
    const auto from = folder_ / "prepared";
    prepare(from);
    begin(1, from);
    Disk::the().watch();
    ASSERT_EQ(start(), "");
    const auto operations = Disk::the().watched();
    const auto held = read_whole();
    std::uint64_t seed = 0;
    int refused = 0;
    for_each_flaw(operations, [&](std::size_t at, Flaw flaw) {
        for (const auto ending : {Ending::power_failure, Ending::kill}) {
            begin(++seed, from);
            Disk::the().watch({{at, flaw}});
            if (const auto sentence = start(); sentence.empty()) {
                Disk::the().watch();
                EXPECT_EQ(read_whole(), held);
            } else {
                ++refused;
                expect_sentence(sentence);
            }
            Disk::the().watch();
            end(ending);
            ASSERT_EQ(start(), "");
            EXPECT_EQ(read_whole(), held);
        }
    });
    EXPECT_GT(refused, 0);
    expect_met({Operation::read, Operation::write, Operation::sync, Operation::truncate,
                Operation::size, Operation::map_shared, Operation::lock_shared});
}

// The first start breaks off, and somebody tries and tries while syncs fail, until the power goes:
// what is left of all that is no damage.
TEST_F(StoreFlaws, OfManyFirstStarts) {
    constexpr int kTries = 10;
    begin(1);
    Disk::the().watch();
    ASSERT_EQ(start(), "");
    const auto operations = Disk::the().watched();
    std::uint64_t seed = 0;
    for_each_flaw(operations, [&](std::size_t at, Flaw flaw) {
        if (operations[at] != Operation::write) return;
        begin(++seed);
        Disk::the().watch({{at, flaw}});
        (void)start();
        Disk::the().watch();
        end(Ending::kill);
        Disk::the().set_trouble({.syncs_fail = true});
        for (int i = 0; i < kTries; ++i) {
            expect_sentence(start());
            end(Ending::kill);
        }
        Disk::the().set_trouble({});
        end(Ending::power_failure);
        ASSERT_EQ(start(), "");
    });
}

// An orderly end does what it can; what it cannot is left to the next start.
TEST_F(StoreFlaws, OfAnOrderlyEnd) {
    const auto from = folder_ / "prepared";
    prepare(from);
    const auto work = [&](std::uint64_t seed) {
        begin(seed, from);
        ASSERT_EQ(start(), "");
        ASSERT_EQ(change(), Told::done);
    };
    work(1);
    const auto held = read_whole();
    Disk::the().watch();
    end(Ending::orderly);
    std::uint64_t seed = 0;
    for_each_flaw(std::vector{Disk::the().watched()}, [&](std::size_t at, Flaw flaw) {
        work(++seed);
        Disk::the().watch({{at, flaw}});
        end(Ending::orderly);
        Disk::the().watch();
        end(Ending::power_failure);
        ASSERT_EQ(start(), "");
        EXPECT_EQ(read_whole(), held);
    });
    expect_met({Operation::write, Operation::sync, Operation::truncate, Operation::remove});
}

}  // namespace
}  // namespace usher::simulate
