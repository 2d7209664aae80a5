#include <algorithm>
#include <array>

#include "domain/convergence.h"

namespace usher::domain {

namespace {

constexpr std::array kChangeKinds{
    ChangeKind::requested,     ChangeKind::confirmed,   ChangeKind::accepted,
    ChangeKind::lost,          ChangeKind::learnt,      ChangeKind::refused,
    ChangeKind::partner_moved, ChangeKind::pushed_back, ChangeKind::retried,
    ChangeKind::product_moved, ChangeKind::imported};

}  // namespace

std::string_view to_text(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::requested:
            return "requested";
        case ChangeKind::confirmed:
            return "confirmed";
        case ChangeKind::accepted:
            return "accepted";
        case ChangeKind::lost:
            return "lost";
        case ChangeKind::learnt:
            return "learnt";
        case ChangeKind::refused:
            return "refused";
        case ChangeKind::partner_moved:
            return "partner_moved";
        case ChangeKind::pushed_back:
            return "pushed_back";
        case ChangeKind::retried:
            return "retried";
        case ChangeKind::product_moved:
            return "product_moved";
        case ChangeKind::imported:
            return "imported";
    }
    return "";
}

std::optional<ChangeKind> parse_change_kind(std::string_view text) {
    const auto* found =
        std::ranges::find(kChangeKinds, text, [](ChangeKind kind) { return to_text(kind); });
    if (found == kChangeKinds.end()) return std::nullopt;
    return *found;
}

}  // namespace usher::domain
