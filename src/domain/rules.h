// The names of the rules that hold convergence together, so that an exploration can leave out one
// of them and show that it is needed. What serves is compiled with `ServedRules`, which are
// `AllRules`, where each question is a constant; nothing can be switched off in it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::domain {

enum class Rule : std::uint8_t {
    refuses_before_activation,   // nothing is suspended or soft-ended before it was activated
    settles_at_once,             // a request is settled against what is known as it comes
    lost_means_unknown,          // after a lost answer the next step is a read
    ways_of_several_steps,       // a way to what is asked may have more than one step
    confirmed_leaves_others,     // an answer says nothing about the calls that are still open
    waits_until_the_deadline,    // a read that shows no effect does not end a wait
    keeps_open_calls,            // a call whose outcome was never learnt may still act
    fresh_id_after_an_answer,    // the partner would replay the answer that was read
    same_id_while_unanswered,    // two ids for one intended call could act twice
    refusal_serves_the_request,  // an older request's refusal does not end the present one
    pushes_late_effects_back,    // the late effect of an overtaken call is not the partner's wish
    reads_replayed_answers,      // the answer to a repeated id may be older than what we know
    trouble_ends_only_its_send,  // an earlier send of the same call may still act
    unsure_is_open,              // the partner's FAILED ends nothing
    reports_by_date,             // a late report is not news
    reports_when_quiet,          // a report beside our own calls is not news
    reads_after_news,            // a read that left before the last report does not overrule it
    ends_only_when_asked,        // an ending is never a stage on the way to something else
    found_means_created,         // what is found was created: no create is still to act
    late_success_is_kept,        // what was asked and refused and happens after all is not undone
};

inline constexpr std::array kRules{Rule::refuses_before_activation,
                                   Rule::settles_at_once,
                                   Rule::lost_means_unknown,
                                   Rule::ways_of_several_steps,
                                   Rule::confirmed_leaves_others,
                                   Rule::waits_until_the_deadline,
                                   Rule::keeps_open_calls,
                                   Rule::fresh_id_after_an_answer,
                                   Rule::same_id_while_unanswered,
                                   Rule::refusal_serves_the_request,
                                   Rule::pushes_late_effects_back,
                                   Rule::reads_replayed_answers,
                                   Rule::trouble_ends_only_its_send,
                                   Rule::unsure_is_open,
                                   Rule::reports_by_date,
                                   Rule::reports_when_quiet,
                                   Rule::reads_after_news,
                                   Rule::ends_only_when_asked,
                                   Rule::found_means_created,
                                   Rule::late_success_is_kept};

std::string_view to_text(Rule rule);

struct AllRules {
    static constexpr bool hold(Rule) { return true; }
};

struct AllRulesBut {
    Rule left_out{};
    constexpr bool hold(Rule rule) const { return rule != left_out; }
};

#ifdef USHER_PLANTED
// A build for tests alone (base/planted.h), in which a simulation leaves one rule out.
struct ServedRules {
    static inline std::optional<Rule> left_out;
    static bool hold(Rule rule) { return rule != left_out; }
};
#else
using ServedRules = AllRules;
#endif

}  // namespace usher::domain
