// Reports that are kept, and products found by what the merchant calls them.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::KeptReport;
using flow::ReportOutcome;
using flow::Rows;
using flow::Writes;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

const domain::TenantId kReporter{"t"};
const domain::EntitlementId kReported{"e"};

KeptReport report_of(const std::string& digest, base::Time received) {
    return {.tenant = kReporter,
            .entitlement = kReported,
            .digest = digest,
            .received = received,
            .outcome = ReportOutcome::another_record,
            .named = "e",
            .partner_id = domain::PartnerEntitlementId{"b-1"},
            .customer = domain::CustomerId{"c"},
            .product_key = domain::ProductKey{"MUSIC"},
            .status_word = "ACTIVE",
            .reason = "ACTIVATION_SUCCESS",
            .partner_date = received - std::chrono::seconds{3},
            .text = R"({"status":"ACTIVE"})"};
}

Committed keep(Lab& lab, Writes writes) {
    return lab.commit({.tenant = kReporter, .reports_of = kReported},
                      [writes](const Rows&) { return writes; });
}

std::vector<KeptReport> kept(Lab& lab, const domain::EntitlementId& of = kReported,
                             std::size_t limit = 100) {
    return lab.ask(lab.store().reports(kReporter, of, limit)).value();
}

}  // namespace

TEST_P(Contract, ReportsComeBackTheNewestFirst) {
    auto& lab = open();
    const auto now = clock_.now();
    const auto older = report_of("a", now - std::chrono::hours{1});
    auto newer = report_of("b", now);
    newer.partner_date.reset();
    ASSERT_TRUE(keep(lab, {.report = older}).has_value());
    ASSERT_TRUE(keep(lab, {.report = newer}).has_value());
    EXPECT_THAT(kept(lab), ElementsAre(newer, older));
    EXPECT_THAT(kept(lab, kReported, 1), ElementsAre(newer));
    EXPECT_THAT(kept(lab, domain::EntitlementId{}), IsEmpty());
    EXPECT_THAT(lab.ask(lab.store().reports(domain::TenantId{"other"}, kReported, 9)).value(),
                IsEmpty());

    std::vector<flow::ReportMark> marks;
    lab.commit({.tenant = kReporter, .reports_of = kReported}, [&](const Rows& rows) {
        marks = rows.reports;
        return Writes{};
    });
    EXPECT_THAT(marks, ElementsAre(flow::ReportMark{"b", newer.received},
                                   flow::ReportMark{"a", older.received}));
}

TEST_P(Contract, TheSameReportIsKeptOnceAsItCameLast) {
    auto& lab = open();
    auto report = report_of("a", clock_.now());
    ASSERT_TRUE(keep(lab, {.report = report}).has_value());
    report.received += std::chrono::seconds{1};
    report.outcome = ReportOutcome::nothing_new;
    ASSERT_TRUE(keep(lab, {.report = report}).has_value());
    EXPECT_THAT(kept(lab), ElementsAre(report));
}

TEST_P(Contract, ReportsAreForgottenByNameAndByAge) {
    auto& lab = open();
    const auto now = clock_.now();
    for (const auto* digest : {"a", "b", "c"}) {
        ASSERT_TRUE(keep(lab, {.report = report_of(digest, now)}).has_value());
    }
    auto old = report_of("old", now - std::chrono::hours{2});
    old.entitlement = domain::EntitlementId{"another"};
    ASSERT_TRUE(keep(lab, {.report = old}).has_value());
    ASSERT_TRUE(keep(lab, {.forgotten_reports = {"a", "c", "not there"}}).has_value());
    EXPECT_THAT(kept(lab), ElementsAre(report_of("b", now)));

    ASSERT_TRUE(keep(lab, {.reports_until = now - std::chrono::hours{2}}).has_value());
    EXPECT_THAT(kept(lab, old.entitlement), ElementsAre(old)) << "not older than that";
    ASSERT_TRUE(keep(lab, {.reports_until = now - std::chrono::hours{1}}).has_value());
    EXPECT_THAT(kept(lab, old.entitlement), IsEmpty());
    EXPECT_THAT(kept(lab), ElementsAre(report_of("b", now)));
}

TEST_P(Contract, ProductsAreFoundByTheMerchantsKey) {
    auto& lab = open();
    auto product = product_of("t", "b");
    const auto put = [&](const domain::Product& row) {
        return lab.commit({.tenant = row.tenant},
                          [&](const Rows&) { return Writes{.product = row}; });
    };
    ASSERT_TRUE(put(product).has_value());
    auto twin = product;
    twin.id = domain::ProductId{"a"};
    ASSERT_TRUE(put(twin).has_value());
    auto elsewhere = product_of("other", "c");
    ASSERT_TRUE(put(elsewhere).has_value());
    auto changed = product_of("t", "d");
    changed.product_key = domain::ProductKey{"CHANGED"};
    ASSERT_TRUE(put(changed).has_value());
    const auto by_key = [&](const domain::ProductKey& key, std::size_t limit) {
        return lab.ask(lab.store().products_by_key(product.tenant, product.merchant, key, limit))
            .value();
    };
    EXPECT_THAT(by_key(product.product_key, 9), ElementsAre(twin, product));
    EXPECT_THAT(by_key(product.product_key, 1), ElementsAre(twin));
    EXPECT_THAT(by_key(changed.product_key, 9), ElementsAre(changed));
    EXPECT_THAT(by_key(domain::ProductKey{"NONE"}, 9), IsEmpty());
}

}  // namespace usher::store
