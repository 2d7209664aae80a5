// What a request would have led to that was only tried out: nothing of it is recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/entitlement.h"

namespace usher::flow {

struct Tried {
    std::string answer;  // as it would be rendered if nobody waited
    bool changes = false;
    std::vector<domain::Entitlement> rows;  // as they would be
    std::uint64_t losses = 0;               // of those, see is_loss
    std::optional<domain::Account> account;
};

// The operator would not have it any more, or not for now, and has it until then.
inline bool is_loss(const domain::Entitlement* before, const domain::Entitlement& after) {
    using domain::PartnerStatus;
    const auto had =
        before == nullptr ? PartnerStatus::none : domain::meaning(before->convergence.status);
    const auto has = domain::meaning(after.convergence.status);
    const bool ends = domain::is_ended(has) || has == PartnerStatus::active_ending;
    const bool had_ended = domain::is_ended(had) || had == PartnerStatus::active_ending;
    if (ends) return !had_ended && had != PartnerStatus::none;
    return has == PartnerStatus::suspended && had != PartnerStatus::suspended;
}

}  // namespace usher::flow
