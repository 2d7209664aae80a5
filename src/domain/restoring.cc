#include "domain/restoring.h"

#include "domain/settling.h"

namespace usher::domain {

bool may_live_at_partner(const Convergence& entitlement) {
    if (is_ended(entitlement.partner_status)) return false;
    return entitlement.partner_status != PartnerStatus::none || entitlement.intent ||
           !is_ended(entitlement.status);
}

Decision doubt(const Convergence& before, const CallLimits& limits, base::Time now) {
    Settling settling{before};
    auto& after = settling.after;
    for (auto& call : after.calls) {
        call.pushed_back = true;
        if (call.phase == CallPhase::open) continue;
        call.phase = CallPhase::open;
        call.horizon = now + limits.horizon;
    }
    if (!may_live_at_partner(before)) return std::move(settling).finish();
    after.partner_status = PartnerStatus::unknown;
    settling.say(ChangeKind::lost);
    return std::move(settling).finish();
}

}  // namespace usher::domain
