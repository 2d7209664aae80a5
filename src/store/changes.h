// What a command's writes change, worked out against what it read. Pure; a decide that breaks the
// contract of flow::Writes is a bug and ends the process.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/engine.h"

namespace usher::store {

struct Changes {
    std::optional<domain::Entitlement> row;  // with its last_position; none when nothing differs
    const domain::Entitlement* before = nullptr;  // as it was read, in `rows`; none: an insert
    std::vector<domain::Call> calls;              // new or different ones
    std::vector<domain::Event> events;            // with position and previous
};

// `last` is the tenant's newest position; the events follow it.
Changes work_out(const flow::Wanted& wanted, const flow::Rows& rows, const flow::Writes& writes,
                 std::int64_t last);

// The lowest number among the unsettled calls; 0: none.
std::uint32_t unsettled_from(const domain::Entitlement& entitlement);

}  // namespace usher::store
