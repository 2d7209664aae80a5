#include "domain/problem.h"

#include <algorithm>

namespace usher::domain {

std::string_view to_text(Problem problem) {
    switch (problem) {
        case Problem::none:
            return "";
        case Problem::partner_unreachable:
            return "partner_unreachable";
        case Problem::partner_not_trusted:
            return "partner_not_trusted";
        case Problem::login_refused:
            return "login_refused";
        case Problem::slow_down:
            return "slow_down";
        case Problem::id_unknown:
            return "id_unknown";
        case Problem::path_unknown:
            return "path_unknown";
        case Problem::id_not_held:
            return "id_not_held";
        case Problem::not_sendable:
            return "not_sendable";
        case Problem::shutting_down:
            return "shutting_down";
        case Problem::held:
            return "held";
        case Problem::endings_held:
            return "endings_held";
        case Problem::no_answer:
            return "no_answer";
        case Problem::partner_fault:
            return "partner_fault";
        case Problem::answer_unclear:
            return "answer_unclear";
        case Problem::partner_unsure:
            return "partner_unsure";
        case Problem::contradiction:
            return "contradiction";
        case Problem::record_of_another:
            return "record_of_another";
        case Problem::several_candidates:
            return "several_candidates";
        case Problem::never_confirmed:
            return "never_confirmed";
        case Problem::outcome_not_learnt:
            return "outcome_not_learnt";
        case Problem::product_not_ours:
            return "product_not_ours";
        case Problem::product_taken:
            return "product_taken";
        case Problem::refused:
            return "refused";
        case Problem::not_supported:
            return "not_supported";
    }
    return "";
}

std::optional<Problem> parse_problem(std::string_view text) {
    const auto* found =
        std::ranges::find(kProblems, text, [](Problem problem) { return to_text(problem); });
    if (found == kProblems.end()) return std::nullopt;
    return *found;
}

}  // namespace usher::domain
