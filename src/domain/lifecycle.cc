#include "domain/lifecycle.h"

#include <algorithm>
#include <array>
#include <optional>

#include "domain/rule_book.h"

namespace usher::domain {

namespace {

using Status = PartnerStatus;

// What a cell of the request table says.
enum class Cell : std::uint8_t {
    same,  // nothing to do
    yes,
    never_pending,
    not_active_yet,
    no_suspend,  // while it is ending
    take_back,   // only while the partner is not known to have ended it
    ended,
    harden,  // CANCELLED to REVOKED: only while the partner has not ended it
    final,
};

// Rows: what the record means. Columns: what is asked, in the order of kMeanings.
constexpr std::array kMeanings{Status::pending,       Status::active,    Status::suspended,
                               Status::active_ending, Status::cancelled, Status::revoked};
using enum Cell;
constexpr std::array<std::array<Cell, kMeanings.size()>, kMeanings.size()> kRequests{{
    // PENDING,      ACTIVE,    SUSPENDED,      ACTIVE-ENDING,  CANCELLED, REVOKED
    {same, yes, not_active_yet, not_active_yet, yes, yes},   // PENDING
    {never_pending, same, yes, yes, yes, yes},               // ACTIVE
    {never_pending, yes, same, yes, yes, yes},               // SUSPENDED
    {never_pending, yes, no_suspend, same, same, yes},       // ACTIVE-ENDING
    {never_pending, take_back, ended, ended, same, harden},  // CANCELLED
    {never_pending, take_back, ended, ended, final, same},   // REVOKED
}};

constexpr std::size_t index_of(Status meaning_of_status) {
    std::size_t index = 0;
    while (kMeanings.at(index) != meaning_of_status) ++index;
    return index;
}

struct Edge {
    PartnerAction action;
    Status from;
    Status to;
};

// The partner's graph (Bango §4). An action with two outcomes has an edge for each.
constexpr std::array kEdges{
    Edge{PartnerAction::create, Status::none, Status::pending},
    Edge{PartnerAction::create, Status::none, Status::active},
    Edge{PartnerAction::create, Status::pending, Status::pending},
    Edge{PartnerAction::suspend, Status::active, Status::suspended},
    Edge{PartnerAction::resume, Status::suspended, Status::active},
    Edge{PartnerAction::undo_cancel, Status::active_ending, Status::active},
    Edge{PartnerAction::cancel, Status::pending, Status::active_ending},
    Edge{PartnerAction::cancel, Status::active, Status::active_ending},
    Edge{PartnerAction::cancel, Status::suspended, Status::active_ending},
    Edge{PartnerAction::cancel, Status::pending, Status::cancelled},
    Edge{PartnerAction::cancel, Status::active, Status::cancelled},
    Edge{PartnerAction::cancel, Status::suspended, Status::cancelled},
    Edge{PartnerAction::cancel, Status::active_ending, Status::cancelled},
    Edge{PartnerAction::revoke, Status::pending, Status::revoked},
    Edge{PartnerAction::revoke, Status::active, Status::revoked},
    Edge{PartnerAction::revoke, Status::suspended, Status::revoked},
    Edge{PartnerAction::revoke, Status::active_ending, Status::revoked},
};

// Where a way may end. A soft end is reached when the partner has started it.
bool fulfils(Status status, EntitlementStatus wanted) {
    switch (meaning(wanted)) {
        case Status::active_ending:
        case Status::cancelled:
            return status == Status::active_ending || status == Status::cancelled;
        case Status::none:
        case Status::unknown:
        case Status::pending:
        case Status::active:
        case Status::suspended:
        case Status::revoked:
            return status == meaning(wanted);
    }
    return false;
}

Verdict refuse(EntitlementStatus status, Rejection rejection) {
    return {Answer::refused, status, rejection};
}

Verdict accept(EntitlementStatus to) {
    return {Answer::accepted, to, std::nullopt};
}

bool is_not_active_yet(Status partner, Status asked) {
    return (partner == Status::none || partner == Status::pending) &&
           (asked == Status::suspended || asked == Status::active_ending);
}

}  // namespace

template <class Rules>
Verdict RuleBook<Rules>::judge(EntitlementStatus status, PartnerStatus partner,
                               EntitlementStatus to) const {
    const bool may_take_back = is_live(partner) || partner == Status::unknown;
    switch (kRequests.at(index_of(meaning(status))).at(index_of(meaning(to)))) {
        case same:
            // Another word for the same changes the record and calls nobody; an ending that is
            // asked for again as CANCELLED is already on its way.
            if (status == to || meaning(status) != meaning(to)) {
                return {Answer::unchanged, status, std::nullopt};
            }
            return accept(to);
        case yes:
            // Nothing that the partner has not activated can be suspended or soft-ended there.
            if (rules_.hold(Rule::refuses_before_activation) &&
                is_not_active_yet(partner, meaning(to))) {
                return refuse(status, Rejection::not_active_yet);
            }
            return accept(to);
        case take_back:
            return may_take_back ? accept(to) : refuse(status, Rejection::already_ended);
        case harden:
            return is_ended(partner) ? refuse(status, Rejection::already_ended) : accept(to);
        case never_pending:
            return refuse(status, Rejection::pending_is_never_asked);
        case not_active_yet:
            if (!rules_.hold(Rule::refuses_before_activation)) return accept(to);
            return refuse(status, Rejection::not_active_yet);
        case no_suspend:
            return refuse(status, Rejection::ending_cannot_be_suspended);
        case ended:
            return refuse(status, Rejection::already_ended);
        case final:
            return refuse(status, Rejection::revoked_is_final);
    }
    return refuse(status, Rejection::already_ended);
}

std::vector<PartnerStatus> outcomes(PartnerAction action, PartnerStatus from) {
    std::vector<PartnerStatus> result;
    for (const auto& edge : kEdges) {
        if (edge.action == action && edge.from == from) result.push_back(edge.to);
    }
    return result;
}

bool can_result_in(PartnerAction action, PartnerStatus status) {
    return std::ranges::any_of(
        kEdges, [&](const Edge& edge) { return edge.action == action && edge.to == status; });
}

// An ending is never a stage on the way to something else: a cancel that should be undone again may
// turn out to be final at the merchant.
template <class Rules>
bool RuleBook<Rules>::is_usable(PartnerAction action, EntitlementStatus wanted) const {
    const bool ends = action == PartnerAction::cancel || action == PartnerAction::revoke;
    return !ends || is_ended(wanted) || meaning(wanted) == Status::active_ending ||
           !rules_.hold(Rule::ends_only_when_asked);
}

template <class Rules>
std::optional<PartnerAction> RuleBook<Rules>::first_step(PartnerStatus from,
                                                         EntitlementStatus wanted,
                                                         ActionSet supported) const {
    struct Reached {
        Status status;
        std::optional<PartnerAction> first;
    };
    std::array<Reached, kPartnerStatuses.size()> reached{Reached{from, std::nullopt}};
    std::size_t count = 1;
    std::array<bool, kPartnerStatuses.size()> seen{};
    seen.at(static_cast<std::size_t>(from)) = true;
    for (std::size_t next = 0; next < count; ++next) {
        const auto stage = reached.at(next);
        for (const auto& edge : kEdges) {
            if (edge.from != stage.status || !supported.contains(edge.action)) continue;
            if (!is_usable(edge.action, wanted)) continue;
            auto& visited = seen.at(static_cast<std::size_t>(edge.to));
            if (visited) continue;
            const auto first = stage.first.value_or(edge.action);
            if (fulfils(edge.to, wanted)) return first;
            visited = true;
            reached.at(count++) = {edge.to, first};
        }
        if (!rules_.hold(Rule::ways_of_several_steps)) break;
    }
    return std::nullopt;
}

template class RuleBook<ServedRules>;
template class RuleBook<AllRulesBut>;

Verdict judge(EntitlementStatus status, PartnerStatus partner, EntitlementStatus to) {
    return RuleBook<ServedRules>{}.judge(status, partner, to);
}

std::optional<PartnerAction> first_step(PartnerStatus from, EntitlementStatus wanted,
                                        ActionSet supported) {
    return RuleBook<ServedRules>{}.first_step(from, wanted, supported);
}

bool agree(EntitlementStatus status, PartnerStatus partner) {
    if (is_ended(status)) return is_ended(partner) || partner == Status::none;
    return meaning(status) == partner;
}

}  // namespace usher::domain
