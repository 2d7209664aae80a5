#include "converge/endings_guard.h"

namespace usher::converge {

namespace {

constexpr base::Duration kMinute = std::chrono::minutes{1};

}  // namespace

void EndingsGuard::forget(Tenant& tenant, base::Monotonic now) const {
    auto& minutes = tenant.minutes;
    while (!minutes.empty() && minutes.front().begun + policy_.window <= now) minutes.pop_front();
}

EndingsGuard::Count EndingsGuard::count(const domain::TenantId& tenant) const {
    Count sum;
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return sum;
    for (const auto& minute : found->second.minutes) {
        sum.reads += minute.count.reads;
        sum.endings += minute.count.endings;
    }
    return sum;
}

bool EndingsGuard::note(const domain::TenantId& tenant, bool ending, base::Monotonic now) {
    auto& known = tenants_[tenant];
    forget(known, now);
    if (known.minutes.empty() || known.minutes.back().begun + kMinute <= now) {
        known.minutes.push_back({now, {}});
    }
    auto& latest = known.minutes.back().count;
    ++latest.reads;
    if (!ending) return false;
    ++latest.endings;
    if (now < known.trusted_until || policy_.percent >= 100) return false;
    const auto sum = count(tenant);
    return sum.endings >= policy_.least && sum.endings * 100 > sum.reads * policy_.percent;
}

void EndingsGuard::trust(const domain::TenantId& tenant, base::Monotonic now) {
    auto& known = tenants_[tenant];
    known.minutes.clear();
    known.trusted_until = now + policy_.trusted_for;
}

}  // namespace usher::converge
