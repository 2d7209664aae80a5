// Somebody doubts what is held of the partner's side: it is read again, by the ordinary machinery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/task.h"
#include "flow/ports.h"

namespace usher::flow {

struct ReadAsked {
    domain::EntitlementId entitlement;
    // As it was when it was compared; nothing: whatever it is.
    std::optional<std::uint64_t> version;
};

// Makes each due for a read at once, unless it has changed since, is being called, or is not there.
// How many.
base::Task<StoreResult<std::size_t>> ask_reads(Ports& ports, domain::TenantId tenant,
                                               std::vector<ReadAsked> asked);

}  // namespace usher::flow
