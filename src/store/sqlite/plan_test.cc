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

    // Steps of SQLite's machine until the first row.
    int steps_of(std::string_view sql, const std::vector<std::string>& keys) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(db_, std::string{sql}.c_str(), -1, &statement, nullptr),
                  SQLITE_OK)
            << sqlite3_errmsg(db_);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            sqlite3_bind_text(statement, static_cast<int>(i) + 1, keys[i].c_str(), -1,
                              SQLITE_TRANSIENT);
        }
        sqlite3_step(statement);
        const int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
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
                           sql::kUpdateWithSameStatus,
                           sql::kFindUnsettledCalls,
                           sql::kFindCalls,
                           sql::kFindFeed,
                           sql::kFindFeedEnd,
                           sql::kFindProduct,
                           sql::kFindAccount,
                           sql::kFindNextMerchant,
                           sql::kFindNextTenant,
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

// A plan does not tell: a comparison of rows begins at the key itself, and passes all that have it.
TEST_F(Plans, TheNextRouteIsFoundWithoutPassingABacklog) {
    {
        const auto store = open_store("sqlite:" + path_.string(), clock_, {.threads = false});
        ASSERT_TRUE(store.has_value());
        for (int i = 0; i < 2000; ++i) {
            auto row = bare_entitlement("t", std::to_string(i));
            row.merchant = domain::MerchantId{i == 0 ? "N" : "M"};
            row.due_at = clock_.now();
            (*store)->submit(
                {.wanted = {.tenant = row.tenant},
                 .decide = [row](const flow::Rows&) { return flow::Writes{.entitlement = row}; }},
                [](const Committed& committed) { ASSERT_TRUE(committed.has_value()); });
        }
        while ((*store)->run_group()) {
        }
    }
    EXPECT_LT(steps_of(sql::kFindNextMerchant, {"t", "M"}), 200);
    EXPECT_LT(steps_of(sql::kFindNextTenant, {"t"}), 200);
}

TEST_F(Plans, TheWorkListReadsOnlyItsIndex) {
    EXPECT_THAT(plan_of(sql::kFindNextMerchant),
                ElementsAre(HasSubstr("COVERING INDEX entitlement_due "
                                      "(tenant_id=? AND merchant_id>?)")));
    EXPECT_THAT(plan_of(sql::kFindNextTenant),
                ElementsAre(HasSubstr("COVERING INDEX entitlement_due (tenant_id>?)")));
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
