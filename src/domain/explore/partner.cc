#include "domain/explore/partner.h"

#include <algorithm>
#include <array>

namespace usher::domain::explore {

namespace {

using Status = PartnerStatus;

constexpr std::array kCreated{Status::pending, Status::active};
constexpr std::array kPending{Status::pending};
constexpr std::array kActive{Status::active};
constexpr std::array kSuspended{Status::suspended};
constexpr std::array kCancelled{Status::active_ending, Status::cancelled};
constexpr std::array kRevoked{Status::revoked};

bool is_wanted(Status status, EntitlementStatus wanted) {
    const auto meant = meaning(wanted);
    const bool soft_end = meant == Status::cancelled || meant == Status::active_ending;
    if (soft_end) return status == Status::cancelled || status == Status::active_ending;
    return status == meant;
}

bool is_ending(PartnerAction action) {
    return action == PartnerAction::cancel || action == PartnerAction::revoke;
}

bool asks_for_end(EntitlementStatus wanted) {
    return is_ended(wanted) || meaning(wanted) == Status::active_ending;
}

constexpr unsigned kFar = 100;
using Distances = std::array<unsigned, kPartnerStatuses.size()>;
using DistanceTable =
    std::array<std::array<Distances, kEntitlementStatuses.size()>, ActionSet::all().bits() + 1>;

Distances measure(EntitlementStatus wanted, ActionSet supported) {
    Distances far{};
    for (const auto status : kPartnerStatuses) {
        far.at(static_cast<std::size_t>(status)) = is_wanted(status, wanted) ? 0 : kFar;
    }
    // As many rounds as there are statuses settle every distance.
    for (std::size_t round = 0; round < kPartnerStatuses.size(); ++round) {
        for (const auto status : kPartnerStatuses) {
            auto& here = far.at(static_cast<std::size_t>(status));
            for (const auto action : kPartnerActions) {
                if (!supported.contains(action)) continue;
                if (is_ending(action) && !asks_for_end(wanted)) continue;
                for (const auto to : effects(action, status)) {
                    here = std::min(here, far.at(static_cast<std::size_t>(to)) + 1);
                }
            }
        }
    }
    return far;
}

DistanceTable make_distances() {
    DistanceTable table{};
    for (std::size_t bits = 0; bits < table.size(); ++bits) {
        for (const auto wanted : kEntitlementStatuses) {
            table.at(bits).at(static_cast<std::size_t>(wanted)) =
                measure(wanted, ActionSet::from_bits(static_cast<std::uint8_t>(bits)));
        }
    }
    return table;
}

}  // namespace

std::span<const PartnerStatus> effects(PartnerAction action, PartnerStatus from) {
    switch (action) {
        case PartnerAction::create:
            if (from == Status::none) return kCreated;
            if (from == Status::pending) return kPending;
            return {};
        case PartnerAction::suspend:
            if (from == Status::active) return kSuspended;
            return {};
        case PartnerAction::resume:
            if (from == Status::suspended) return kActive;
            return {};
        case PartnerAction::undo_cancel:
            if (from == Status::active_ending) return kActive;
            return {};
        case PartnerAction::cancel:
            if (is_live(from)) return kCancelled;
            return {};
        case PartnerAction::revoke:
            if (is_live(from)) return kRevoked;
            return {};
        case PartnerAction::change_product:  // never asked for in there
            return {};
    }
    return {};
}

std::optional<PartnerStatus> moved(PartnerMove move, PartnerStatus from) {
    const auto when = [from](bool possible, Status to) -> std::optional<Status> {
        if (!possible || from == to) return std::nullopt;
        return to;
    };
    switch (move) {
        case PartnerMove::activate:
            return when(from == Status::pending, Status::active);
        case PartnerMove::suspend:
            return when(from == Status::active, Status::suspended);
        case PartnerMove::resume:
            return when(from == Status::suspended, Status::active);
        case PartnerMove::end_softly:
            return when(is_live(from), Status::active_ending);
        case PartnerMove::end:
            return when(is_live(from) && from != Status::active_ending, Status::cancelled);
        case PartnerMove::revoke:
            return when(is_live(from), Status::revoked);
        case PartnerMove::reach_end_date:
            return when(from == Status::active_ending, Status::cancelled);
        case PartnerMove::undo_end:
            return when(from == Status::active_ending, Status::active);
    }
    return std::nullopt;
}

std::string_view to_text(PartnerMove move) {
    switch (move) {
        case PartnerMove::activate:
            return "the customer activates";
        case PartnerMove::suspend:
            return "the merchant suspends";
        case PartnerMove::resume:
            return "the merchant resumes";
        case PartnerMove::end_softly:
            return "the merchant lets it end";
        case PartnerMove::end:
            return "the merchant cancels at once";
        case PartnerMove::revoke:
            return "the merchant revokes";
        case PartnerMove::reach_end_date:
            return "the end date is reached";
        case PartnerMove::undo_end:
            return "the merchant takes its end back";
    }
    return "";
}

std::optional<unsigned> distance(PartnerStatus from, EntitlementStatus wanted,
                                 ActionSet supported) {
    static const auto kTable = make_distances();
    const auto result = kTable.at(supported.bits())
                            .at(static_cast<std::size_t>(wanted))
                            .at(static_cast<std::size_t>(from));
    if (result >= kFar) return std::nullopt;
    return result;
}

bool serves(PartnerAction action, PartnerStatus from, EntitlementStatus wanted,
            ActionSet supported) {
    const auto here = distance(from, wanted, supported);
    if (!here || *here == 0 || !supported.contains(action)) return false;
    if (is_ending(action) && !asks_for_end(wanted)) return false;
    for (const auto to : effects(action, from)) {
        const auto there = distance(to, wanted, supported);
        if (there && *there < *here) return true;
    }
    return false;
}

}  // namespace usher::domain::explore
