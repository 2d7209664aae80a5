// Why an entitlement is as it is: the closed list of `usher explain`, each with its meaning, what
// an agent may read to the customer and the one safe thing that a person may do. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/problem.h"

namespace usher::flow {

enum class Cause : std::uint8_t {
    active_everywhere,
    not_valid_yet,
    validity_over,
    customer_must_activate,
    activation_expired,
    ending_on_date,
    ended_on_date,
    suspended_by_operator,
    suspended_by_partner,
    ended_by_operator,
    ended_by_partner,
    request_refused,
    action_not_supported,
    just_recorded,
    waiting_for_turn,
    call_under_way,
    accepted_and_awaited,
    never_confirmed,
    being_read,
    refusal_being_checked,
    support_being_checked,
    partner_unreachable,
    partner_not_trusted,
    login_refused,
    slow_down,
    no_answer,
    partner_fault,
    answer_unclear,
    partner_unsure,
    id_unknown,
    path_unknown,
    id_not_held,
    contradiction,
    record_of_another,
    several_candidates,
    product_not_ours,
    product_taken,
    outcome_not_learnt,
    not_sendable,
    shutting_down,
    paused,
    held,
    endings_held,
    store_not_writable,
    not_kept,
};

struct CauseEntry {
    Cause cause{};
    std::string_view name;  // stable
    std::string_view meaning;
    // For a call-centre agent: no jargon, no names, no links. "{change}" stands for what was asked.
    std::string_view customer;
    std::string_view safe_action;
};

// Every cause once, in the order of the enumerators.
std::span<const CauseEntry> cause_catalogue();
const CauseEntry& describe(Cause cause);
std::string_view to_text(Cause cause);

// Not for Problem::none.
Cause cause_of(domain::Problem problem);

// The table of docs/explain.md.
std::string causes_as_markdown();

}  // namespace usher::flow
