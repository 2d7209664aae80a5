// The names of things. Each is opaque text; `api` checks its form where it comes in (interface §4).
#pragma once

#include "base/strong.h"

namespace usher::domain {

using TenantId = base::Strong<struct TenantTag>;
using EntitlementId = base::Strong<struct EntitlementTag>;
using AccountId = base::Strong<struct AccountTag>;
using ProductId = base::Strong<struct ProductTag>;
using MerchantId = base::Strong<struct MerchantTag>;    // the partner's merchant account
using ProductKey = base::Strong<struct ProductKeyTag>;  // the partner's name of a product
using PartnerEntitlementId = base::Strong<struct PartnerEntitlementTag>;
using CustomerId = base::Strong<struct CustomerTag>;  // the account as the partner knows it
using RequestId = base::Strong<struct RequestTag>;    // of one intended partner call
using CorrelationId = base::Strong<struct CorrelationTag>;

}  // namespace usher::domain
