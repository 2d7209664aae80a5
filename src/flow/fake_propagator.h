// A propagator that carries work the way the real one does, or hands it to the test; for the tests
// of flow.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "flow/ports.h"
#include "flow/work.h"

namespace usher::flow::test {

class FakePropagator final : public Propagator {
  public:
    FakePropagator(boost::asio::io_context& io, base::Clock& clock) : io_{io}, clock_{clock} {}

    Ports* ports = nullptr;
    bool open = true;         // takes calls
    bool turn_comes = false;  // though it is not now
    bool carries = true;      // else work is left in `parked`
    RouteStanding route;
    domain::ActionSet actions = domain::ActionSet::all();
    std::deque<Work> parked;
    int woken = 0;
    bool sends = true;
    bool ends = true;
    std::optional<std::vector<Hold>> heard;
    std::optional<std::vector<ActionPin>> heard_pins;
    std::vector<RouteReport> ways;
    std::vector<LearnedGap> gaps;
    std::vector<GapScope> forgotten;

    bool takes_calls(const domain::TenantId&, const domain::MerchantId&) const override {
        return open;
    }
    bool worth_waiting(const domain::TenantId&, const domain::MerchantId&) const override {
        return open || turn_comes;
    }
    RouteStanding standing(const domain::TenantId&, const domain::MerchantId&) const override {
        return route;
    }
    std::unique_ptr<Watch> watch(const domain::TenantId&,
                                 const domain::EntitlementId& id) override {
        return std::make_unique<Watching>(*this, id);
    }
    void start(Work work) override {
        if (!carries) {
            parked.push_back(std::move(work));
            return;
        }
        boost::asio::co_spawn(io_, carry(std::move(work)), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
    }
    void wake() override { ++woken; }
    bool may_send(const domain::Entitlement&) const override { return sends; }
    bool takes_endings(const domain::TenantId&) const override { return ends; }
    void hear_of_holds(std::vector<Hold> in_force) override { heard = std::move(in_force); }
    void hear_of_pins(std::vector<ActionPin> in_force) override {
        heard_pins = std::move(in_force);
    }
    domain::ActionSet supported(const domain::TenantId&, const domain::MerchantId&,
                                const domain::ProductKey&) const override {
        return actions;
    }
    std::vector<RouteReport> routes() const override { return ways; }
    std::vector<LearnedGap> learned() const override { return gaps; }
    std::size_t forget_learned(const GapScope& scope) override {
        forgotten.push_back(scope);
        return 1;
    }

    void tell(const domain::Entitlement& row) {
        for (auto* watching : watching_) watching->tell(row);
    }

  private:
    class Watching final : public Watch {
      public:
        Watching(FakePropagator& owner, domain::EntitlementId id)
            : owner_{owner}, id_{std::move(id)}, sleeper_{owner.clock_} {
            owner_.watching_.insert(this);
        }
        ~Watching() override { owner_.watching_.erase(this); }

        base::Task<std::shared_ptr<const domain::Entitlement>> next(
            base::Monotonic deadline) override {
            while (!newest_ && co_await sleeper_.until(deadline)) {
            }
            co_return std::exchange(newest_, nullptr);
        }
        void tell(const domain::Entitlement& row) {
            if (row.id != id_) return;
            newest_ = std::make_shared<const domain::Entitlement>(row);
            sleeper_.wake();
        }

      private:
        FakePropagator& owner_;
        domain::EntitlementId id_;
        base::Sleeper sleeper_;
        std::shared_ptr<const domain::Entitlement> newest_;
    };

    base::Task<> carry(Work first) {
        std::optional<Work> work{std::move(first)};
        while (work) {
            const auto advance = co_await step(*work);
            if (!advance) co_return;
            if (advance->entitlement) tell(*advance->entitlement);
            work = advance->next;
        }
    }
    base::Task<StoreResult<Advance>> step(const Work& work) {
        const auto deadline = clock_.monotonic() + ports->limits.calls.call;
        if (work.step.kind == domain::StepKind::act) {
            auto reply = co_await ports->partner.act({.action = work.call->action,
                                                      .entitlement = work.entitlement,
                                                      .request_id = work.call->request_id,
                                                      .deadline = deadline});
            co_return co_await settle(*ports, work, std::move(reply));
        }
        const auto begun = clock_.now();
        auto reply =
            co_await ports->partner.read({.entitlement = work.entitlement, .deadline = deadline});
        co_return co_await settle(*ports, work, std::move(reply), begun);
    }

    boost::asio::io_context& io_;
    base::Clock& clock_;
    std::set<Watching*> watching_;
};

}  // namespace usher::flow::test
