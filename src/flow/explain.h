// Why an entitlement is as it is (design §1): gathers what is known and explains it. Changes
// nothing and asks the partner nothing.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "base/task.h"
#include "flow/explanation.h"
#include "flow/failure.h"
#include "flow/ports.h"

namespace usher::flow {

// By exactly one of the three.
struct Explain {
    domain::TenantId tenant;
    std::optional<domain::EntitlementId> entitlement;
    std::optional<domain::AccountId> account;                // its live ones, at most kMost
    std::optional<domain::PartnerEntitlementId> partner_id;  // whatever the merchant
    std::optional<base::Time> at;                            // none: now
    static constexpr std::size_t kMost = 50;
};

// For an entitlement that does not exist, or did not at that time: entitlement_unknown. For an
// account or a partner's id nothing found is an empty list.
base::Task<std::expected<std::vector<Explanation>, Failure>> explain(Ports& ports, Explain request);

}  // namespace usher::flow
