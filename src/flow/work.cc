#include "flow/work.h"

#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "flow/claiming.h"
#include "flow/follow_product.h"
#include "flow/recording.h"

namespace usher::flow {

namespace {

using domain::Entitlement;

Wanted just(const Entitlement& entitlement) {
    return {.tenant = entitlement.tenant, .entitlement = entitlement.id};
}

// With what is needed to move to the product that was asked for.
Wanted with_product(const Entitlement& entitlement) {
    auto wanted = just(entitlement);
    if (entitlement.wanted_product.empty()) return wanted;
    wanted.account = entitlement.account;
    wanted.product = entitlement.wanted_product;
    wanted.occupant = true;
    return wanted;
}

bool has_wanted_product(const Entitlement& entitlement, const PartnerRecord& record) {
    if (entitlement.wanted_product_key.empty()) return false;
    return record.product_key == entitlement.wanted_product_key ||
           base::planted(base::Planted::other_product_taken_for_granted);
}

// What the partner's record tells beside the status, and that it has the product that was asked
// for.
void hold(Recording& recording, const Rows& rows, const PartnerRecord& record) {
    const auto& row = recording.entitlement();
    const bool moves = has_wanted_product(row, record) && rows.product &&
                       rows.product->product_key == row.wanted_product_key &&
                       record.product_key != row.product_key;
    recording.hold(record);
    if (moves) move_or_tell_why(recording, rows, domain::Initiator::op);
}

// Finishes a decision about one entitlement: what is written, and what the caller learns.
std::pair<Writes, Advance> conclude(Recording recording, std::optional<Work> next) {
    auto writes = std::move(recording).finish();
    const auto row = std::make_shared<const Entitlement>(*writes.entitlement);
    if (next) next->entitlement = *row;
    return {std::move(writes), Advance{.entitlement = row, .next = std::move(next)}};
}

std::pair<Writes, Advance> nothing(const Rows& rows) {
    Advance advance;
    if (rows.entitlement) {
        advance.entitlement = std::make_shared<const Entitlement>(*rows.entitlement);
    }
    return {Writes{}, std::move(advance)};
}

bool holds_claim(const Rows& rows, const Work& work) {
    if (base::planted(base::Planted::fence_not_checked)) return rows.entitlement.has_value();
    return rows.entitlement && rows.entitlement->claim.fence == work.fence &&
           rows.entitlement->claim.lease_until.has_value();
}

struct Blame {
    domain::Problem problem = domain::Problem::none;
    std::string sentence;
};

struct Progress {
    bool made = false;
    std::optional<Blame> blame;  // none: what was known before still holds
    std::optional<base::Duration> retry_after;
    bool look_again = false;  // at what an open call may have done
};

// A look that was lost comes again soon: what an open call may have done should not stand for long.
void look_again(domain::Entitlement& entitlement, const ClaimTools& tools, base::Time now,
                std::optional<base::Duration> not_before) {
    const auto pause = domain::backoff(entitlement.attempts, tools.limits.schedule, tools.jitter);
    const auto again = now + std::max(pause, not_before.value_or(base::Duration::zero()));
    entitlement.due_at = std::min(entitlement.due_at.value_or(again), again);
}

// After an answer: straight on with the next step when this one got somewhere, else later. A chain
// has an end, and attempts are forgotten only once there is nothing left to do, so that two sides
// that never meet slow down.
std::pair<Writes, Advance> go_on(Recording recording, const ClaimTools& tools, unsigned chain,
                                 const Progress& progress) {
    constexpr unsigned kLongestChain = 6;
    auto& entitlement = recording.entitlement();
    const bool straight_on = progress.made && chain < kLongestChain;
    entitlement.claim.lease_until.reset();
    if (progress.blame) recording.blame(progress.blame->problem, progress.blame->sentence);
    if (!straight_on) ++entitlement.attempts;
    pass_time(recording, tools);
    std::optional<Work> next;
    if (straight_on)
        next = take_claim(recording, tools, false);
    else
        schedule(recording, tools, progress.retry_after);
    if (progress.look_again) {
        look_again(entitlement, tools, recording.now(), progress.retry_after);
    }
    if (next)
        next->chain = chain + 1;
    else if (straight_on)
        entitlement.attempts = 0;
    return conclude(std::move(recording), std::move(next));
}

domain::Initiator initiator_of(const domain::Decision& decision) {
    const bool moved =
        decision.change && decision.change->kind == domain::ChangeKind::partner_moved;
    return moved ? domain::Initiator::partner : domain::Initiator::usher;
}

// What is still doubted, because the answer may be an old one, was not said now.
void note_what_was_said(Recording& recording, bool said) {
    auto& row = recording.entitlement();
    if (said && !row.convergence.read_wanted) row.partner_said_at = recording.now();
}

std::vector<PartnerKey> keys_of(const ReadReply& reply) {
    std::vector<PartnerKey> keys;
    if (reply.record) keys.push_back({reply.record->merchant, reply.record->id});
    for (const auto& candidate : reply.candidates) {
        keys.push_back({candidate.merchant, candidate.id});
    }
    return keys;
}

bool belongs_to_another(const Rows& rows, const PartnerRecord& record) {
    const auto holder = rows.holders.find({record.merchant, record.id});
    return holder != rows.holders.end() &&
           holder->second != std::pair{rows.entitlement->tenant, rows.entitlement->id};
}

constexpr const char* kBelongsToAnother = "the partner's record is bound to another entitlement";

// A record belongs to one entitlement; an answer with another's says nothing about this one, and
// the store could never write it down.
ActionReply believed(const Rows& rows, ActionReply reply) {
    if (!reply.record || !belongs_to_another(rows, *reply.record)) return reply;
    reply.answer = {.outcome = domain::ActionOutcome::failed, .result = "another's record"};
    reply.record.reset();
    reply.problem = kBelongsToAnother;
    reply.problem_code = domain::Problem::record_of_another;
    return reply;
}

// What a read amounts to, once it is known whose the records are.
struct Learnt {
    domain::ReadOutcome outcome{};
    std::optional<PartnerRecord> record;
    Blame blame;
};

Blame doubt_in(const PartnerRecord& record) {
    if (record.view.status != domain::PartnerStatus::unknown) return {};
    return {domain::Problem::partner_unsure,
            "the partner itself does not know what it has (status " + record.status_word + ")"};
}

Learnt judge(const Rows& rows, const ReadReply& reply) {
    switch (reply.kind) {
        case ReadKind::trouble:
            return {domain::ReadOutcome::lost, {}, {reply.problem_code, reply.problem}};
        case ReadKind::not_found:
            return {domain::ReadOutcome::not_found, {}, {}};
        case ReadKind::found:
            if (belongs_to_another(rows, *reply.record)) {
                return {domain::ReadOutcome::lost,
                        {},
                        {domain::Problem::record_of_another, kBelongsToAnother}};
            }
            return {domain::ReadOutcome::found, reply.record, doubt_in(*reply.record)};
        case ReadKind::candidates:
            break;
    }
    std::vector<PartnerRecord> free;
    std::ranges::copy_if(reply.candidates, std::back_inserter(free), [&](const auto& candidate) {
        return !belongs_to_another(rows, candidate);
    });
    if (free.empty()) return {domain::ReadOutcome::not_found, {}, {}};
    if (free.size() == 1) {
        return {domain::ReadOutcome::found, free.front(), doubt_in(free.front())};
    }
    return {domain::ReadOutcome::lost,
            {},
            {domain::Problem::several_candidates,
             "the partner has several records that could be this entitlement"}};
}

domain::Decision decide_read(const Entitlement& entitlement, const Learnt& finding,
                             base::Time begun, const ClaimTools& tools) {
    domain::ReadAnswer answer{.outcome = finding.outcome, .begun = begun};
    if (finding.record) {
        answer.view = finding.record->view;
        answer.view.has_wanted_product = has_wanted_product(entitlement, *finding.record);
    }
    return domain::settle_read(entitlement.convergence, answer, tools.supported(entitlement));
}

constexpr const char* kEndingsHeld =
    "the partner shows an ending, and shows too many of them: a person must confirm them";

bool is_unasked_ending(const domain::Decision& decision) {
    return decision.change && decision.change->kind == domain::ChangeKind::partner_moved &&
           domain::is_ended(decision.after.partner_status);
}

}  // namespace

base::Task<StoreResult<Advance>> claim(Ports& ports, domain::TenantId tenant,
                                       domain::EntitlementId entitlement) {
    const auto tools = make_claim_tools(ports);
    Wanted wanted{.tenant = std::move(tenant), .entitlement = std::move(entitlement)};
    co_return co_await decide_in<Advance>(
        ports.store, std::move(wanted), [tools](const Rows& rows) {
            const bool is_due = rows.entitlement && rows.entitlement->due_at &&
                                *rows.entitlement->due_at <= rows.now;
            if (!is_due || is_claimed(*rows.entitlement, rows.now)) return nothing(rows);
            Recording recording{*rows.entitlement, rows.now};
            catch_up(recording, tools);
            auto work = take_claim(recording, tools, true);
            return conclude(std::move(recording), std::move(work));
        });
}

base::Task<StoreResult<Advance>> settle(Ports& ports, const Work& work, ActionReply reply) {
    const auto tools = make_claim_tools(ports);
    auto wanted = with_product(work.entitlement);
    if (reply.record && !reply.record->id.empty()) {
        wanted.partner_keys.push_back({reply.record->merchant, reply.record->id});
    }
    co_return co_await decide_in<Advance>(
        ports.store, std::move(wanted), [tools, work, given = std::move(reply)](const Rows& rows) {
            if (!holds_claim(rows, work)) return nothing(rows);
            auto reply = believed(rows, given);
            Recording recording{*rows.entitlement, rows.now};
            if (reply.record) {
                reply.answer.view.has_wanted_product =
                    has_wanted_product(recording.entitlement(), *reply.record);
                hold(recording, rows, *reply.record);
            }
            auto decision = domain::settle_action(
                recording.entitlement().convergence, work.call->number, reply.answer,
                tools.supported(recording.entitlement()), tools.limits.calls, rows.now);
            const auto initiator = initiator_of(decision);
            take_decided(recording, tools, std::move(decision), initiator, reply.problem,
                         work.call->number);
            const auto outcome = reply.answer.outcome;
            note_what_was_said(recording, outcome == domain::ActionOutcome::confirmed);
            const bool made = outcome == domain::ActionOutcome::confirmed ||
                              outcome == domain::ActionOutcome::accepted ||
                              outcome == domain::ActionOutcome::refused;
            return go_on(std::move(recording), tools, work.chain,
                         {made, Blame{reply.problem_code, reply.problem}, reply.retry_after});
        });
}

base::Task<StoreResult<Advance>> settle(Ports& ports, const Work& work, ReadReply reply,
                                        base::Time begun) {
    const auto tools = make_claim_tools(ports);
    auto wanted = with_product(work.entitlement);
    wanted.partner_keys = keys_of(reply);
    co_return co_await decide_in<Advance>(
        ports.store, std::move(wanted),
        [tools, work, reply = std::move(reply), begun](const Rows& rows) {
            if (!holds_claim(rows, work)) return nothing(rows);
            Recording recording{*rows.entitlement, rows.now};
            auto finding = judge(rows, reply);
            auto decision = decide_read(recording.entitlement(), finding, begun, tools);
            const bool unasked = is_unasked_ending(decision);
            if (unasked && !tools.propagator->takes_endings(recording.entitlement().tenant)) {
                finding = {
                    domain::ReadOutcome::lost, {}, {domain::Problem::endings_held, kEndingsHeld}};
                decision = decide_read(recording.entitlement(), finding, begun, tools);
            }
            if (finding.record) hold(recording, rows, *finding.record);
            const auto initiator = initiator_of(decision);
            take_decided(recording, tools, std::move(decision), initiator, finding.blame.sentence);
            note_what_was_said(recording, finding.outcome != domain::ReadOutcome::lost);
            auto& after = recording.entitlement().convergence;
            // A report that came while the read was out may tell of something it did not see.
            const bool is_news = rows.entitlement->hints != work.entitlement.hints;
            if (is_news) after.read_wanted = true;
            // Who asked for something waits for it; for reports alone it is not read in a row.
            const bool waits = is_news && !after.intent;
            const bool made = finding.outcome != domain::ReadOutcome::lost && !waits &&
                              after.partner_status != domain::PartnerStatus::unknown;
            auto not_before = reply.retry_after;
            if (waits) {
                const auto next = begun + tools.limits.reports.read_min_interval - rows.now;
                not_before = std::max(not_before.value_or(next), next);
            }
            const bool look_again =
                finding.outcome == domain::ReadOutcome::lost && !after.calls.empty();
            auto done = go_on(std::move(recording), tools, work.chain,
                              {made, finding.blame, not_before, look_again});
            done.second.unasked_ending = unasked;
            return done;
        });
}

base::Task<StoreResult<Advance>> release(Ports& ports, const Work& work) {
    const auto tools = make_claim_tools(ports);
    co_return co_await decide_in<Advance>(
        ports.store, just(work.entitlement), [tools, work](const Rows& rows) {
            if (!holds_claim(rows, work)) return nothing(rows);
            Recording recording{*rows.entitlement, rows.now};
            if (work.call) {
                recording.take(
                    domain::settle_action(
                        recording.entitlement().convergence, work.call->number,
                        {.outcome = domain::ActionOutcome::trouble, .result = "not sent"},
                        tools.supported(recording.entitlement()), tools.limits.calls, rows.now),
                    domain::Initiator::usher, {}, work.call->number);
            }
            return go_on(std::move(recording), tools, work.chain, {});
        });
}

}  // namespace usher::flow
