// Which calls to the partner would follow if each did what it is for. Pure.
#pragma once

#include <string>
#include <vector>

#include "domain/convergence.h"
#include "domain/entitlement.h"

namespace usher::flow {

struct Foreseen {
    domain::EntitlementId entitlement;
    std::vector<std::string> actions;
};

// In the words of domain::PartnerAction; "read" ends the list, since what follows depends on it.
std::vector<std::string> foresee(const domain::Entitlement& row, domain::ActionSet supported,
                                 const domain::CallLimits& limits, base::Time now);

}  // namespace usher::flow
