// How flow hands work on to whoever carries it to the partner (converge). Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/watch_over.h"

namespace usher::flow {

// A claimed entitlement with its next step, durable before anything leaves.
struct Work {
    domain::Entitlement entitlement;   // as committed with the claim
    domain::Step step;                 // read or act
    std::optional<domain::Call> call;  // of act
    std::uint64_t fence = 0;
    base::Time claimed_at;      // by the store's clock; nothing that it led to began sooner
    base::Monotonic lease_end;  // counted from before the claim was asked for
    unsigned chain = 0;         // steps taken straight after one another so far
};

// Sees every committed change of one entitlement from its creation on, until destroyed.
class Watch {
  public:
    virtual ~Watch() = default;
    // The newest row since the last call; waits for one until `deadline`, then gives nullptr.
    virtual base::Task<std::shared_ptr<const domain::Entitlement>> next(
        base::Monotonic deadline) = 0;
};

// How a way to the partner stands.
struct RouteStanding {
    bool healthy = true;  // else no call leaves until a probe succeeds
    bool full = false;    // as many calls under way as there may be at once
    std::string problem;  // why it is not healthy, a sentence; or what went wrong last
    domain::Problem problem_code = domain::Problem::none;
    std::optional<base::Time> next_probe;  // when it is not healthy
    std::optional<Hold> paused;            // by a person: no call leaves, and none probes
};

enum class RouteState : std::uint8_t {
    healthy,
    half_open,  // it answers again: one real call decides
    open,       // in trouble: no call leaves until a probe succeeds
};

std::string_view to_text(RouteState state);

// A way to the partner, for who watches. `window`: how many calls may be in flight at present; less
// than one is a pause between two.
struct RouteReport {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    RouteState state = RouteState::healthy;
    std::string problem;  // why it is not healthy, a sentence
    domain::Problem problem_code = domain::Problem::none;
    std::optional<base::Time> next_probe;
    std::optional<Hold> paused;
    double window = 0;
    std::size_t most = 0;  // the setting: the window is never larger
    std::size_t in_flight = 0;
    double settled_per_minute = 0;  // lately, since it was last in trouble
    bool rate_is_known = false;     // long enough to say anything
};

// An action that a merchant's product turned out not to support. Kept in memory: a restart forgets
// it, which costs one refused call.
struct LearnedGap {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    domain::ProductKey product;
    domain::PartnerAction action{};
    base::Time since;
    base::Time until;  // then it is tried again
};

// Which of them are meant; empty, or no action: every one.
struct GapScope {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    domain::ProductKey product;
    std::optional<domain::PartnerAction> action;
};

class Propagator {
  public:
    virtual ~Propagator() = default;

    // True when a call to this merchant would leave at once: healthy, and room among those in
    // flight.
    virtual bool takes_calls(const domain::TenantId& tenant,
                             const domain::MerchantId& merchant) const = 0;

    // Whether who waits may hope that its call leaves soon: also when it is not its turn yet, and
    // few others wait.
    virtual bool worth_waiting(const domain::TenantId& tenant,
                               const domain::MerchantId& merchant) const = 0;

    virtual RouteStanding standing(const domain::TenantId& tenant,
                                   const domain::MerchantId& merchant) const = 0;

    virtual std::unique_ptr<Watch> watch(const domain::TenantId& tenant,
                                         const domain::EntitlementId& entitlement) = 0;

    // Carries the work on, step after step, until nothing is left or it must wait.
    virtual void start(Work work) = 0;

    // Whether what was asked of this entitlement may be sent; not after a restore, until confirmed.
    virtual bool may_send(const domain::Entitlement& entitlement) const = 0;

    // Whether endings that nobody here asked for are taken over from the partner.
    virtual bool takes_endings(const domain::TenantId& tenant) const = 0;

    // Holds were placed or lifted: these are in force now.
    virtual void hear_of_holds(std::vector<Hold> in_force) = 0;

    // Pins were placed or lifted: these are in force now.
    virtual void hear_of_pins(std::vector<ActionPin> in_force) = 0;

    // Something is due that nobody has claimed; saves waiting for the next look at the store.
    virtual void wake() = 0;

    // Actions that this merchant's product does support, as far as is known.
    virtual domain::ActionSet supported(const domain::TenantId& tenant,
                                        const domain::MerchantId& merchant,
                                        const domain::ProductKey& product) const = 0;

    // Every way that was used since the start.
    virtual std::vector<RouteReport> routes() const = 0;

    virtual std::vector<LearnedGap> learned() const = 0;
    // How many were forgotten.
    virtual std::size_t forget_learned(const GapScope& scope) = 0;
};

}  // namespace usher::flow
