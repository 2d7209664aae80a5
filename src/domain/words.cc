#include "domain/words.h"

#include <algorithm>
#include <string_view>

#include "domain/rejection.h"

namespace usher::domain {

std::string_view to_text(EntitlementStatus status) {
    switch (status) {
        case EntitlementStatus::subscribed:
            return "SUBSCRIBED";
        case EntitlementStatus::unsubscribed:
            return "UNSUBSCRIBED";
        case EntitlementStatus::suspended:
            return "SUSPENDED";
        case EntitlementStatus::pending:
            return "PENDING";
        case EntitlementStatus::active:
            return "ACTIVE";
        case EntitlementStatus::active_ending:
            return "ACTIVE-ENDING";
        case EntitlementStatus::cancelled:
            return "CANCELLED";
        case EntitlementStatus::revoked:
            return "REVOKED";
    }
    return "";
}

std::string_view to_text(PartnerStatus status) {
    switch (status) {
        case PartnerStatus::none:
            return "NONE";
        case PartnerStatus::unknown:
            return "UNKNOWN";
        case PartnerStatus::pending:
            return "PENDING";
        case PartnerStatus::active:
            return "ACTIVE";
        case PartnerStatus::suspended:
            return "SUSPENDED";
        case PartnerStatus::active_ending:
            return "ACTIVE-ENDING";
        case PartnerStatus::cancelled:
            return "CANCELLED";
        case PartnerStatus::revoked:
            return "REVOKED";
    }
    return "";
}

std::string_view to_text(PartnerAction action) {
    switch (action) {
        case PartnerAction::create:
            return "create";
        case PartnerAction::suspend:
            return "suspend";
        case PartnerAction::resume:
            return "resume";
        case PartnerAction::cancel:
            return "cancel";
        case PartnerAction::undo_cancel:
            return "undo_cancel";
        case PartnerAction::revoke:
            return "revoke";
        case PartnerAction::change_product:
            return "change_product";
    }
    return "";
}

std::string_view to_text(Rejection rejection) {
    switch (rejection) {
        case Rejection::pending_is_never_asked:
            return "pending_is_never_asked";
        case Rejection::not_active_yet:
            return "not_active_yet";
        case Rejection::ending_cannot_be_suspended:
            return "ending_cannot_be_suspended";
        case Rejection::already_ended:
            return "already_ended";
        case Rejection::revoked_is_final:
            return "revoked_is_final";
        case Rejection::product_not_changeable:
            return "product_not_changeable";
        case Rejection::change_under_way:
            return "change_under_way";
        case Rejection::still_pending_at_partner:
            return "still_pending_at_partner";
        case Rejection::ended_by_partner:
            return "ended_by_partner";
        case Rejection::refused_by_partner:
            return "refused_by_partner";
        case Rejection::not_supported_by_partner:
            return "not_supported_by_partner";
    }
    return "";
}

namespace {

template <class Words>
auto find_word(const Words& words, std::string_view text)
    -> std::optional<typename Words::value_type> {
    const auto found = std::ranges::find(words, text, [](auto word) { return to_text(word); });
    if (found == words.end()) return std::nullopt;
    return *found;
}

}  // namespace

std::optional<EntitlementStatus> parse_entitlement_status(std::string_view text) {
    return find_word(kEntitlementStatuses, text);
}

std::optional<PartnerStatus> parse_partner_status(std::string_view text) {
    return find_word(kPartnerStatuses, text);
}

std::optional<PartnerAction> parse_partner_action(std::string_view text) {
    return find_word(kPartnerActions, text);
}

std::optional<Rejection> parse_rejection(std::string_view text) {
    return find_word(kRejections, text);
}

}  // namespace usher::domain
