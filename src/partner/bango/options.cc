#include "partner/bango/options.h"

#include <algorithm>
#include <string>

namespace usher::partner::bango {

namespace {

void apply(Route& route, const RouteOverride& over) {
    if (over.url) route.url = *over.url;
    if (over.username) route.username = *over.username;
    if (over.password) route.password = *over.password;
    if (over.customer_id) route.customer_id = *over.customer_id;
}

// 0: for everybody, 1: a merchant, 2: a tenant, 3: both.
unsigned weight(const RouteOverride& over) {
    return (over.merchant ? 1U : 0U) + (over.tenant ? 2U : 0U);
}

}  // namespace

Route route_for(const BangoOptions& options, const domain::TenantId& tenant,
                const domain::MerchantId& merchant) {
    auto route = options.route;
    for (unsigned wanted = 0; wanted <= 3; ++wanted) {
        for (const auto& over : options.overrides) {
            const bool applies = (!over.tenant || *over.tenant == tenant) &&
                                 (!over.merchant || *over.merchant == merchant);
            if (applies && weight(over) == wanted) apply(route, over);
        }
    }
    return route;
}

bool names_tenants(const BangoOptions& options) {
    const auto names = [](const std::string& customer) {
        return customer.find("{tenant}") != std::string::npos;
    };
    return names(options.route.customer_id) &&
           std::ranges::all_of(options.overrides, [&](const RouteOverride& over) {
               return over.tenant || !over.customer_id || names(*over.customer_id);
           });
}

}  // namespace usher::partner::bango
