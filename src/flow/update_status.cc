#include "flow/update_status.h"

#include <utility>
#include <variant>

#include "flow/claiming.h"
#include "flow/recording.h"
#include "flow/waiting.h"

namespace usher::flow {

namespace {

using domain::Entitlement;

using Decided = std::variant<Recorded, Failure>;

constexpr const char* kDeleted = "deleted";

std::optional<Failure> check(const UpdateStatus& request, const Entitlement& row) {
    if (request.account && *request.account != row.account) {
        return fail(FailureKind::account_mismatch);
    }
    if (request.product && *request.product != row.product) {
        return fail(FailureKind::product_mismatch);
    }
    if (request.product_type && *request.product_type != "THIRDPARTY") {
        return fail(FailureKind::product_type_mismatch);
    }
    if (request.if_version && *request.if_version != row.version) {
        auto failure = fail(FailureKind::version_mismatch);
        failure.version = row.version;
        return failure;
    }
    return std::nullopt;
}

bool says_something(const domain::Reason& reason) {
    return reason != domain::Reason{};
}

// Records the request in the row. True when the record changed.
bool record(Recording& recording, const UpdateStatus& request, domain::Request asked) {
    auto& row = recording.entitlement();
    const bool accepted = asked.verdict.answer == domain::Answer::accepted;
    const bool other_reason = says_something(request.reason) && request.reason != row.reason;
    if (accepted || other_reason) {
        row.asker = request.asker;
        row.reason = request.reason;
    }
    if (accepted) {
        // Told under its own number: version is counted up by the event that take() adds.
        row.request = row.version + 1;
        row.unsettled_since = recording.now();
        recording.take(std::move(asked.decision), domain::Initiator::op,
                       request.deletes ? kDeleted : "");
    } else if (request.deletes) {
        row.asker = request.asker;
        recording.tell(domain::ChangeKind::requested, domain::Initiator::op, kDeleted);
    } else if (other_reason) {
        recording.tell(domain::ChangeKind::requested, domain::Initiator::op, "another reason");
    }
    if (request.deletes) row.deleted_at = recording.now();
    return accepted || other_reason || request.deletes;
}

// Of what has ended nothing is asked; of all else an end, the soft one where that can be.
domain::Request ask(const UpdateStatus& request, const domain::Convergence& convergence,
                    domain::ActionSet supported) {
    using domain::EntitlementStatus;
    if (!request.deletes && !request.ends) {
        return domain::ask(convergence, request.status, supported);
    }
    if (domain::is_ended(convergence.status)) {
        return domain::ask(convergence, convergence.status, supported);
    }
    auto asked = domain::ask(convergence, EntitlementStatus::cancelled, supported);
    if (asked.verdict.answer != domain::Answer::refused) return asked;
    return domain::ask(convergence, EntitlementStatus::revoked, supported);
}

std::pair<Writes, Decided> decide(const UpdateStatus& request, const ClaimTools& tools,
                                  const Rows& rows) {
    if (!rows.entitlement || rows.entitlement->deleted_at) {
        return {Writes{}, fail(FailureKind::entitlement_unknown)};
    }
    if (const auto failure = check(request, *rows.entitlement)) return {Writes{}, *failure};
    Recording recording{*rows.entitlement, rows.now};
    catch_up(recording, tools);
    auto asked =
        ask(request, recording.entitlement().convergence, tools.supported(recording.entitlement()));
    if (asked.verdict.answer == domain::Answer::refused) {
        auto failure = fail(FailureKind::rejected);
        failure.rejection = asked.verdict.rejection;
        failure.status = rows.entitlement->convergence.status;
        return {Writes{}, failure};
    }
    const bool modified = record(recording, request, std::move(asked));
    if (!modified && domain::is_settled(recording.entitlement().convergence)) {
        return {Writes{}, recorded_as(*rows.entitlement)};
    }
    return finish_request(std::move(recording), tools, *rows.entitlement, modified);
}

std::expected<Updated, Failure> answer(const Recorded& recorded, const Waited& waited) {
    if (waited.end == RequestEnd::refused) {
        return std::unexpected{refusal_in(*waited.entitlement)};
    }
    const bool confirmed = waited.end == RequestEnd::confirmed;
    return Updated{.modified = recorded.modified,
                   .propagated = confirmed ? Propagated::confirmed : Propagated::pending,
                   .version = waited.entitlement->version,
                   .status = waited.entitlement->convergence.status,
                   .partner_status = waited.entitlement->convergence.partner_status};
}

}  // namespace

base::Task<std::expected<Updated, Failure>> update_status(Ports& ports, UpdateStatus request) {
    const auto tools = make_claim_tools(ports);
    const auto deadline = ports.clock.monotonic() + request.wait;
    auto watch = ports.propagator.watch(request.tenant, request.entitlement);

    auto decided = co_await decide_in<Decided>(
        ports.store,
        {.tenant = request.tenant,
         .entitlement = request.entitlement,
         .idempotency = key_of(request.once)},
        [request, tools](const Rows& rows) {
            return decide_once<Updated, Recorded>(
                request.once, rows, [&] { return decide(request, tools, rows); },
                [](const Recorded& recorded) { return answer(recorded, as_it_stands(recorded)); });
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    auto recorded = std::get<Recorded>(std::move(*decided));

    if (!recorded.work && domain::is_settled(recorded.row->convergence)) {
        co_return answer(recorded, as_it_stands(recorded));
    }
    const auto waited =
        co_await carry_and_wait(ports, std::move(watch), recorded.row, std::move(recorded.work),
                                recorded.awaited, deadline);
    co_return answer(recorded, waited);
}

base::Task<std::expected<Tried, Failure>> try_update(Ports& ports, UpdateStatus request) {
    request.once = Once<Updated>{.key = {.tenant = request.tenant},
                                 .render = [](const auto&) { return AnswerText{}; },
                                 .tries = true};
    const auto tried = co_await update_status(ports, std::move(request));
    if (tried.error().kind != FailureKind::only_tried) co_return std::unexpected{tried.error()};
    co_return *tried.error().tried;
}

}  // namespace usher::flow
