#include "flow/watch_over.h"

namespace usher::flow {

std::string_view to_text(HoldKind kind) {
    switch (kind) {
        case HoldKind::paused:
            return "paused";
        case HoldKind::endings:
            return "endings";
        case HoldKind::restored:
            return "restored";
    }
    return "";
}

std::optional<HoldKind> parse_hold_kind(std::string_view text) {
    using enum HoldKind;
    for (const auto kind : {paused, endings, restored}) {
        if (to_text(kind) == text) return kind;
    }
    return std::nullopt;
}

bool covers(const Hold& hold, const domain::TenantId& tenant, const domain::MerchantId& merchant) {
    return (hold.tenant.empty() || hold.tenant == tenant) &&
           (hold.merchant.empty() || hold.merchant == merchant);
}

const ActionPin* pin_for(const std::vector<ActionPin>& in_force, const domain::TenantId& tenant,
                         const domain::MerchantId& merchant, const domain::ProductKey& product,
                         domain::PartnerAction action) {
    const auto fits = [](const auto& scope, const auto& name) {
        return scope.empty() || scope == name;
    };
    // The product says more than the merchant, and that more than the tenant.
    const auto weight = [](const ActionPin& pin) {
        return (pin.product.empty() ? 0 : 4) + (pin.merchant.empty() ? 0 : 2) +
               (pin.tenant.empty() ? 0 : 1);
    };
    const ActionPin* best = nullptr;
    for (const auto& pin : in_force) {
        const bool counts = pin.action == action && fits(pin.tenant, tenant) &&
                            fits(pin.merchant, merchant) && fits(pin.product, product);
        if (counts && (best == nullptr || weight(pin) > weight(*best))) best = &pin;
    }
    return best;
}

}  // namespace usher::flow
