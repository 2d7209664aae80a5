#include "domain/settling.h"

#include <algorithm>

#include "domain/lifecycle.h"

namespace usher::domain {

bool any_in(const Convergence& entitlement, CallPhase phase) {
    return std::ranges::any_of(entitlement.calls,
                               [phase](const Call& call) { return call.phase == phase; });
}

bool is_blocked(const Convergence& entitlement) {
    return any_in(entitlement, CallPhase::under_way) || any_in(entitlement, CallPhase::awaited);
}

bool was_sent_before(const Call& call) {
    return call.horizon != base::Time{};
}

void end_request(Convergence& after) {
    after.intent = false;
    after.product_wanted = false;
    after.refusal.reset();
}

std::optional<EntitlementStatus> refined(EntitlementStatus status, PartnerStatus partner) {
    if (agree(status, partner)) return status;
    bool comes_true = false;
    switch (meaning(status)) {
        case PartnerStatus::cancelled:
            comes_true = partner == PartnerStatus::active_ending;
            break;
        case PartnerStatus::active_ending:
            comes_true = partner == PartnerStatus::cancelled || partner == PartnerStatus::none;
            break;
        case PartnerStatus::pending:
            comes_true = is_live(partner);
            break;
        case PartnerStatus::none:
        case PartnerStatus::unknown:
        case PartnerStatus::active:
        case PartnerStatus::suspended:
        case PartnerStatus::revoked:
            break;
    }
    if (!comes_true) return std::nullopt;
    return record_word(partner);
}

bool refine(Convergence& after) {
    const auto word = refined(after.status, after.partner_status);
    if (word) after.status = *word;
    return word.has_value();
}

}  // namespace usher::domain
