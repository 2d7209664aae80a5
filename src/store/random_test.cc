// Random commands from a seed, run on both engines: whatever one answers and holds, the other does.
#include <gtest/gtest.h>

#include "store/contract_test.h"

namespace usher::store {

namespace {

constexpr int kSteps = 150;

class Pair {
  public:
    explicit Pair(std::uint64_t seed) : maker_{seed} {}

    void step() {
        clock_.pass(std::chrono::milliseconds{maker_.below(2000)});
        const auto burst = 1 + maker_.below(5);
        std::vector<std::shared_ptr<std::optional<Committed>>> a;
        std::vector<std::shared_ptr<std::optional<Committed>>> b;
        for (std::uint64_t i = 0; i < burst; ++i) {
            const auto command = make_command();
            a.push_back(memory_.queue(command));
            b.push_back(sqlite_.queue(command));
        }
        memory_.turn();
        sqlite_.turn();
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i]->value(), b[i]->value());
    }

    void compare() {
        for (const auto& tenant : kTenants) {
            EXPECT_EQ(memory_.feed(tenant), sqlite_.feed(tenant));
            for (int id = 0; id < kIds; ++id) compare_row(bare_entitlement(tenant, name(id)));
        }
        const auto a = memory_.due(1000);
        const auto b = sqlite_.due(1000);
        EXPECT_EQ(a.next, b.next);
        ASSERT_EQ(a.due.size(), b.due.size());
        for (std::size_t i = 0; i < a.due.size(); ++i) {
            EXPECT_EQ(a.due[i].tenant, b.due[i].tenant);
            EXPECT_EQ(a.due[i].entitlement, b.due[i].entitlement);
            EXPECT_EQ(a.due[i].due_at, b.due[i].due_at);
        }
    }

  private:
    static constexpr int kIds = 6;
    inline static const std::vector<std::string> kTenants{"t", "u", "v"};

    static std::string name(std::uint64_t id) { return "e" + std::to_string(id); }

    // Pure: both engines run it, possibly more than once.
    flow::Command make_command() {
        const auto tenant = kTenants.at(maker_.below(kTenants.size()));
        auto fresh = bare_entitlement(tenant, name(maker_.below(kIds)));
        fresh.account = domain::AccountId{"a" + std::to_string(maker_.below(4))};
        if (maker_.below(3) == 0) {
            fresh.partner_id = domain::PartnerEntitlementId{"p" + std::to_string(maker_.below(8))};
        }
        const auto seed = maker_.below(1'000'000);
        const auto events = maker_.below(3);
        const bool blind = maker_.below(6) == 0;
        return {{.tenant = fresh.tenant,
                 .entitlement = fresh.id,
                 .account = fresh.account,
                 .product = fresh.product,
                 .occupant = true},
                [fresh, seed, events, blind](const flow::Rows& rows) {
                    return decide(rows, fresh, seed, events, blind);
                }};
    }

    static flow::Writes decide(const flow::Rows& rows, domain::Entitlement row, std::uint64_t seed,
                               std::uint64_t events, bool blind) {
        flow::Writes writes;
        if (rows.entitlement) {
            const auto partner_id = row.partner_id;
            row = *rows.entitlement;
            if (blind) row.partner_id = partner_id;
        } else if (rows.occupant && !blind) {
            row = *rows.occupant;
        }
        Maker maker{seed};
        maker.stir(row, rows.now);
        auto& calls = row.convergence.calls;
        if (!calls.empty() && maker.flip()) {
            calls.front().phase = domain::CallPhase::answered;
            const bool known = (rows.entitlement && rows.entitlement->id == row.id) ||
                               (rows.occupant && rows.occupant->id == row.id);
            if (known) writes.answered.push_back(calls.front());
            calls.erase(calls.begin());
        }
        for (std::uint64_t i = 0; i < events; ++i) {
            writes.events.push_back(event_of(row, std::to_string(seed)));
        }
        writes.entitlement = std::move(row);
        return writes;
    }

    void compare_row(const domain::Entitlement& row) {
        EXPECT_EQ(memory_.stored(row), sqlite_.stored(row));
        const auto calls = [&](Lab& lab) {
            return lab.ask(lab.store().calls_of(row.tenant, row.id)).value().calls;
        };
        EXPECT_EQ(calls(memory_), calls(sqlite_));
        const auto history = [&](Lab& lab) {
            return lab.ask(lab.store().history_of(row.tenant, row.id, 1000)).value();
        };
        EXPECT_EQ(history(memory_), history(sqlite_));
    }

    Maker maker_;
    StillClock clock_;
    Folder folder_;
    Lab memory_{make_store(EngineKind::memory, folder_, clock_, options())};
    Lab sqlite_{make_store(EngineKind::sqlite, folder_, clock_, options())};

    static StoreOptions options() { return {.group_limit = 3, .decide_runs = 2, .threads = false}; }
};

}  // namespace

TEST(RandomCommands, LeaveBothEnginesWithTheSame) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair{seed};
        for (int step = 0; step < kSteps; ++step) pair.step();
        pair.compare();
        if (testing::Test::HasFailure()) break;
    }
}

}  // namespace usher::store
