#include "flow/waiting.h"

#include <utility>

namespace usher::flow {

RequestEnd end_of(const domain::Entitlement& entitlement, std::uint64_t request) {
    const auto& refusal = entitlement.last_refusal;
    if (refusal && refusal->request == request) return RequestEnd::refused;
    if (entitlement.request != request) return RequestEnd::overtaken;
    if (domain::is_settled(entitlement.convergence)) return RequestEnd::confirmed;
    return RequestEnd::pending;
}

base::Task<Waited> carry_and_wait(Ports& ports, std::unique_ptr<Watch> watch,
                                  std::shared_ptr<const domain::Entitlement> row,
                                  std::optional<Work> work, std::uint64_t request,
                                  base::Monotonic deadline) {
    const bool useful = work.has_value() || row->claim.lease_until.has_value();
    if (work)
        ports.propagator.start(std::move(*work));
    else if (row->due_at)
        ports.propagator.wake();
    Waited waited{end_of(*row, request), row};
    // While the partner takes no calls, waiting would be in vain.
    const bool in_vain = !useful && !ports.propagator.takes_calls(row->tenant, row->merchant);
    while (waited.end == RequestEnd::pending && !in_vain) {
        auto newer = co_await watch->next(deadline);
        if (!newer) break;
        // The watch is older than the request, so it may have seen what the request found.
        if (newer->version < row->version) continue;
        waited = {end_of(*newer, request), std::move(newer)};
    }
    co_return waited;
}

}  // namespace usher::flow
