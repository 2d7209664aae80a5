// Looks at every live entitlement of each tenant again within a limit, so that a report that never
// came costs time and not truth. Gives way to real work: it uses at most half of what a merchant
// takes at once, and nothing of a merchant in trouble. Runs on one executor.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/task.h"
#include "converge/health.h"
#include "converge/routes.h"
#include "flow/ports.h"
#include "flow/sweeping.h"

namespace usher::converge {

struct SweptTenant {
    domain::TenantId tenant;
    base::Duration freshness = std::chrono::hours{24};  // 0: it is not swept
};

struct SweepLimits {
    std::size_t page = 64;                           // entitlements found at once
    std::size_t in_flight = 4;                       // looks at once for one tenant
    base::Duration turn = std::chrono::seconds{30};  // between two times that the place is noted
    // Longer than the turn and a call together, or another node would repeat looks.
    base::Duration lease = std::chrono::minutes{2};
    base::Duration look = std::chrono::seconds{10};  // one look, whole
};

class Sweeper {
  public:
    // All must outlive it. `holder` is this process's own name in the store.
    Sweeper(base::Executor executor, flow::Ports& ports, Routes& routes, base::Metrics& metrics,
            std::string holder, SweepLimits limits);

    // Sweeps a tenant until stop(). Each is spawned once, on the executor.
    void start(const SweptTenant& tenant);

    // Returns when nothing is under way any more, or at `deadline`.
    base::Task<> stop(base::Monotonic deadline);

  private:
    struct Round;  // a tenant's, as it is walked

    enum class Visit { passed, not_yet };

    base::Task<> run(SweptTenant tenant, base::Sleeper& sleeper);
    base::Task<> take_turn(Round& round);
    base::Task<> walk(Round& round);
    base::Task<Visit> visit(Round& round, const domain::EntitlementId& id);
    base::Task<Visit> enter(Round& round, flow::Route route);
    base::Task<> look(Round& round, domain::Entitlement row);
    void show(const Round& round);
    void count(std::string_view result);

    base::Executor executor_;
    flow::Ports& ports_;
    Routes& routes_;
    Health health_;
    base::Metrics& metrics_;
    const std::string holder_;
    const SweepLimits limits_;
    std::list<base::Sleeper> sleepers_;  // one for each tenant
    bool stopping_ = false;
    std::size_t running_ = 0;
};

}  // namespace usher::converge
