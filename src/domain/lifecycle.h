// Which status the operator may ask for, and which calls lead from one partner status to another:
// the two tables that the program, its documentation and its tests are made from. Pure.
// Source: OpenTV §4, Bango §4, lifecycle §1 to §3.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/rejection.h"
#include "domain/words.h"

namespace usher::domain {

enum class Answer : std::uint8_t { accepted, unchanged, refused };

struct Verdict {
    Answer answer;
    EntitlementStatus becomes;           // the record's status afterwards, before anything settles
    std::optional<Rejection> rejection;  // set exactly when refused
    bool operator==(const Verdict&) const = default;
};

// What happens to a request for `to` when the record has `status` and the partner `partner`.
Verdict judge(EntitlementStatus status, PartnerStatus partner, EntitlementStatus to);

// The statuses that an action may leave the partner in when it took effect; empty when the action
// does not apply in `from`.
std::vector<PartnerStatus> outcomes(PartnerAction action, PartnerStatus from);

// True when `status` can be the effect of `action`, whatever the status was before.
bool can_result_in(PartnerAction action, PartnerStatus status);

// The first step of a shortest way from `from` to what `wanted` means, by supported actions only.
// Nothing when there is no way. Not for `unknown`.
std::optional<PartnerAction> first_step(PartnerStatus from, EntitlementStatus wanted,
                                        ActionSet supported);

// Both sides say the same, or one is what the other means: CANCELLED and REVOKED in any mix, an end
// at the partner that has no record there (lifecycle §2).
bool agree(EntitlementStatus status, PartnerStatus partner);

}  // namespace usher::domain
