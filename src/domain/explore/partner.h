// The partner of the explored world: what its actions do, written down once more and apart from the
// tables of the program, so that each checks the other (Bango §4).
#pragma once

#include <optional>
#include <span>

#include "domain/words.h"

namespace usher::domain::explore {

// What `action` may make of `from`; empty: refused as a conflict.
std::span<const PartnerStatus> effects(PartnerAction action, PartnerStatus from);

// What happens to an entitlement without us: the customer, the merchant, or the end date.
enum class PartnerMove : std::uint8_t {
    activate,
    suspend,
    resume,
    end_softly,
    end,
    revoke,
    reach_end_date,
    undo_end,
};

inline constexpr std::array kPartnerMoves{
    PartnerMove::activate,       PartnerMove::suspend, PartnerMove::resume,
    PartnerMove::end_softly,     PartnerMove::end,     PartnerMove::revoke,
    PartnerMove::reach_end_date, PartnerMove::undo_end};

std::optional<PartnerStatus> moved(PartnerMove move, PartnerStatus from);
std::string_view to_text(PartnerMove move);

// Calls still needed from `from` to what `wanted` means there, by supported actions when each has
// the outcome that serves; nothing when there is no way. Endings serve endings only.
std::optional<unsigned> distance(PartnerStatus from, EntitlementStatus wanted, ActionSet supported);

// True when `action` may be the next call on a shortest way.
bool serves(PartnerAction action, PartnerStatus from, EntitlementStatus wanted,
            ActionSet supported);

}  // namespace usher::domain::explore
