// Which tenants were added while Usher runs, as this node knows. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "flow/sub_tenant.h"

namespace usher::flow {

class TenantBook {
  public:
    using Tenants = std::shared_ptr<const std::vector<SubTenant>>;

    // Never null. The same object as long as nothing was taken.
    Tenants all() const {
        const std::lock_guard lock{mutex_};
        return all_;
    }

    void take(std::vector<SubTenant> tenants) {
        const std::lock_guard lock{mutex_};
        if (*all_ == tenants) return;
        all_ = std::make_shared<const std::vector<SubTenant>>(std::move(tenants));
    }

  private:
    mutable std::mutex mutex_;
    Tenants all_ = std::make_shared<const std::vector<SubTenant>>();
};

}  // namespace usher::flow
