#include "flow/unbound.h"

#include <utility>

namespace usher::flow {

namespace {

// More than anybody has.
constexpr std::size_t kMostOfAnAccount = 100;

bool fits(const domain::Entitlement& row, const UnboundOf& wanted) {
    return row.partner_id.empty() && row.customer == wanted.customer &&
           (wanted.merchant.empty() || row.merchant == wanted.merchant) &&
           (wanted.product.empty() || row.product_key == wanted.product);
}

}  // namespace

base::Task<StoreResult<std::vector<domain::Entitlement>>> find_unbound(Ports& ports,
                                                                       UnboundOf wanted) {
    const auto account = ports.partner.account_of(wanted.tenant, wanted.customer, wanted.merchant);
    if (!account) co_return std::vector<domain::Entitlement>{};
    auto live = co_await ports.store.live_of_account(wanted.tenant, *account, kMostOfAnAccount);
    if (!live) co_return std::unexpected{live.error()};
    std::erase_if(*live, [&](const domain::Entitlement& row) { return !fits(row, wanted); });
    co_return std::move(*live);
}

}  // namespace usher::flow
