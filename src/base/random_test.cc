#include "base/random.h"

#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace usher::base {
namespace {

TEST(Random, RepeatsItselfFromASeed) {
    const auto one = make_seeded_random(7);
    const auto same = make_seeded_random(7);
    const auto other = make_seeded_random(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto value = one->next();
        EXPECT_EQ(value, same->next());
        differs = differs || value != other->next();
    }
    EXPECT_TRUE(differs);
}

TEST(Random, OfTheSystemDoesNotRepeatItself) {
    std::set<std::uint64_t> seen;
    const auto random = make_system_random();
    for (int i = 0; i < 1000; ++i) seen.insert(random->next());
    EXPECT_EQ(seen.size(), 1000U);
}

class FixedRandom final : public Random {
  public:
    explicit FixedRandom(std::byte byte) : byte_{byte} {}
    void fill(std::span<std::byte> bytes) override { std::ranges::fill(bytes, byte_); }

  private:
    std::byte byte_;
};

TEST(Random, FractionsLieInTheHalfOpenInterval) {
    FixedRandom lowest{std::byte{0x00}};
    FixedRandom highest{std::byte{0xff}};
    EXPECT_EQ(lowest.fraction(), 0.0);
    EXPECT_LT(highest.fraction(), 1.0);
    EXPECT_GT(highest.fraction(), 0.999'999);
    const auto random = make_seeded_random(1);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) sum += random->fraction();
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(MakeUuid, IsOfVersionFour) {
    const std::regex form{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
    const auto random = make_seeded_random(3);
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const auto uuid = make_uuid(*random);
        EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
        seen.insert(uuid);
    }
    EXPECT_EQ(seen.size(), 200U);
    FixedRandom lowest{std::byte{0x00}};
    FixedRandom highest{std::byte{0xff}};
    EXPECT_EQ(make_uuid(lowest), "00000000-0000-4000-8000-000000000000");
    EXPECT_EQ(make_uuid(highest), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(MakeObjectId, SortsByTime) {
    const auto random = make_seeded_random(4);
    const std::regex form{"[0-9a-f]{24}"};
    std::string before;
    for (long long second = 0; second < 4'000'000'000; second += 37'000'000) {
        const auto id = make_object_id(*random, from_micros(second * 1'000'000));
        EXPECT_TRUE(std::regex_match(id, form)) << id;
        EXPECT_LT(before, id);
        before = id;
    }
    EXPECT_EQ(make_object_id(*random, from_micros(0x6ab1c2d3LL * 1'000'000)).substr(0, 8),
              "6ab1c2d3");
}

TEST(MakeToken, IsBase64UrlOfSoManyBytes) {
    const auto random = make_seeded_random(5);
    for (const std::size_t bytes : {0U, 1U, 16U, 33U}) {
        const auto decoded = decode_base64url(make_token(*random, bytes));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->size(), bytes);
    }
}

}  // namespace
}  // namespace usher::base
