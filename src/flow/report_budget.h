// How many reports that name none of a tenant's entitlements are looked into: a flood of them must
// not cost what the tenant's own need. Thread-safe; kept in memory, a restart fills it again.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::flow {

class ReportBudget {
  public:
    // Takes one of the `per_minute` that a tenant has; unused ones of a minute stay.
    bool take(const domain::TenantId& tenant, std::uint32_t per_minute, base::Monotonic now) {
        const std::lock_guard lock{mutex_};
        const auto most = static_cast<double>(per_minute);
        const auto [found, is_new] = left_.try_emplace(tenant, Left{most, now});
        auto& left = found->second;
        const std::chrono::duration<double, std::ratio<60>> passed = now - left.at;
        left = {std::min(most, left.amount + most * std::max(passed.count(), 0.0)), now};
        if (left.amount < 1) return false;
        left.amount -= 1;
        return true;
    }

  private:
    struct Left {
        double amount = 0;
        base::Monotonic at;
    };
    std::mutex mutex_;
    std::map<domain::TenantId, Left> left_;
};

}  // namespace usher::flow
