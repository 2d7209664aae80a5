// Why a change is refused, one enumerator per rule. `api` gives each its error code and HTTP
// status.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::domain {

enum class Rejection : std::uint8_t {
    // Refused at once, from what the record says (lifecycle §1).
    pending_is_never_asked,      // nothing goes back to PENDING
    not_active_yet,              // suspend or soft end before the customer has activated
    ending_cannot_be_suspended,  // undo the ending first
    already_ended,               // CANCELLED or REVOKED: buy again
    revoked_is_final,            // a hard end does not become a soft one
    product_not_changeable,      // another product is for what is ACTIVE
    change_under_way,            // one change of product at a time, and none beside another change
    // Refused because of what the partner has or said (lifecycle §5).
    still_pending_at_partner,  // ACTIVE was asked; only the customer can activate
    ended_by_partner,          // the partner has the last word about an ending
    refused_by_partner,
    not_supported_by_partner,  // the merchant's product does not know this action
};

inline constexpr std::array kRejections{
    Rejection::pending_is_never_asked,     Rejection::not_active_yet,
    Rejection::ending_cannot_be_suspended, Rejection::already_ended,
    Rejection::revoked_is_final,           Rejection::product_not_changeable,
    Rejection::change_under_way,           Rejection::still_pending_at_partner,
    Rejection::ended_by_partner,           Rejection::refused_by_partner,
    Rejection::not_supported_by_partner};

// The enumerator's own name, e.g. "already_ended": the stable word in events and the store.
std::string_view to_text(Rejection rejection);
std::optional<Rejection> parse_rejection(std::string_view text);

}  // namespace usher::domain
