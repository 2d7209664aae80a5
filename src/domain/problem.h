// Why a step between the two sides got nowhere, one enumerator per way that can be told apart. The
// sentence beside it is for people; this is for deciding and counting.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::domain {

enum class Problem : std::uint8_t {
    none,
    // The way there: certainly nothing happened to the entitlement.
    partner_unreachable,  // no connection
    partner_not_trusted,  // its certificate, or the handshake
    login_refused,        // 401, 403: login, environment or our address
    slow_down,            // 429
    id_unknown,           // 404 for the id that the partner gave us
    path_unknown,         // 404 for a call that names no id
    id_not_held,          // the call needs the partner's id and we have none
    not_sendable,         // our own settings make a request that cannot be sent
    shutting_down,        // we are
    held,                 // restored from a copy: a person must confirm what was asked before
    endings_held,         // it shows an ending, and too many came: a person must confirm them
    // An answer that leaves the outcome open.
    no_answer,           // the connection ended, or the time
    partner_fault,       // 5xx
    answer_unclear,      // nothing that can be read as an answer to what was asked
    partner_unsure,      // its FAILED
    contradiction,       // it answered for another entitlement than the one asked for
    record_of_another,   // its record is bound to another entitlement of ours
    several_candidates,  // several of its records could be this one
    never_confirmed,     // accepted, and no effect within the time for it
    outcome_not_learnt,  // whoever made the call died before its answer was written down
    product_not_ours,    // it has another product there, and none of ours is that
    product_taken,       // it has another product there, which the account holds already
    // An answer, to be checked by a read before it counts.
    refused,
    not_supported,
};

inline constexpr std::array kProblems{Problem::none,
                                      Problem::partner_unreachable,
                                      Problem::partner_not_trusted,
                                      Problem::login_refused,
                                      Problem::slow_down,
                                      Problem::id_unknown,
                                      Problem::path_unknown,
                                      Problem::id_not_held,
                                      Problem::not_sendable,
                                      Problem::shutting_down,
                                      Problem::held,
                                      Problem::endings_held,
                                      Problem::no_answer,
                                      Problem::partner_fault,
                                      Problem::answer_unclear,
                                      Problem::partner_unsure,
                                      Problem::contradiction,
                                      Problem::record_of_another,
                                      Problem::several_candidates,
                                      Problem::never_confirmed,
                                      Problem::outcome_not_learnt,
                                      Problem::product_not_ours,
                                      Problem::product_taken,
                                      Problem::refused,
                                      Problem::not_supported};

// No call can settle it.
constexpr bool is_for_people(Problem problem) {
    return problem == Problem::product_not_ours || problem == Problem::product_taken;
}

// The enumerator's own name, the stable word in the store; none is the empty text.
std::string_view to_text(Problem problem);
std::optional<Problem> parse_problem(std::string_view text);

}  // namespace usher::domain
