// The names that the tests of flow use.
#pragma once

#include "domain/ids.h"

namespace usher::flow::test {

inline const domain::TenantId kTenant{"demo"};
inline const domain::MerchantId kMerchant{"SHOP"};
inline const domain::AccountId kAccount{"account-1"};
inline const domain::ProductId kProduct{"SHOP_MUSIC"};
inline const domain::EntitlementId kEntitlement{"e-1"};

}  // namespace usher::flow::test
