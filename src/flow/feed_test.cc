#include "flow/feed.h"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include "flow/test_names.h"
#include "flow/test_world.h"

namespace usher::flow {
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

const domain::EntitlementId kFirst{"e-1"};
const domain::EntitlementId kSecond{"e-2"};

class Feed : public testing::Test {
  protected:
    Feed() {
        add_row(kFirst, domain::AccountId{"account-1"});
        add_row(kSecond, domain::AccountId{"account-2"});
    }

    void add_row(const domain::EntitlementId& id, const domain::AccountId& account) {
        world.store.rows[{kTenant, id}] = {.tenant = kTenant, .id = id, .account = account};
    }

    // One event of each, in turn; an hour apart.
    void happen(int count) {
        for (int i = 0; i < count; ++i) {
            const auto position = static_cast<std::int64_t>(world.store.events.size()) + 1;
            world.store.events.push_back({.tenant = kTenant,
                                          .position = position,
                                          .entitlement = position % 2 == 1 ? kFirst : kSecond,
                                          .version = static_cast<std::uint64_t>(position),
                                          .at = begin + hours{position}});
        }
    }

    base::Task<> happen_later(base::Duration span) {
        co_await base::sleep_for(world.clock, span);
        happen(1);
    }

    std::expected<FeedPage, Failure> read(ReadFeed asked) {
        asked.tenant = kTenant;
        return world.run(read_feed(world.ports, std::move(asked)));
    }
    FeedPlace place(std::int64_t position) {
        return place_of(world.store.events.at(static_cast<std::size_t>(position) - 1));
    }
    ReadFeed behind(std::int64_t position) {
        return {.from = ReadFeed::From::place, .after = place(position)};
    }

    static std::vector<std::int64_t> positions(const FeedPage& page) {
        std::vector<std::int64_t> all;
        for (const auto& item : page.items) all.push_back(item.event.position);
        return all;
    }

    World world;
    base::Time begin = world.clock.now();
};

TEST_F(Feed, ShowsEverythingInOrderAPageAtATime) {
    happen(5);
    auto page = read({.limit = 2}).value();
    EXPECT_THAT(positions(page), ElementsAre(1, 2));
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.items.front().row->account.text(), "account-1");
    page = read({.from = ReadFeed::From::place, .after = page.next, .limit = 3}).value();
    EXPECT_THAT(positions(page), ElementsAre(3, 4, 5));
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.next, place(5));
    page = read({.from = ReadFeed::From::place, .after = page.next}).value();
    EXPECT_THAT(positions(page), ElementsAre());
    EXPECT_EQ(page.next, place(5));
}

TEST_F(Feed, OfNothingGoesOnFromTheBeginning) {
    const auto page = read({}).value();
    EXPECT_TRUE(page.items.empty());
    EXPECT_EQ(to_text(page.next), "0");
    happen(1);
    EXPECT_THAT(positions(read({.from = ReadFeed::From::place, .after = page.next}).value()),
                ElementsAre(1));
}

TEST_F(Feed, WaitsUntilSomethingComes) {
    happen(2);
    auto asked = behind(2);
    asked.deadline = world.clock.monotonic() + seconds{20};
    const auto begun = world.clock.monotonic();
    boost::asio::co_spawn(world.io, happen_later(seconds{5}), boost::asio::detached);
    EXPECT_THAT(positions(read(asked).value()), ElementsAre(3));
    EXPECT_LE(world.clock.monotonic() - begun, seconds{5} + milliseconds{200});
}

TEST_F(Feed, WaitsNoLongerThanAskedAndNotAtAllOnceDismissed) {
    happen(2);
    auto asked = behind(2);
    const auto begun = world.clock.monotonic();
    asked.deadline = begun + seconds{20};
    EXPECT_TRUE(read(asked)->items.empty());
    EXPECT_EQ(world.clock.monotonic() - begun, seconds{20});
    world.ports.followers->dismiss();
    asked.deadline = world.clock.monotonic() + seconds{20};
    EXPECT_TRUE(read(asked)->items.empty());
    EXPECT_EQ(world.clock.monotonic() - begun, seconds{20});
}

