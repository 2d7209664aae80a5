// No statement may look at more rows than it needs.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "store/lab_test.h"
#include "store/sql/comparison_statements.h"
#include "store/sql/statements.h"
#include "store/sql/watch_statements.h"

namespace usher::store {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

class Plans : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(open_store("sqlite:" + path_.string(), clock_, {.threads = false}).has_value());
        ASSERT_EQ(sqlite3_open(path_.c_str(), &db_), SQLITE_OK);
    }
    void TearDown() override { sqlite3_close(db_); }

    std::vector<std::string> plan_of(std::string_view sql) {
        std::vector<std::string> steps;
        sqlite3_stmt* statement = nullptr;
        const auto text = "EXPLAIN QUERY PLAN " + std::string{sql};
        EXPECT_EQ(sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db_);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            steps.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
        }
        sqlite3_finalize(statement);
        return steps;
    }

    StillClock clock_;
    Folder folder_;
    std::filesystem::path path_ = folder_ / "usher.db";
    sqlite3* db_ = nullptr;
};

}  // namespace

TEST_F(Plans, EveryLookupFollowsAKey) {
    for (const auto sql : {sql::kFindEntitlement,
                           sql::kFindOccupant,
                           sql::kFindHolder,
                           sql::kFindLiveOfAccount,
                           sql::kFindNextHoldingMerchant,
                           sql::kFindByPartnerId,
                           sql::kFindEntitlementsAfter,
                           sql::kFindLastPosition,
                           sql::kUpdateIdentity,
                           sql::kUpdateEntitlement,
                           sql::kFindUnsettledCalls,
                           sql::kFindCalls,
                           sql::kFindFeed,
                           sql::kFindFeedEnd,
                           sql::kFindProduct,
                           sql::kFindAccount,
                           sql::kFindNextRoute,
                           sql::kFindDue,
                           sql::kFindNextDue,
                           sql::kFindBacklog,
                           sql::kFindSweep,
                           sql::kFindSweepStops}) {
        const auto plan = plan_of(sql);
        EXPECT_FALSE(plan.empty()) << sql;
        EXPECT_THAT(plan, Each(AllOf(HasSubstr("SEARCH"), Not(HasSubstr("TEMP B-TREE"))))) << sql;
    }
}

TEST_F(Plans, ComparisonsAreFoundByTheirKey) {
    const auto plan = plan_of(sql::kFindLatestComparisons);
    EXPECT_FALSE(plan.empty());
    EXPECT_THAT(plan, Each(AllOf(Not(HasSubstr("SCAN")), Not(HasSubstr("TEMP B-TREE")))));
}

TEST_F(Plans, TheWorkListReadsOnlyItsIndex) {
    EXPECT_THAT(plan_of(sql::kFindNextRoute),
                ElementsAre(HasSubstr("COVERING INDEX entitlement_due "
                                      "((tenant_id,merchant_id)>(?,?))")));
    EXPECT_THAT(plan_of(sql::kFindDue),
                ElementsAre(HasSubstr("COVERING INDEX entitlement_due (tenant_id=? AND "
                                      "merchant_id=? AND "
                                      "(sync_due_at,entitlement_id)>(?,?) AND sync_due_at<?)")));
    EXPECT_THAT(plan_of(sql::kFindNextDue),
                ElementsAre(HasSubstr("COVERING INDEX entitlement_due (tenant_id=? AND "
                                      "merchant_id=? AND sync_due_at>?)")));
    EXPECT_THAT(plan_of(sql::kVoidLeases), ElementsAre(HasSubstr("USING INDEX entitlement_due")));
}

}  // namespace usher::store
