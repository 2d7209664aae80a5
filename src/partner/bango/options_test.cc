#include "partner/bango/options.h"

#include <gtest/gtest.h>

namespace usher::partner::bango {
namespace {

using domain::MerchantId;
using domain::TenantId;

TEST(RouteFor, TakesEachFieldFromTheMostSpecificOverride) {
    const TenantId tenant{"t"};
    const MerchantId merchant{"m"};
    BangoOptions options{.route = {.url = "default",
                                   .username = "default",
                                   .password = base::Secret{"default"},
                                   .customer_id = "default"}};
    // In no useful order, on purpose.
    options.overrides = {
        {.tenant = tenant, .merchant = merchant, .url = "both"},
        {.merchant = merchant,
         .url = "merchant",
         .username = "merchant",
         .customer_id = "merchant"},
        {.tenant = tenant, .url = "tenant", .username = "tenant"},
        {.tenant = TenantId{"other"}, .merchant = merchant, .password = base::Secret{"wrong"}},
    };

    const auto both = route_for(options, tenant, merchant);
    EXPECT_EQ(both.url, "both");
    EXPECT_EQ(both.username, "tenant");
    EXPECT_EQ(both.customer_id, "merchant");
    EXPECT_EQ(both.password.reveal(), "default");

    EXPECT_EQ(route_for(options, tenant, MerchantId{"else"}).url, "tenant");
    EXPECT_EQ(route_for(options, TenantId{"else"}, merchant).url, "merchant");
    EXPECT_EQ(route_for(options, TenantId{"else"}, MerchantId{"else"}).url, "default");
    EXPECT_EQ(route_for(options, TenantId{"other"}, merchant).password.reveal(), "wrong");
}

TEST(BangoOptions, EveryMerchantsCustomersMustNameTheTenant) {
    BangoOptions options;
    EXPECT_FALSE(names_tenants(options));
    options.route.customer_id = "{tenant}-{account}";
    EXPECT_TRUE(names_tenants(options));
    options.overrides = {{.tenant = domain::TenantId{"t"}, .customer_id = "{account}"}};
    EXPECT_TRUE(names_tenants(options)) << "of another tenant";
    options.overrides.push_back({.merchant = domain::MerchantId{"M"}});
    EXPECT_TRUE(names_tenants(options));
    options.overrides.back().customer_id = "{account}";
    EXPECT_FALSE(names_tenants(options));
}

}  // namespace
}  // namespace usher::partner::bango
