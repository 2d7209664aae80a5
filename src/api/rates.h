// How many requests a tenant may send: as many a second as its settings say, and a second's worth
// of them at once. One that asks more is refused what is beyond, so that it costs the others
// little. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::api {

class Rates {
  public:
    // Nothing: it may go on. Else when the tenant may ask again. `per_second` is not 0.
    std::optional<base::Duration> take(const domain::TenantId& tenant, std::uint32_t per_second,
                                       base::Monotonic now);

  private:
    std::mutex mutex_;
    // When the next one would come, had all come evenly (the generic cell rate algorithm).
    std::map<domain::TenantId, base::Monotonic> next_;
};

}  // namespace usher::api
