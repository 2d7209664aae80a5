// Who waits for changes of which entitlement. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "flow/propagator.h"

namespace usher::converge {

class Watches {
  public:
    explicit Watches(base::Clock& clock) : clock_{clock} {}

    // The watch must not outlive this object.
    std::unique_ptr<flow::Watch> watch(const domain::TenantId& tenant,
                                       const domain::EntitlementId& entitlement);

    void tell(const std::shared_ptr<const domain::Entitlement>& row);

    std::size_t size() const;

  private:
    class Waiting;
    using Key = std::pair<domain::TenantId, domain::EntitlementId>;

    void remove(const Key& key, const Waiting* waiting);

    base::Clock& clock_;
    mutable std::mutex mutex_;
    std::multimap<Key, Waiting*> waiting_;
};

}  // namespace usher::converge
