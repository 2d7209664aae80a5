// The loop that makes both sides agree: claims what is due, calls the partner, settles the answer,
// and does so again until nothing is left. Also carries on what a waiting request has claimed.
// Everything runs on one executor; the methods of flow::Propagator may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "converge/endings_guard.h"
#include "converge/health.h"
#include "converge/holds.h"
#include "converge/routes.h"
#include "converge/sweeper.h"
#include "converge/upkeep.h"
#include "converge/watches.h"
#include "flow/ports.h"
#include "flow/propagator.h"
#include "flow/work.h"

namespace usher::base {
class Metrics;
}

namespace usher::converge {

struct ConvergerOptions {
    flow::Limits limits;
    RouteLimits routes;
    SweepLimits sweep;
    std::vector<SweptTenant> swept;
    EndingsPolicy endings;
    base::Duration look_at_holds = std::chrono::seconds{30};  // others may place and lift them too
    base::Duration upkeep_every = std::chrono::seconds{30};
    std::size_t batch = 64;                                  // looked up in the work list at once
    std::size_t in_flight = 256;                             // works at once, all routes
    base::Duration longest_sleep = std::chrono::seconds{5};  // between two looks at the list
    base::Duration settle_retry =
        std::chrono::milliseconds{200};  // when the store does not take it
};

class Converger final : public flow::Propagator {
  public:
    Converger(base::Executor executor, flow::Store& store, flow::Partner& partner,
              base::Clock& clock, base::Random& random, base::Metrics& metrics,
              ConvergerOptions options);
    ~Converger() override;

    // What the flows work with; its propagator is this object.
    flow::Ports& ports() { return ports_; }

    // Runs the loop until stop(). Spawned once, on the executor.
    base::Task<> run();

    // No new work; returns when nothing is under way any more, or at `deadline`.
    base::Task<> stop(base::Monotonic deadline);

    bool takes_calls(const domain::TenantId& tenant,
                     const domain::MerchantId& merchant) const override;
    bool worth_waiting(const domain::TenantId& tenant,
                       const domain::MerchantId& merchant) const override;
    flow::RouteStanding standing(const domain::TenantId& tenant,
                                 const domain::MerchantId& merchant) const override;
    std::unique_ptr<flow::Watch> watch(const domain::TenantId& tenant,
                                       const domain::EntitlementId& entitlement) override;
    void start(flow::Work work) override;
    bool may_send(const domain::Entitlement& entitlement) const override;
    bool takes_endings(const domain::TenantId& tenant) const override;
    void hear_of_holds(std::vector<flow::Hold> in_force) override;
    void wake() override;
    domain::ActionSet supported(const domain::TenantId& tenant, const domain::MerchantId& merchant,
                                const domain::ProductKey& product) const override;
    void hear_of_pins(std::vector<flow::ActionPin> in_force) override;
    std::vector<flow::RouteReport> routes() const override;
    std::vector<flow::LearnedGap> learned() const override;
    std::size_t forget_learned(const flow::GapScope& scope) override;

  private:
    base::Task<> look();
    void start_due(const std::vector<flow::Due>& list, std::vector<flow::Route>& left_out);
    void note_next(const flow::DueList& list);
    base::Task<> probe(flow::Route route);
    base::Task<> claim_and_carry(flow::Due due);
    base::Task<> carry(flow::Work work, bool entered);
    base::Task<bool> enter(flow::Route route, base::Monotonic lease_end);
    bool may_leave(const flow::Route& route, base::Monotonic lease_end) const;
    base::Task<std::optional<flow::Work>> take_step(flow::Work work, bool entered);
    base::Task<std::optional<flow::Work>> act(flow::Work work, base::Monotonic deadline);
    base::Task<std::optional<flow::Work>> read(flow::Work work, base::Monotonic deadline);
    base::Task<> follow(const flow::Advance& advance);
    base::Task<> doubt(domain::TenantId tenant, domain::EntitlementId other);
    template <class Settle>
    base::Task<std::optional<flow::Advance>> write_down(base::Monotonic lease_end, Settle settle);
    base::Task<bool> load_holds();
    base::Task<> look_for_tenants();
    void guard_endings(const domain::TenantId& tenant, bool ending);
    void trust_endings();
    base::Task<> hold_endings(domain::TenantId tenant, std::string why);
    std::optional<flow::Work> go_on(const domain::Entitlement& before,
                                    std::optional<flow::Advance> advance);
    base::Time wall_time(base::Monotonic at) const;
    void note_due(const domain::Entitlement& entitlement);
    void spawn(base::Task<> task);

    base::Executor executor_;
    flow::Store& store_;
    flow::Partner& partner_;
    base::Clock& clock_;
    ConvergerOptions options_;
    Holds holds_;
    EndingsGuard guard_;                       // on the executor only, like the next
    std::set<domain::TenantId> endings_held_;  // until a person lifts it
    std::set<domain::TenantId> swept_;         // those that a sweep was begun for
    Routes routes_;
    Watches watches_;
    base::Sleeper wakes_;
    base::Sleeper idle_;
    flow::Ports ports_;
    Health health_;
    Sweeper sweeper_;
    Upkeep upkeep_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> under_way_ = 0;
    base::Monotonic next_look_{};
    base::Monotonic holds_looked_at_{};
    bool has_more_ = false;  // the last look left something out; on the executor only
    std::set<std::pair<domain::TenantId, domain::EntitlementId>> claiming_;  // on the executor only
};

}  // namespace usher::converge
