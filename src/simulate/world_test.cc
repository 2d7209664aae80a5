#include "simulate/world.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/log.h"
#include "simulate/disk.h"

namespace usher::simulate {
namespace {

class WorldTest : public testing::Test {
  protected:
    static constexpr double kFew = 12;

    static void SetUpTestSuite() {
        base::mute_log();
        Disk::the();
        stage_ = std::make_unique<Stage>();
    }
    static void TearDownTestSuite() { stage_.reset(); }

    static std::string told(const Outcome& outcome) {
        // Not what `usher simulate --seed` shows: that world is larger.
        std::string all = "seed " + std::to_string(outcome.seed) + ", few entitlements";
        for (const auto& violation : outcome.violations) {
            all += "\n";
            all += to_text(violation.invariant);
            all += ": " + violation.about;
        }
        return all;
    }

    static inline std::unique_ptr<Stage> stage_;
};

TEST_F(WorldTest, asPromised) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto outcome = run_world(*stage_, {.seed = seed, .most_entitlements = kFew});
        EXPECT_TRUE(outcome.violations.empty()) << told(outcome);
    }
}

TEST_F(WorldTest, asPromisedBySeveralNodes) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto outcome =
            run_world(*stage_, {.seed = seed, .most_entitlements = kFew, .nodes = 3});
        EXPECT_TRUE(outcome.violations.empty()) << told(outcome);
        EXPECT_GE(outcome.figures.starts, 3U) << seed;
    }
}

TEST_F(WorldTest, aQuarterHasSeveralNodes) {
    std::array<int, 4> worlds{};
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) ++worlds.at(nodes_of({.seed = seed}));
    EXPECT_EQ(worlds[0], 0);
    EXPECT_NEAR(worlds[1], 750, 60);
    EXPECT_NEAR(worlds[2], 125, 40);
    EXPECT_NEAR(worlds[3], 125, 40);
    EXPECT_EQ(nodes_of({.seed = 1, .nodes = 2}), 2U);
    EXPECT_EQ(nodes_of({.seed = 1, .only = Fault::disk_full, .nodes = 2}), 1U);
    EXPECT_GE(nodes_of({.seed = 1, .only = Fault::database_away, .nodes = 1}), 2U);
}

TEST_F(WorldTest, theSameSeedIsTheSameWorld) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const WorldOptions options{.seed = seed,
                                   .most_entitlements = kFew,
                                   .nodes = static_cast<unsigned>(1 + seed % 3),
                                   .keep_trace = true};
        const auto first = run_world(*stage_, options);
        const auto again = run_world(*stage_, options);
        EXPECT_EQ(first.trace, again.trace) << seed;
        EXPECT_EQ(first.hash, again.hash) << seed;
        auto other = options;
        other.seed += 100;
        EXPECT_NE(first.hash, run_world(*stage_, other).hash);
    }
}

// Else the judge could be asleep.
TEST_F(WorldTest, aDiskThatLiesIsFoundOut) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 100 && found < 3; ++seed) {
        const auto outcome = run_world(
            *stage_,
            {.seed = seed, .only = Fault::crash, .most_entitlements = kFew, .syncs_lie = true});
        if (!outcome.violations.empty()) ++found;
    }
    EXPECT_EQ(found, 3);
}

TEST_F(WorldTest, eachFaultAlone) {
    for (const auto fault : all_faults()) {
        const auto outcome =
            run_world(*stage_, {.seed = 7, .only = fault, .most_entitlements = kFew});
        EXPECT_TRUE(outcome.violations.empty()) << told(outcome) << " --fault " << to_text(fault);
    }
}

}  // namespace
}  // namespace usher::simulate
