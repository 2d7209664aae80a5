#include "store/queue.h"

#include <gmock/gmock.h>

namespace usher::store {

using testing::ElementsAre;

namespace {

Job job_of(const std::string& tenant, long long at = 0) {
    return {.command = {.wanted = {.tenant = domain::TenantId{tenant}}, .decide = {}},
            .done = [](flow::StoreResult<base::Time>) {},
            .queued = base::Monotonic{base::Duration{at}}};
}

std::vector<std::string> tenants(const std::vector<Job>& jobs) {
    std::vector<std::string> all;
    for (const auto& job : jobs) all.push_back(job.command.wanted.tenant.text());
    return all;
}

constexpr base::Monotonic kNow{base::Duration{10}};

}  // namespace

TEST(CommandQueue, TheNextGroupGoesOnWithTheNextTenant) {
    CommandQueue queue{100, std::chrono::seconds{1}};
    for (const auto* tenant : {"a", "a", "a", "b", "b", "c"}) queue.push(job_of(tenant));
    EXPECT_THAT(tenants(queue.take(2, kNow).jobs), ElementsAre("a", "b"));
    EXPECT_THAT(tenants(queue.take(2, kNow).jobs), ElementsAre("c", "a"));
    EXPECT_THAT(tenants(queue.take(9, kNow).jobs), ElementsAre("b", "a"));
    EXPECT_TRUE(queue.empty());
}

TEST(CommandQueue, TenantsWithEqualLinesDoNotEvictEachOther) {
    CommandQueue queue{2, std::chrono::seconds{1}};
    EXPECT_FALSE(queue.push(job_of("a")).has_value());
    EXPECT_FALSE(queue.push(job_of("b")).has_value());
    const auto refused = queue.push(job_of("c"));
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->job.command.wanted.tenant.text(), "c");
    EXPECT_EQ(refused->error, flow::StoreError::overloaded);
}

TEST(CommandQueue, ExpiredOnesDoNotTakeAPlaceInTheGroup) {
    CommandQueue queue{10, base::Duration{5}};
    queue.push(job_of("a", 0));
    queue.push(job_of("b", 9));
    const auto taken = queue.take(1, kNow);
    EXPECT_THAT(tenants(taken.expired), ElementsAre("a"));
    EXPECT_THAT(tenants(taken.jobs), ElementsAre("b"));
}

}  // namespace usher::store
