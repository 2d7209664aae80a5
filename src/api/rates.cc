#include "api/rates.h"

#include <algorithm>
#include <chrono>

namespace usher::api {

std::optional<base::Duration> Rates::take(const domain::TenantId& tenant, std::uint32_t per_second,
                                          base::Monotonic now) {
    constexpr base::Duration kAtOnce = std::chrono::seconds{1};
    const auto apart = kAtOnce / per_second;
    const std::lock_guard lock{mutex_};
    auto& next = next_.try_emplace(tenant, now).first->second;
    const auto from = std::max(next, now);
    // One more than fits would come a whole second early.
    if (from - now > kAtOnce - apart) return from - now - (kAtOnce - apart);
    next = from + apart;
    return std::nullopt;
}

}  // namespace usher::api
