#include "domain/explore/decider.h"

#include "domain/explore/world.h"
#include "domain/rule_book.h"

namespace usher::domain::explore {

namespace {

class Served final : public Decider {
  public:
    Request ask(const Convergence& before, EntitlementStatus to,
                ActionSet supported) const override {
        return domain::ask(before, to, supported);
    }
    Step plan(const Convergence& entitlement, ActionSet supported) const override {
        return domain::plan(entitlement, supported);
    }
    Begun begin_call(const Convergence& before, PartnerAction action) const override {
        return domain::begin_call(before, action, {}, {}, limits(), present());
    }
    Decision settle_action(const Convergence& before, std::uint32_t number,
                           const ActionAnswer& answer, ActionSet supported) const override {
        return domain::settle_action(before, number, answer, supported, limits(), present());
    }
    Decision settle_read(const Convergence& before, const ReadAnswer& answer,
                         ActionSet supported) const override {
        return domain::settle_read(before, answer, supported);
    }
    Decision receive_report(const Convergence& before, const PartnerView& view,
                            ActionSet supported) const override {
        return domain::receive_report(before, view, supported, present());
    }
    Decision pass_time(const Convergence& before) const override {
        return domain::pass_time(before, limits(), present());
    }
    Decision take_over(const Convergence& before) const override {
        return domain::take_over(before, limits(), present());
    }
    Decision conclude(const Convergence& before, ActionSet supported) const override {
        return domain::conclude(before, supported);
    }
};

class Without final : public Decider {
  public:
    explicit Without(Rule rule) : book_{AllRulesBut{rule}} {}
    Request ask(const Convergence& before, EntitlementStatus to,
                ActionSet supported) const override {
        return book_.ask(before, to, supported);
    }
    Step plan(const Convergence& entitlement, ActionSet supported) const override {
        return book_.plan(entitlement, supported);
    }
    Begun begin_call(const Convergence& before, PartnerAction action) const override {
        return book_.begin_call(before, action, {}, {}, limits(), present());
    }
    Decision settle_action(const Convergence& before, std::uint32_t number,
                           const ActionAnswer& answer, ActionSet supported) const override {
        return book_.settle_action(before, number, answer, supported, limits(), present());
    }
    Decision settle_read(const Convergence& before, const ReadAnswer& answer,
                         ActionSet supported) const override {
        return book_.settle_read(before, answer, supported);
    }
    Decision receive_report(const Convergence& before, const PartnerView& view,
                            ActionSet supported) const override {
        return book_.receive_report(before, view, supported, present());
    }
    Decision pass_time(const Convergence& before) const override {
        return book_.pass_time(before, limits(), present());
    }
    Decision take_over(const Convergence& before) const override {
        return book_.take_over(before, limits(), present());
    }
    Decision conclude(const Convergence& before, ActionSet supported) const override {
        return book_.conclude(before, supported);
    }

  private:
    RuleBook<AllRulesBut> book_;
};

}  // namespace

std::unique_ptr<Decider> make_served_decider() {
    return std::make_unique<Served>();
}

std::unique_ptr<Decider> make_decider_without(Rule rule) {
    return std::make_unique<Without>(rule);
}

}  // namespace usher::domain::explore
