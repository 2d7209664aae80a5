// The decisions under exploration: the functions that serve, or the same with one rule left out.
#pragma once

#include <memory>
#include <optional>

#include "domain/convergence.h"
#include "domain/rules.h"

namespace usher::domain::explore {

class Decider {
  public:
    virtual ~Decider() = default;
    virtual Request ask(const Convergence& before, EntitlementStatus to,
                        ActionSet supported) const = 0;
    virtual Step plan(const Convergence& entitlement, ActionSet supported) const = 0;
    virtual Begun begin_call(const Convergence& before, PartnerAction action) const = 0;
    virtual Decision settle_action(const Convergence& before, std::uint32_t number,
                                   const ActionAnswer& answer, ActionSet supported) const = 0;
    virtual Decision settle_read(const Convergence& before, const ReadAnswer& answer,
                                 ActionSet supported) const = 0;
    virtual Decision receive_report(const Convergence& before, const PartnerView& view,
                                    ActionSet supported) const = 0;
    virtual Decision pass_time(const Convergence& before) const = 0;
    virtual Decision take_over(const Convergence& before) const = 0;
    virtual Decision conclude(const Convergence& before, ActionSet supported) const = 0;
};

// Calls the functions of convergence.h, the very ones that a server calls.
std::unique_ptr<Decider> make_served_decider();

std::unique_ptr<Decider> make_decider_without(Rule rule);

}  // namespace usher::domain::explore
