#include "domain/tables.h"

#include <array>
#include <string>

#include "domain/convergence.h"

namespace usher::domain {

namespace {

constexpr std::array kMeanings{EntitlementStatus::pending,   EntitlementStatus::active,
                               EntitlementStatus::suspended, EntitlementStatus::active_ending,
                               EntitlementStatus::cancelled, EntitlementStatus::revoked};

std::string_view step_text(const Step& step) {
    switch (step.kind) {
        case StepKind::none:
            return "none";
        case StepKind::read:
            return "read";
        case StepKind::refused:
            return "refused";
        case StepKind::act:
            return to_text(*step.action);
    }
    return "";
}

std::string cell(std::string_view text) {
    return " " + std::string{text} + " |";
}

std::string answer_text(const Verdict& verdict) {
    switch (verdict.answer) {
        case Answer::accepted:
            return "yes";
        case Answer::unchanged:
            return "unchanged";
        case Answer::refused:
            return "`" + std::string{to_text(*verdict.rejection)} + "`";
    }
    return "";
}

// What the answer is, and what it is when the partner's side is another one.
std::string request_cell(EntitlementStatus from, EntitlementStatus to) {
    const auto usual = is_ended(from) ? PartnerStatus::unknown : meaning(from);
    auto text = answer_text(judge(from, usual, to));
    std::string other;
    for (const auto partner : kPartnerStatuses) {
        const auto answer = answer_text(judge(from, partner, to));
        if (answer == text) continue;
        other += (other.empty() ? "" : ", ") + std::string{to_text(partner)};
    }
    if (other.empty()) return text;
    for (const auto partner : kPartnerStatuses) {
        const auto answer = answer_text(judge(from, partner, to));
        if (answer == text) continue;
        text.append("; ").append(answer).append(" at ").append(other);
        break;
    }
    return text;
}

std::string request_section() {
    std::string page =
        "## What the operator may ask\n\n"
        "Rows: the record's status. Columns: the status asked. SUBSCRIBED reads as ACTIVE, "
        "UNSUBSCRIBED as CANCELLED.\nA name in `code` is the reason of a refusal. \"at\" names "
        "the partner statuses for which the answer differs.\n\n| from \\ to |";
    for (const auto to : kMeanings) page += cell(to_text(to));
    page += "\n|---|";
    for (std::size_t i = 0; i < kMeanings.size(); ++i) page += "---|";
    page += "\n";
    for (const auto from : kMeanings) {
        page += "|" + cell("**" + std::string{to_text(from)} + "**");
        for (const auto to : kMeanings) page += cell(request_cell(from, to));
        page += "\n";
    }
    return page +
           "\nAnother product is asked for when the record is ACTIVE and nothing else is under "
           "way; "
           "the status\nstays. It becomes PENDING when the customer must act for the new "
           "product.\n";
}

std::string plan_section() {
    std::string page =
        "\n## The next step\n\n"
        "Rows: the status that was asked for and is not settled yet. Columns: what the partner is "
        "known to have.\nWithout an open request the step is `read` at UNKNOWN, else none.\n\n"
        "| asked \\ known |";
    for (const auto partner : kPartnerStatuses) page += cell(to_text(partner));
    page += "\n|---|";
    for (std::size_t i = 0; i < kPartnerStatuses.size(); ++i) page += "---|";
    page += "\n";
    for (const auto asked : kMeanings) {
        page += "|" + cell("**" + std::string{to_text(asked)} + "**");
        for (const auto& row : plan_table()) {
            if (row.status == asked && row.intent) page += cell(row.step);
        }
        page += "\n";
    }
    return page;
}

std::string diagram_name(PartnerStatus status) {
    return status == PartnerStatus::active_ending ? "ENDING" : std::string{to_text(status)};
}

std::string diagram_section() {
    std::string page =
        "\n## The partner's side\n\n"
        "What each call leads to. The customer activates; an end date that is reached, and the "
        "merchant at any time,\nmove it as well.\n\n```mermaid\nstateDiagram-v2\n"
        "    ENDING: ACTIVE-ENDING\n    [*] --> NONE\n";
    for (const auto from : kPartnerStatuses) {
        for (const auto action : kPartnerActions) {
            for (const auto to : outcomes(action, from)) {
                page += "    " + diagram_name(from) + " --> " + diagram_name(to) + ": " +
                        std::string{to_text(action)} + "\n";
            }
        }
    }
    return page +
           "    ACTIVE --> ACTIVE: change_product\n"
           "    PENDING --> ACTIVE: customer activates\n    ENDING --> CANCELLED: end date\n"
           "    CANCELLED --> [*]\n    REVOKED --> [*]\n```\n";
}

}  // namespace

std::vector<RequestRow> request_table() {
    std::vector<RequestRow> rows;
    for (const auto status : kEntitlementStatuses) {
        for (const auto partner : kPartnerStatuses) {
            for (const auto to : kEntitlementStatuses) {
                rows.push_back({status, partner, to, judge(status, partner, to)});
            }
        }
    }
    return rows;
}

std::vector<PlanRow> plan_table() {
    std::vector<PlanRow> rows;
    for (const auto status : kEntitlementStatuses) {
        for (const auto partner : kPartnerStatuses) {
            for (const bool intent : {false, true}) {
                const Convergence situation{.status = status,
                                            .partner_status = partner,
                                            .intent = intent,
                                            .bound = partner != PartnerStatus::none};
                rows.push_back(
                    {status, partner, intent, step_text(plan(situation, ActionSet::all()))});
            }
        }
    }
    return rows;
}

std::string lifecycle_page() {
    return "# Lifecycle\n\nMade by `usher lifecycle --format markdown` from the tables that the "
           "program runs on. Do not edit.\n\n" +
           request_section() + plan_section() + diagram_section();
}

}  // namespace usher::domain
