// What the decisions have in common. Internal to domain.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "domain/convergence.h"

namespace usher::domain {

// Collects what one decision does; the statuses before and after are compared at the end.
class Settling {
  public:
    explicit Settling(const Convergence& before) : after{before}, before_{before} {}

    Convergence after;

    void say(ChangeKind kind) {
        change_.kind = kind;
        said_ = true;
    }
    void because(PartnerAction action) { change_.action = action; }
    void refuse(Rejection rejection, std::string partner_code) {
        say(ChangeKind::refused);
        change_.rejection = rejection;
        change_.partner_code = std::move(partner_code);
    }

    Decision finish() && {
        Decision decision{.after = std::move(after), .answered = {}, .change = std::nullopt};
        auto& calls = decision.after.calls;
        std::ranges::copy_if(calls, std::back_inserter(decision.answered), is_answered);
        std::erase_if(calls, is_answered);
        if (!said_) return decision;
        change_.status_from = before_.status;
        change_.status_to = decision.after.status;
        change_.partner_from = before_.partner_status;
        change_.partner_to = decision.after.partner_status;
        decision.change = std::move(change_);
        return decision;
    }

  private:
    static bool is_answered(const Call& call) { return call.phase == CallPhase::answered; }

    const Convergence& before_;
    Change change_;
    bool said_ = false;
};

inline Decision no_decision(const Convergence& before) {
    return {.after = before, .answered = {}, .change = std::nullopt};
}

bool any_in(const Convergence& entitlement, CallPhase phase);

// A call is under way or awaited: nothing is decided beside it.
bool is_blocked(const Convergence& entitlement);

// An earlier send of this call was never answered, so it may still act and its answer be replayed.
bool was_sent_before(const Call& call);

void end_request(Convergence& after);

// The record's word when what both sides have agrees: a soft end that has begun is ACTIVE-ENDING,
// one that is over CANCELLED, a purchase that came true whatever the partner has made of it since.
std::optional<EntitlementStatus> refined(EntitlementStatus status, PartnerStatus partner);

// Takes that word. True when there is one.
bool refine(Convergence& after);

}  // namespace usher::domain
