// The closed vocabularies: what a status may be on either side, and what Usher can ask of a
// partner.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace usher::domain {

// The platform's record, in the words of the published contract (OpenTV §4). SUBSCRIBED means
// ACTIVE and UNSUBSCRIBED means CANCELLED to the partner; the record keeps the word it was given.
enum class EntitlementStatus : std::uint8_t {
    subscribed,
    unsubscribed,
    suspended,
    pending,
    active,
    active_ending,
    cancelled,
    revoked,
};

// The partner's side as last known. `none`: never created there. `unknown`: an answer was lost, or
// the partner itself does not know (its FAILED).
enum class PartnerStatus : std::uint8_t {
    none,
    unknown,
    pending,
    active,
    suspended,
    active_ending,
    cancelled,
    revoked,
};

// `change_product` leaves the status as it is, unless the customer must act for the new product.
enum class PartnerAction : std::uint8_t {
    create,
    suspend,
    resume,
    cancel,
    undo_cancel,
    revoke,
    change_product,
};

inline constexpr std::array kEntitlementStatuses{
    EntitlementStatus::subscribed, EntitlementStatus::unsubscribed,
    EntitlementStatus::suspended,  EntitlementStatus::pending,
    EntitlementStatus::active,     EntitlementStatus::active_ending,
    EntitlementStatus::cancelled,  EntitlementStatus::revoked};

inline constexpr std::array kPartnerStatuses{PartnerStatus::none,      PartnerStatus::unknown,
                                             PartnerStatus::pending,   PartnerStatus::active,
                                             PartnerStatus::suspended, PartnerStatus::active_ending,
                                             PartnerStatus::cancelled, PartnerStatus::revoked};

inline constexpr std::array kPartnerActions{PartnerAction::create,        PartnerAction::suspend,
                                            PartnerAction::resume,        PartnerAction::cancel,
                                            PartnerAction::undo_cancel,   PartnerAction::revoke,
                                            PartnerAction::change_product};

// The published spellings: "ACTIVE-ENDING", "NONE", "undo_cancel". Parsing is exact.
std::string_view to_text(EntitlementStatus status);
std::string_view to_text(PartnerStatus status);
std::string_view to_text(PartnerAction action);
std::optional<EntitlementStatus> parse_entitlement_status(std::string_view text);
std::optional<PartnerStatus> parse_partner_status(std::string_view text);
std::optional<PartnerAction> parse_partner_action(std::string_view text);

// What the word means at the partner: the status that both sides would share.
constexpr PartnerStatus meaning(EntitlementStatus status) {
    switch (status) {
        case EntitlementStatus::subscribed:
        case EntitlementStatus::active:
            return PartnerStatus::active;
        case EntitlementStatus::unsubscribed:
        case EntitlementStatus::cancelled:
            return PartnerStatus::cancelled;
        case EntitlementStatus::suspended:
            return PartnerStatus::suspended;
        case EntitlementStatus::pending:
            return PartnerStatus::pending;
        case EntitlementStatus::active_ending:
            return PartnerStatus::active_ending;
        case EntitlementStatus::revoked:
            return PartnerStatus::revoked;
    }
    return PartnerStatus::unknown;
}

// The record's word for what the partner has; NONE reads as CANCELLED. Not for `unknown`.
constexpr EntitlementStatus record_word(PartnerStatus status) {
    switch (status) {
        case PartnerStatus::pending:
            return EntitlementStatus::pending;
        case PartnerStatus::active:
            return EntitlementStatus::active;
        case PartnerStatus::suspended:
            return EntitlementStatus::suspended;
        case PartnerStatus::active_ending:
            return EntitlementStatus::active_ending;
        case PartnerStatus::revoked:
            return EntitlementStatus::revoked;
        case PartnerStatus::none:
        case PartnerStatus::unknown:
        case PartnerStatus::cancelled:
            return EntitlementStatus::cancelled;
    }
    return EntitlementStatus::cancelled;
}

constexpr bool is_ended(PartnerStatus status) {
    return status == PartnerStatus::cancelled || status == PartnerStatus::revoked;
}
constexpr bool is_ended(EntitlementStatus status) {
    return is_ended(meaning(status));
}

constexpr bool is_live(PartnerStatus status) {
    return status == PartnerStatus::pending || status == PartnerStatus::active ||
           status == PartnerStatus::suspended || status == PartnerStatus::active_ending;
}
constexpr bool is_live(EntitlementStatus status) {
    return is_live(meaning(status));
}

// A set of actions: what a merchant's product supports.
class ActionSet {
  public:
    constexpr ActionSet() = default;
    constexpr ActionSet(std::initializer_list<PartnerAction> actions) {
        for (const auto action : actions) insert(action);
    }
    static constexpr ActionSet all() {
        ActionSet set;
        for (const auto action : kPartnerActions) set.insert(action);
        return set;
    }
    constexpr void insert(PartnerAction action) { bits_ |= bit(action); }
    constexpr void erase(PartnerAction action) { bits_ &= static_cast<std::uint8_t>(~bit(action)); }
    constexpr bool contains(PartnerAction action) const { return (bits_ & bit(action)) != 0; }
    constexpr std::uint8_t bits() const { return bits_; }
    static constexpr ActionSet from_bits(std::uint8_t bits) {
        ActionSet set;
        set.bits_ = bits;
        return set;
    }
    bool operator==(const ActionSet&) const = default;

  private:
    static constexpr std::uint8_t bit(PartnerAction action) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(action));
    }
    std::uint8_t bits_ = 0;
};

}  // namespace usher::domain
