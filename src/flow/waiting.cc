#include "flow/waiting.h"

#include <utility>

#include "base/planted.h"

namespace usher::flow {

std::pair<Writes, Recorded> finish(Recording recording, std::optional<Work> work, Awaited awaited) {
    auto writes = std::move(recording).finish();
    auto row = std::make_shared<const domain::Entitlement>(*writes.entitlement);
    if (work) work->entitlement = *row;
    return {
        std::move(writes),
        Recorded{.row = std::move(row), .work = std::move(work), .awaited = std::move(awaited)}};
}

std::pair<Writes, Recorded> finish_request(Recording recording, const ClaimTools& tools,
                                           const domain::Entitlement& before, bool modified) {
    auto& row = recording.entitlement();
    row.attempts = 0;
    Awaited awaited{.request = row.request, .past = before.last_refusal};
    std::optional<Work> work;
    if (!is_claimed(row, recording.now())) work = claim_or_schedule(recording, tools);
    auto done = finish(std::move(recording), std::move(work), std::move(awaited));
    done.second.modified = modified;
    return done;
}

Recorded recorded_as(const domain::Entitlement& row) {
    return {.row = std::make_shared<const domain::Entitlement>(row),
            .work = {},
            .awaited = {.request = row.request, .past = row.last_refusal}};
}

Failure refusal_in(const domain::Entitlement& row) {
    return {.kind = FailureKind::rejected,
            .rejection = row.last_refusal->rejection,
            .partner_code = row.last_refusal->partner_code,
            .status = row.convergence.status};
}

RequestEnd end_of(const domain::Entitlement& entitlement, const Awaited& awaited) {
    const auto& refusal = entitlement.last_refusal;
    const bool is_ours = refusal && refusal->request == awaited.request;
    if (is_ours && refusal != awaited.past) return RequestEnd::refused;
    if (entitlement.request != awaited.request) return RequestEnd::overtaken;
    if (domain::is_settled(entitlement.convergence)) return RequestEnd::confirmed;
    return RequestEnd::pending;
}

Waited as_it_stands(const Recorded& recorded) {
    return {end_of(*recorded.row, recorded.awaited), recorded.row};
}

namespace {

// The watch is older than the request, so it may have seen what the request found.
bool is_older(const domain::Entitlement& seen, const domain::Entitlement& row) {
    return seen.version < row.version || seen.claim.fence < row.claim.fence ||
           seen.hints < row.hints;
}

// Another node may have settled it: no watch here has heard of that.
base::Task<Waited> look_once(Ports& ports, Waited waited, Awaited awaited) {
    if (base::planted(base::Planted::hears_of_own_node_alone)) co_return waited;
    const auto& row = *waited.entitlement;
    auto found = co_await ports.store.find_entitlement(row.tenant, row.id);
    if (!found || !*found || is_older(**found, row)) co_return waited;
    auto newer = std::make_shared<const domain::Entitlement>(std::move(**found));
    const auto end = end_of(*newer, awaited);
    co_return Waited{end, std::move(newer)};
}

}  // namespace

base::Task<Waited> carry_and_wait(Ports& ports, std::unique_ptr<Watch> watch,
                                  std::shared_ptr<const domain::Entitlement> row,
                                  std::optional<Work> work, Awaited awaited,
                                  base::Monotonic deadline) {
    const bool useful = work.has_value() || row->claim.lease_until.has_value();
    if (work)
        ports.propagator.start(std::move(*work));
    else if (row->due_at)
        ports.propagator.wake();
    Waited waited{end_of(*row, awaited), row};
    const bool in_vain = !useful && !ports.propagator.worth_waiting(row->tenant, row->merchant);
    const bool waits = !in_vain && ports.clock.monotonic() < deadline;
    while (waited.end == RequestEnd::pending && !in_vain) {
        auto newer = co_await watch->next(deadline);
        if (!newer) break;
        if (is_older(*newer, *row)) continue;
        waited = {end_of(*newer, awaited), std::move(newer)};
    }
    if (waits && waited.end == RequestEnd::pending)
        co_return co_await look_once(ports, waited, awaited);
    co_return waited;
}

}  // namespace usher::flow
