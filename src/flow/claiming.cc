#include "flow/claiming.h"

#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "flow/standing.h"

namespace usher::flow {

namespace {

domain::Step next_step(Recording& recording, const ClaimTools& tools) {
    const auto& entitlement = recording.entitlement();
    const auto supported = tools.supported(entitlement);
    auto step = domain::plan(entitlement.convergence, supported);
    if (step.kind != domain::StepKind::refused) return step;
    take_decided(recording, tools, domain::conclude(entitlement.convergence, supported),
                 domain::Initiator::usher);
    return domain::plan(entitlement.convergence, supported);
}

bool is_soft_end_unknown(const domain::Entitlement& before, const domain::Decision& decision) {
    return before.deleted_at && before.convergence.status == domain::EntitlementStatus::cancelled &&
           decision.change && decision.change->kind == domain::ChangeKind::refused &&
           decision.change->rejection == domain::Rejection::not_supported_by_partner;
}

// A decision that loses a call is also why the entitlement is not settled.
void take_loss(Recording& recording, domain::Decision decision, domain::Problem problem,
               const char* sentence) {
    const bool lost = decision.change && decision.change->kind == domain::ChangeKind::lost;
    recording.take(std::move(decision), domain::Initiator::usher, sentence);
    if (lost) recording.blame(problem, sentence);
}

}  // namespace

domain::ActionSet ClaimTools::supported(const domain::Entitlement& entitlement) const {
    return propagator->supported(entitlement.tenant, entitlement.merchant, entitlement.product_key);
}

ClaimTools make_claim_tools(Ports& ports) {
    return {.fresh_id = domain::RequestId{base::make_uuid(ports.random)},
            .asked_at = ports.clock.monotonic(),
            .jitter = ports.random.fraction(),
            .partner = &ports.partner,
            .propagator = &ports.propagator,
            .limits = ports.limits};
}

bool is_claimed(const domain::Entitlement& entitlement, base::Time now) {
    if (base::planted(base::Planted::claim_over_claim)) return false;
    return entitlement.claim.lease_until && now < *entitlement.claim.lease_until;
}

void pass_time(Recording& recording, const ClaimTools& tools) {
    take_loss(
        recording,
        domain::pass_time(recording.entitlement().convergence, tools.limits.calls, recording.now()),
        domain::Problem::never_confirmed, kNeverConfirmed);
}

void take_decided(Recording& recording, const ClaimTools& tools, domain::Decision decision,
                  domain::Initiator initiator, std::string note,
                  std::optional<std::uint32_t> call) {
    const auto before = recording.entitlement();
    const bool soft_end_unknown = is_soft_end_unknown(before, decision);
    recording.take(std::move(decision), initiator, std::move(note), call);
    if (!soft_end_unknown) return;
    auto& row = recording.entitlement();
    auto asked =
        domain::ask(row.convergence, domain::EntitlementStatus::revoked, tools.supported(row));
    if (asked.verdict.answer != domain::Answer::accepted) return;
    recording.take(std::move(asked.decision), domain::Initiator::usher,
                   "deleted, and cannot be cancelled there");
    row.deleted_at = before.deleted_at;
    row.last_refusal = before.last_refusal;
    row.reason = before.reason;
}

void catch_up(Recording& recording, const ClaimTools& tools) {
    auto& entitlement = recording.entitlement();
    const auto now = recording.now();
    const auto& limits = tools.limits.calls;
    if (!is_claimed(entitlement, now)) {
        take_loss(recording, domain::take_over(entitlement.convergence, limits, now),
                  domain::Problem::outcome_not_learnt, "the call's outcome was never learnt");
        entitlement.claim.lease_until.reset();
    }
    pass_time(recording, tools);
}

std::optional<Work> take_claim(Recording& recording, const ClaimTools& tools, bool look) {
    auto step = next_step(recording, tools);
    if (step.kind == domain::StepKind::none && look) step.kind = domain::StepKind::read;
    if (step.kind == domain::StepKind::none) {
        schedule(recording, tools);
        return std::nullopt;
    }
    auto& entitlement = recording.entitlement();
    if (step.kind == domain::StepKind::act && !tools.propagator->may_send(entitlement)) {
        ++entitlement.attempts;
        recording.blame(domain::Problem::held,
                        "asked for before a restore: not sent until a person confirms it");
        schedule(recording, tools);
        return std::nullopt;
    }
    Work work{.step = step,
              .claimed_at = recording.now(),
              .lease_end = tools.asked_at + tools.limits.lease};
    if (step.kind == domain::StepKind::act) {
        auto begun = domain::begin_call(entitlement.convergence, *step.action, tools.fresh_id,
                                        tools.partner->digest(entitlement, *step.action),
                                        tools.limits.calls, recording.now());
        entitlement.convergence = std::move(begun.after);
        work.call = std::move(begun.call);
    }
    work.fence = ++entitlement.claim.fence;
    entitlement.claim.lease_until = recording.now() + tools.limits.lease;
    entitlement.due_at = entitlement.claim.lease_until;
    return work;
}

std::optional<Work> claim_or_schedule(Recording& recording, const ClaimTools& tools) {
    const auto& entitlement = recording.entitlement();
    if (tools.propagator->takes_calls(entitlement.tenant, entitlement.merchant)) {
        return take_claim(recording, tools, false);
    }
    schedule(recording, tools);
    return std::nullopt;
}

void schedule(Recording& recording, const ClaimTools& tools,
              std::optional<base::Duration> not_before) {
    auto& entitlement = recording.entitlement();
    auto policy = tools.limits.schedule;
    if (needs_attention(entitlement, policy.give_up_after, recording.now())) {
        policy.backoff_longest = policy.given_up_longest;
    }
    entitlement.due_at = domain::next_due(entitlement.convergence, tools.supported(entitlement),
                                          entitlement.attempts, entitlement.ends_at, policy,
                                          recording.now(), tools.jitter);
    if (!entitlement.other_product_key.empty()) {
        const auto look = recording.now() + policy.given_up_longest;
        entitlement.due_at = std::min(entitlement.due_at.value_or(look), look);
    }
    constexpr std::uint32_t kFew = 5;
    if (base::planted(base::Planted::gives_up) && entitlement.attempts > kFew) {
        entitlement.due_at.reset();
    }
    if (entitlement.due_at && not_before) {
        entitlement.due_at = std::max(*entitlement.due_at, recording.now() + *not_before);
    }
}

}  // namespace usher::flow
