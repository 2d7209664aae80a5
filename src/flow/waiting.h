// Waits for one request's end at the partner. Internal to flow.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"
#include "flow/claiming.h"
#include "flow/failure.h"
#include "flow/ports.h"
#include "flow/propagator.h"
#include "flow/recording.h"

namespace usher::flow {

enum class RequestEnd { confirmed, refused, overtaken, pending };

// The request that is waited for: recorded at version `request`. A repeat waits for a request that
// may be older than a refusal in the row; that one, `past`, is not its end.
struct Awaited {
    std::uint64_t request = 0;
    std::optional<domain::LastRefusal> past;
};

// What a request's transaction decided, for whoever carries it on and waits.
struct Recorded {
    bool modified = false;
    std::shared_ptr<const domain::Entitlement> row;  // as it is stored now
    std::optional<Work> work;
    Awaited awaited;
};

// Finishes that transaction.
std::pair<Writes, Recorded> finish(Recording recording, std::optional<Work> work, Awaited awaited);

// Finishes one that recorded a request, or repeats one: its next step is claimed or scheduled.
// `before` is the row as it was found.
std::pair<Writes, Recorded> finish_request(Recording recording, const ClaimTools& tools,
                                           const domain::Entitlement& before, bool modified);

// Of one that changes nothing, because all is as it was asked for.
Recorded recorded_as(const domain::Entitlement& row);

// How it stands in this row.
RequestEnd end_of(const domain::Entitlement& entitlement, const Awaited& awaited);

struct Waited {
    RequestEnd end{};
    std::shared_ptr<const domain::Entitlement> entitlement;  // the newest seen
};

// How it stands before anybody has waited.
Waited as_it_stands(const Recorded& recorded);

// What whoever waited is told about a request that was refused.
Failure refusal_in(const domain::Entitlement& row);

// Starts `work`, if any, and waits until the request ends or `deadline`.
base::Task<Waited> carry_and_wait(Ports& ports, std::unique_ptr<Watch> watch,
                                  std::shared_ptr<const domain::Entitlement> row,
                                  std::optional<Work> work, Awaited awaited,
                                  base::Monotonic deadline);

}  // namespace usher::flow
