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

}  // namespace usher::flow
