#include "flow/standing.h"

namespace usher::flow {

std::string_view to_text(StandingWord word) {
    switch (word) {
        case StandingWord::confirmed:
            return "confirmed";
        case StandingWord::pending:
            return "pending";
        case StandingWord::attention:
            return "attention";
    }
    return "";
}

bool needs_attention(const domain::Entitlement& entitlement, base::Duration give_up_after,
                     base::Time now) {
    if (!entitlement.unsettled_since) return false;
    return domain::is_for_people(entitlement.problem) ||
           *entitlement.unsettled_since + give_up_after <= now;
}

Standing standing_of(const domain::Entitlement& entitlement, base::Duration give_up_after,
                     base::Time now) {
    const auto& convergence = entitlement.convergence;
    // A read that is due, after a report for instance, does not make the agreement doubtful.
    const bool agreed = !convergence.intent &&
                        domain::agree(convergence.status, convergence.partner_status) &&
                        entitlement.other_product_key.empty();
    if (agreed) return {.word = StandingWord::confirmed};
    const bool given_up = needs_attention(entitlement, give_up_after, now);
    return {.word = given_up ? StandingWord::attention : StandingWord::pending,
            .since = entitlement.unsettled_since,
            .attempts = entitlement.attempts,
            .next = entitlement.due_at,
            .last_problem = entitlement.last_problem};
}

}  // namespace usher::flow
