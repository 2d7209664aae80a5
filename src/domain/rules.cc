#include "domain/rules.h"

namespace usher::domain {

std::string_view to_text(Rule rule) {
    switch (rule) {
        case Rule::refuses_before_activation:
            return "refuses_before_activation";
        case Rule::settles_at_once:
            return "settles_at_once";
        case Rule::lost_means_unknown:
            return "lost_means_unknown";
        case Rule::ways_of_several_steps:
            return "ways_of_several_steps";
        case Rule::confirmed_leaves_others:
            return "confirmed_leaves_others";
        case Rule::waits_until_the_deadline:
            return "waits_until_the_deadline";
        case Rule::keeps_open_calls:
            return "keeps_open_calls";
        case Rule::fresh_id_after_an_answer:
            return "fresh_id_after_an_answer";
        case Rule::same_id_while_unanswered:
            return "same_id_while_unanswered";
        case Rule::refusal_serves_the_request:
            return "refusal_serves_the_request";
        case Rule::pushes_late_effects_back:
            return "pushes_late_effects_back";
        case Rule::reads_replayed_answers:
            return "reads_replayed_answers";
        case Rule::trouble_ends_only_its_send:
            return "trouble_ends_only_its_send";
        case Rule::unsure_is_open:
            return "unsure_is_open";
        case Rule::reports_by_date:
            return "reports_by_date";
        case Rule::reports_when_quiet:
            return "reports_when_quiet";
        case Rule::reads_after_news:
            return "reads_after_news";
        case Rule::ends_only_when_asked:
            return "ends_only_when_asked";
        case Rule::found_means_created:
            return "found_means_created";
        case Rule::late_success_is_kept:
            return "late_success_is_kept";
    }
    return "";
}

}  // namespace usher::domain
