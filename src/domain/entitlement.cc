#include "domain/entitlement.h"

#include <algorithm>
#include <array>

namespace usher::domain {

namespace {

constexpr std::array kInitiators{Initiator::op, Initiator::partner, Initiator::usher};
constexpr std::array kAccountStatuses{AccountStatus::active, AccountStatus::restricted,
                                      AccountStatus::suspended, AccountStatus::cancelled};

}  // namespace

bool is_settled(const Entitlement& entitlement) {
    return is_settled(entitlement.convergence) && entitlement.other_product_key.empty();
}

std::string_view to_text(Initiator initiator) {
    switch (initiator) {
        case Initiator::op:
            return "operator";
        case Initiator::partner:
            return "partner";
        case Initiator::usher:
            return "usher";
    }
    return "";
}

std::optional<Initiator> parse_initiator(std::string_view text) {
    const auto* found =
        std::ranges::find(kInitiators, text, [](Initiator word) { return to_text(word); });
    if (found == kInitiators.end()) return std::nullopt;
    return *found;
}

std::string_view to_text(AccountStatus status) {
    switch (status) {
        case AccountStatus::active:
            return "ACTIVE";
        case AccountStatus::restricted:
            return "RESTRICTED";
        case AccountStatus::suspended:
            return "SUSPENDED";
        case AccountStatus::cancelled:
            return "CANCELLED";
    }
    return "";
}

std::optional<AccountStatus> parse_account_status(std::string_view text) {
    const auto* found =
        std::ranges::find(kAccountStatuses, text, [](AccountStatus word) { return to_text(word); });
    if (found == kAccountStatuses.end()) return std::nullopt;
    return *found;
}

std::string_view to_text(CascadeKind kind) {
    switch (kind) {
        case CascadeKind::end:
            return "END";
        case CascadeKind::suspend:
            return "SUSPEND";
        case CascadeKind::resume:
            return "RESUME";
    }
    return "";
}

std::optional<CascadeKind> parse_cascade_kind(std::string_view text) {
    for (const auto kind : {CascadeKind::end, CascadeKind::suspend, CascadeKind::resume}) {
        if (to_text(kind) == text) return kind;
    }
    return std::nullopt;
}

}  // namespace usher::domain
