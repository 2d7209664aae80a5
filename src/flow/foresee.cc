#include "flow/foresee.h"

#include <algorithm>
#include <optional>

namespace usher::flow {

namespace {

using domain::Convergence;
using domain::PartnerAction;
using domain::PartnerStatus;

constexpr int kMostSteps = 8;

domain::PartnerView after(PartnerAction action) {
    switch (action) {
        case PartnerAction::create:
        case PartnerAction::resume:
        case PartnerAction::undo_cancel:
            return {.status = PartnerStatus::active};
        case PartnerAction::change_product:
            return {.status = PartnerStatus::active, .has_wanted_product = true};
        case PartnerAction::suspend:
            return {.status = PartnerStatus::suspended};
        case PartnerAction::cancel:
            return {.status = PartnerStatus::cancelled};
        case PartnerAction::revoke:
            return {.status = PartnerStatus::revoked};
    }
    return {};
}

std::optional<domain::Call> under_way(const Convergence& convergence) {
    const auto found =
        std::ranges::find(convergence.calls, domain::CallPhase::under_way, &domain::Call::phase);
    if (found == convergence.calls.end()) return std::nullopt;
    return *found;
}

}  // namespace

std::vector<std::string> foresee(const domain::Entitlement& row, domain::ActionSet supported,
                                 const domain::CallLimits& limits, base::Time now) {
    std::vector<std::string> calls;
    auto convergence = row.convergence;
    for (int steps = 0; steps < kMostSteps; ++steps) {
        auto call = under_way(convergence);
        if (!call) {
            const auto step = domain::plan(convergence, supported);
            if (step.kind == domain::StepKind::read) calls.emplace_back("read");
            if (step.kind != domain::StepKind::act) return calls;
            auto begun = domain::begin_call(convergence, *step.action,
                                            domain::RequestId{"foreseen"}, {}, limits, now);
            convergence = std::move(begun.after);
            call = std::move(begun.call);
        }
        calls.emplace_back(domain::to_text(call->action));
        const domain::ActionAnswer answer{.outcome = domain::ActionOutcome::confirmed,
                                          .view = after(call->action),
                                          .bound = true};
        convergence =
            domain::settle_action(convergence, call->number, answer, supported, limits, now).after;
    }
    return calls;
}

}  // namespace usher::flow
