// Tenants that were added, and what was changed about them.
#include <gmock/gmock.h>

#include "store/contract_test.h"

namespace usher::store {

using flow::Rows;
using flow::SubTenant;
using flow::TenantChange;
using flow::Writes;
using testing::ElementsAre;

namespace {

SubTenant tenant_of(const char* id, base::Time now) {
    return {.id = domain::TenantId{id},
            .primary = domain::TenantId{"t"},
            .settings = {.edition = "B",
                         .wait = std::chrono::milliseconds{1500},
                         .strict_reasons = true},
            .freshness = std::chrono::hours{3},
            .created = now,
            .modified = now};
}

TenantChange change_of(const SubTenant& tenant, const char* what) {
    return {.tenant = tenant.id,
            .at = tenant.modified,
            .asker = {.subject = "s",
                      .client = "c",
                      .correlation = domain::CorrelationId{"x"},
                      .comment = "ü"},
            .what = what,
            .why = "because"};
}

Committed put(Lab& lab, const SubTenant& tenant, const TenantChange& change) {
    return lab.commit({.tenant = tenant.primary, .sub_tenant = tenant.id}, [=](const Rows&) {
        return Writes{.sub_tenant = tenant, .tenant_change = change};
    });
}

}  // namespace

TEST_P(Contract, TenantsThatWereAddedComeBackWithTheirChanges) {
    auto& lab = open();
    auto one = tenant_of("t_one", clock_.now());
    const auto other = tenant_of("t_a", clock_.now());
    const auto first = change_of(one, "added");
    ASSERT_TRUE(put(lab, one, first).has_value());
    ASSERT_TRUE(put(lab, other, change_of(other, "added")).has_value());
    EXPECT_THAT(lab.ask(lab.store().sub_tenants()).value(), ElementsAre(other, one));

    one.enabled = false;
    one.settings = {.edition = "C", .suspend_with_account = true};
    const auto second = change_of(one, "closed");
    ASSERT_TRUE(put(lab, one, second).has_value());
    EXPECT_THAT(lab.ask(lab.store().sub_tenants()).value(), ElementsAre(other, one));
    const auto changes = [&](std::size_t limit) {
        return lab.ask(lab.store().tenant_changes(one.id, limit)).value();
    };
    EXPECT_THAT(changes(10), ElementsAre(second, first));
    EXPECT_THAT(changes(1), ElementsAre(second));

    std::optional<SubTenant> seen;
    lab.commit({.tenant = domain::TenantId{"u"}, .sub_tenant = one.id}, [&](const Rows& rows) {
        seen = rows.sub_tenant;
        return Writes{};
    });
    EXPECT_EQ(seen, one) << "found whoever asks: an id is there once";
}

}  // namespace usher::store
