// Every decision about one entitlement, over a set of rules. Internal to domain: who serves calls
// the functions of lifecycle.h and convergence.h, which are a book with all the rules.
#pragma once

#include <optional>
#include <string>

#include "domain/convergence.h"
#include "domain/lifecycle.h"
#include "domain/rules.h"
#include "domain/settling.h"

namespace usher::domain {

template <class Rules>
class RuleBook {
  public:
    constexpr explicit RuleBook(Rules rules = {}) : rules_{rules} {}

    // lifecycle.cc
    Verdict judge(EntitlementStatus status, PartnerStatus partner, EntitlementStatus to) const;
    std::optional<PartnerAction> first_step(PartnerStatus from, EntitlementStatus wanted,
                                            ActionSet supported) const;

    // convergence.cc
    Request ask(const Convergence& before, EntitlementStatus to, ActionSet supported) const;
    Step plan(const Convergence& entitlement, ActionSet supported) const;
    Begun begin_call(const Convergence& before, PartnerAction action, const RequestId& fresh_id,
                     const std::string& body_digest, const CallLimits& limits,
                     base::Time now) const;
    Decision pass_time(const Convergence& before, const CallLimits& limits, base::Time now) const;
    Decision take_over(const Convergence& before, const CallLimits& limits, base::Time now) const;

    // settle.cc
    Decision settle_action(const Convergence& before, std::uint32_t number,
                           const ActionAnswer& answer, ActionSet supported,
                           const CallLimits& limits, base::Time now) const;
    Decision settle_read(const Convergence& before, const ReadAnswer& answer,
                         ActionSet supported) const;
    Decision receive_report(const Convergence& before, const PartnerView& view, ActionSet supported,
                            base::Time now) const;
    Decision conclude(const Convergence& before, ActionSet supported) const;

  private:
    bool is_usable(PartnerAction action, EntitlementStatus wanted) const;
    void make_open(Call& call, const CallLimits& limits, base::Time now) const;
    void lose(Settling& settling, Call& call, const CallLimits& limits, base::Time now) const;
    void settle_confirmed(Settling& settling, Call& call, const PartnerView& view,
                          const CallLimits& limits, base::Time now) const;
    void look_for_effects(PartnerStatus known_before, Convergence& after) const;
    void resolve(Settling& settling, ActionSet supported) const;
    void go_on_with_request(Settling& settling, ActionSet supported) const;
    void go_on_with_product(Settling& settling, ActionSet supported) const;
    void follow_partner(Settling& settling, ActionSet supported) const;
    void give_up_request(Settling& settling, Rejection rejection, std::string partner_code) const;
    void stop_defending(Convergence& after, EntitlementStatus wished) const;

    [[no_unique_address]] Rules rules_;
};

}  // namespace usher::domain
