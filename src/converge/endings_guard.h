// Notices when a partner suddenly shows that far too much has ended, as one does that is pointed at
// the wrong environment: 100,000 subscriptions must not end because of a wrong address. Pure: the
// time is handed in. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::converge {

struct EndingsPolicy {
    std::uint32_t percent = 5;  // of a tenant's reads within the window; 100: never stops
    std::uint32_t least = 20;   // endings; fewer prove nothing
    base::Duration window = std::chrono::hours{1};
    // After a person has confirmed them, those that were held back come all at once.
    base::Duration trusted_for = std::chrono::hours{3};
};

class EndingsGuard {
  public:
    explicit EndingsGuard(EndingsPolicy policy) : policy_{policy} {}

    struct Count {
        std::uint64_t reads = 0;
        std::uint64_t endings = 0;
    };

    // Counts one read. The counts, when no further ending should be taken over.
    bool note(const domain::TenantId& tenant, bool ending, base::Monotonic now);
    Count count(const domain::TenantId& tenant) const;

    // A person has looked.
    void trust(const domain::TenantId& tenant, base::Monotonic now);

  private:
    struct Minute {
        base::Monotonic begun;
        Count count;
    };
    struct Tenant {
        std::deque<Minute> minutes;
        base::Monotonic trusted_until{};
    };
    void forget(Tenant& tenant, base::Monotonic now) const;

    EndingsPolicy policy_;
    std::map<domain::TenantId, Tenant> tenants_;
};

}  // namespace usher::converge
