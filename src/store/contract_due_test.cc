// The work list.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

std::vector<std::string> names(const flow::DueList& list) {
    std::vector<std::string> all;
    for (const auto& due : list.due) all.push_back(due.tenant.text() + due.entitlement.text());
    return all;
}

void insert_due(Lab& lab, const std::string& tenant, const std::string& id, base::Time due,
                const std::string& merchant = "M") {
    auto row = bare_entitlement(tenant, id);
    row.due_at = due;
    row.merchant = domain::MerchantId{merchant};
    ASSERT_TRUE(lab.insert(row).has_value());
}

}  // namespace

TEST_P(Contract, OnlyWhatIsDueIsListedOldestFirst) {
    auto& lab = open();
    const auto now = clock_.now();
    using std::chrono::seconds;
    insert_due(lab, "t", "2", now - seconds{2});
    insert_due(lab, "t", "3", now - seconds{3}, "N");
    insert_due(lab, "t", "0", now);
    insert_due(lab, "t", "9", now + seconds{9});
    insert_due(lab, "t", "7", now + seconds{7}, "N");
    ASSERT_TRUE(lab.insert(bare_entitlement("t", "idle")).has_value());
    const auto list = lab.due(10);
    EXPECT_THAT(names(list), ElementsAre("t3", "t2", "t0"));
    EXPECT_EQ(list.due.at(0).due_at, now - seconds{3});
    EXPECT_EQ(list.next, now + seconds{7});
    EXPECT_EQ(list.now, now);

    ASSERT_TRUE(
        lab.update(bare_entitlement("t", "3"), [](auto& row) { row.due_at.reset(); }).has_value());
    ASSERT_TRUE(
        lab.update(bare_entitlement("t", "7"), [](auto& row) { row.due_at.reset(); }).has_value());
    EXPECT_THAT(names(lab.due(10)), ElementsAre("t2", "t0"));
    EXPECT_EQ(lab.due(10).next, now + seconds{9});
}

TEST_P(Contract, NothingToDoIsAnEmptyList) {
    auto& lab = open();
    const auto list = lab.due(10);
    EXPECT_THAT(list.due, IsEmpty());
    EXPECT_EQ(list.next, std::nullopt);
}

TEST_P(Contract, TheWorkListGoesRoundTheTenants) {
    auto& lab = open();
    const auto now = clock_.now();
    for (int i = 0; i < 40; ++i) {
        insert_due(lab, "busy", std::to_string(100 + i), now - std::chrono::hours{1});
    }
    insert_due(lab, "quiet", "1", now);
    insert_due(lab, "still", "1", now);
    EXPECT_THAT(names(lab.due(3)), UnorderedElementsAre("busy100", "quiet1", "still1"));
    EXPECT_EQ(lab.due(1000).due.size(), 42U);

    // A list of one does not always serve the same tenant.
    std::vector<std::string> served;
    for (int i = 0; i < 3; ++i) served.push_back(names(lab.due(1)).at(0));
    EXPECT_THAT(served, UnorderedElementsAre("busy100", "quiet1", "still1"));
}

TEST_P(Contract, ARouteLeftOutHidesOnlyItself) {
    auto& lab = open();
    const auto now = clock_.now();
    insert_due(lab, "t", "1", now, "DOWN");
    insert_due(lab, "t", "2", now, "UP");
    insert_due(lab, "u", "3", now, "DOWN");
    insert_due(lab, "t", "4", now + std::chrono::seconds{1}, "DOWN");
    const flow::Route down{domain::TenantId{"t"}, domain::MerchantId{"DOWN"}};
    const auto list = lab.due(10, {down});
    EXPECT_THAT(names(list), UnorderedElementsAre("t2", "u3"));
    EXPECT_EQ(list.next, std::nullopt);
    EXPECT_EQ(lab.due(10).due.size(), 3U);
}

}  // namespace usher::store
