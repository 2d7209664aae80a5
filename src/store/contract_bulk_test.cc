// Files of changes.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::Bulk;
using flow::Rows;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

Bulk begun_bulk(const char* tenant, const char* id, base::Time begun) {
    return {.tenant = domain::TenantId{tenant},
            .id = id,
            .asker = {.subject = "s",
                      .client = "c",
                      .correlation = domain::CorrelationId{"x"},
                      .comment = "ü"},
            .by = "ann",
            .file = "f.csv",
            .digest = "d",
            .rows = 7,
            .begun = begun};
}

void put_bulk(Lab& lab, const Bulk& bulk) {
    ASSERT_TRUE(
        lab.commit({.tenant = bulk.tenant}, [=](const Rows&) { return Writes{.bulk = bulk}; }));
}

}  // namespace

TEST_P(Contract, BulksComeBackTheNewestFirst) {
    auto& lab = open();
    const auto now = clock_.now();
    auto first = begun_bulk("t", "b", now);
    const auto second = begun_bulk("t", "a", now + std::chrono::seconds{1});
    const auto others = begun_bulk("u", "b", now);
    for (const auto& bulk : {first, second, others}) put_bulk(lab, bulk);
    const auto newest = [&](const char* tenant, std::size_t limit) {
        return lab.ask(lab.store().bulks(domain::TenantId{tenant}, limit)).value();
    };
    EXPECT_THAT(newest("t", 10), ElementsAre(second, first));
    EXPECT_THAT(newest("t", 1), ElementsAre(second));
    EXPECT_THAT(newest("u", 10), ElementsAre(others));
    EXPECT_THAT(newest("v", 10), IsEmpty());

    first.looked = 7;
    first.foreseen = {.changed = 4, .unchanged = 2, .refused = 1};
    first.would_end = 3;
    first.live = 100;
    first.looked_at = now + std::chrono::seconds{2};
    first.token_digest = "t";
    first.asker.comment = "why";
    first.started = now + std::chrono::seconds{3};
    first.confirmed = true;
    first.let_through = 6;
    first.ends = 2;
    first.told = 5;
    first.done = {.changed = 3, .unchanged = 1, .refused = 1};
    first.finished = now + std::chrono::seconds{4};
    put_bulk(lab, first);
    EXPECT_THAT(newest("t", 10), ElementsAre(second, first));
    std::optional<Bulk> seen;
    std::optional<Bulk> elsewhere;
    lab.commit({.tenant = first.tenant, .bulk = first.id}, [&](const Rows& rows) {
        seen = rows.bulk;
        return Writes{};
    });
    lab.commit({.tenant = domain::TenantId{"v"}, .bulk = first.id}, [&](const Rows& rows) {
        elsewhere = rows.bulk;
        return Writes{};
    });
    EXPECT_EQ(seen, first);
    EXPECT_EQ(lab.ask(lab.store().find_bulk(first.tenant, first.id)).value(), first);
    EXPECT_EQ(lab.ask(lab.store().find_bulk(first.tenant, "none")).value(), std::nullopt);
    EXPECT_EQ(elsewhere, std::nullopt);
}

}  // namespace usher::store