TEST_F(Feed, ShowsOneEntitlementOrAccountAndMovesPastTheOthers) {
    happen(6);
    const auto of_one = read({.entitlement = kSecond}).value();
    EXPECT_THAT(positions(of_one), ElementsAre(2, 4, 6));
    const auto of_account = read({.account = domain::AccountId{"account-1"}}).value();
    EXPECT_THAT(positions(of_account), ElementsAre(1, 3, 5));
    EXPECT_EQ(of_account.next, place(6));
    const auto of_nobody = read({.account = domain::AccountId{"nobody"}}).value();
    EXPECT_THAT(positions(of_nobody), ElementsAre());
    EXPECT_EQ(of_nobody.next, place(6));
}

TEST_F(Feed, LooksAtNoMoreThanItMayForAFilter) {
    constexpr int kMany = 9'000;
    happen(kMany);
    ReadFeed asked{.account = domain::AccountId{"nobody"}};
    std::size_t pages = 0;
    while (true) {
        const auto page = read(asked).value();
        ++pages;
        EXPECT_TRUE(page.items.empty());
        asked.from = ReadFeed::From::place;
        asked.after = page.next;
        if (!page.more) break;
    }
    EXPECT_EQ(pages, 3U);
    EXPECT_EQ(asked.after, place(kMany));
}

TEST_F(Feed, BeginsAtTheNewestWhereAsked) {
    for (const int count : {0, 1, 2, 3, 7, 8, 9}) {
        world.store.events.clear();
        happen(count);
        const auto page = read({.from = ReadFeed::From::newest}).value();
        EXPECT_TRUE(page.items.empty()) << count;
        EXPECT_EQ(page.next.position, count);
        if (count > 0) EXPECT_EQ(page.next, place(count));
    }
}

TEST_F(Feed, DoesNotShowWhatIsTooOld) {
    begin = world.clock.now() - hours{10};
    happen(10);
    ReadFeed asked{.kept_for = hours{3}};
    EXPECT_THAT(positions(read(asked).value()), ElementsAre(7, 8, 9, 10));
    asked.from = ReadFeed::From::place;
    asked.after = place(6);
    EXPECT_THAT(positions(read(asked).value()), ElementsAre(7, 8, 9, 10));
    asked.after = place(5);
    EXPECT_EQ(read(asked).error().kind, FailureKind::feed_place_too_old);
    asked.after = {};
    EXPECT_EQ(read(asked).error().kind, FailureKind::feed_place_too_old);
    asked.after = place(10);
    EXPECT_THAT(positions(read(asked).value()), ElementsAre());
}

TEST_F(Feed, KnowsAPlaceOfAHistoryThatIsNoMore) {
    happen(4);
    const auto lost = place(4);
    const auto kept = place(3);
    world.store.events.pop_back();  // restored from a copy
    EXPECT_EQ(read({.from = ReadFeed::From::place, .after = lost}).error().kind,
              FailureKind::feed_place_unknown);
    happen(2);
    world.store.events.at(3).version = 77;  // something else happened instead
    EXPECT_EQ(read({.from = ReadFeed::From::place, .after = lost}).error().kind,
              FailureKind::feed_place_unknown);
    EXPECT_THAT(positions(read({.from = ReadFeed::From::place, .after = kept}).value()),
                ElementsAre(4, 5));
}

TEST(FeedPlace, IsReadAsItIsWritten) {
    const FeedPlace place{.position = 907, .mark = "0123456789ab"};
    EXPECT_EQ(to_text(place), "907-0123456789ab");
    EXPECT_EQ(parse_feed_place("907-0123456789ab"), place);
    EXPECT_EQ(parse_feed_place("0"), FeedPlace{});
    for (const auto* bad :
         {"", "-", "1", "00", "01-0123456789ab", "+1-0123456789ab", "-1-0123456789ab", "1-",
          "1-0123456789a", "1-0123456789abc", "1-0123456789aB", "1_0123456789ab",
          "99999999999999999999-0123456789ab", "0-0123456789ab", " 1-0123456789ab"}) {
        EXPECT_FALSE(parse_feed_place(bad)) << bad;
    }
}

}  // namespace
}  // namespace usher::flow
