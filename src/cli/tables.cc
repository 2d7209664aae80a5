// The tables that the program runs on, printed for people and for programs (interface §2).
#include <algorithm>
#include <iostream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/errors.h"
#include "cli/commands.h"
#include "domain/convergence.h"
#include "domain/explore/explore.h"
#include "domain/lifecycle.h"

namespace usher::cli {

namespace {

namespace json = boost::json;
using domain::to_text;

std::string_view word(domain::Answer answer) {
    switch (answer) {
        case domain::Answer::accepted:
            return "accepted";
        case domain::Answer::unchanged:
            return "unchanged";
        case domain::Answer::refused:
            return "refused";
    }
    return "";
}

std::string_view word(const domain::Step& step) {
    switch (step.kind) {
        case domain::StepKind::none:
            return "none";
        case domain::StepKind::read:
            return "read";
        case domain::StepKind::refused:
            return "refused";
        case domain::StepKind::act:
            return to_text(*step.action);
    }
    return "";
}

domain::Step plan_for(domain::EntitlementStatus status, domain::PartnerStatus partner,
                      bool intent) {
    domain::Convergence entitlement;
    entitlement.status = status;
    entitlement.partner_status = partner;
    entitlement.intent = intent;
    return domain::plan(entitlement, domain::ActionSet::all());
}

json::array request_rows() {
    json::array rows;
    for (const auto status : domain::kEntitlementStatuses) {
        for (const auto partner : domain::kPartnerStatuses) {
            for (const auto to : domain::kEntitlementStatuses) {
                const auto verdict = domain::judge(status, partner, to);
                json::value code;
                if (verdict.rejection) code = api::number_of(api::code_of(*verdict.rejection));
                rows.push_back({{"status", to_text(status)},
                                {"partnerStatus", to_text(partner)},
                                {"to", to_text(to)},
                                {"answer", word(verdict.answer)},
                                {"becomes", to_text(verdict.becomes)},
                                {"errorCode", code}});
            }
        }
    }
    return rows;
}

json::array plan_rows() {
    json::array rows;
    for (const auto status : domain::kEntitlementStatuses) {
        for (const auto partner : domain::kPartnerStatuses) {
            for (const bool intent : {false, true}) {
                rows.push_back({{"status", to_text(status)},
                                {"partnerStatus", to_text(partner)},
                                {"intent", intent},
                                {"step", word(plan_for(status, partner, intent))}});
            }
        }
    }
    return rows;
}

// A square: what the record says against what is asked, while the partner has the same.
void print_requests(std::string_view separator) {
    const auto cell = [&](std::string_view text) { return fmt::format("{} {} ", separator, text); };
    std::cout << cell("record, asked:");
    for (const auto to : domain::kEntitlementStatuses) std::cout << cell(to_text(to));
    std::cout << separator << '\n';
    if (separator == "|") {
        for (std::size_t i = 0; i <= domain::kEntitlementStatuses.size(); ++i) std::cout << "|---";
        std::cout << "|\n";
    }
    for (const auto status : domain::kEntitlementStatuses) {
        std::cout << cell(to_text(status));
        for (const auto to : domain::kEntitlementStatuses) {
            const auto verdict = domain::judge(status, domain::meaning(status), to);
            std::cout << cell(verdict.rejection
                                  ? std::to_string(api::number_of(api::code_of(*verdict.rejection)))
                                  : std::string{word(verdict.answer)});
        }
        std::cout << separator << '\n';
    }
}

void print_steps(std::string_view separator) {
    const auto cell = [&](std::string_view text) { return fmt::format("{} {} ", separator, text); };
    std::cout << cell("asked for, partner has:");
    for (const auto partner : domain::kPartnerStatuses) std::cout << cell(to_text(partner));
    std::cout << separator << '\n';
    if (separator == "|") {
        for (std::size_t i = 0; i <= domain::kPartnerStatuses.size(); ++i) std::cout << "|---";
        std::cout << "|\n";
    }
    for (const auto status : domain::kEntitlementStatuses) {
        std::cout << cell(to_text(status));
        for (const auto partner : domain::kPartnerStatuses) {
            std::cout << cell(word(plan_for(status, partner, true)));
        }
        std::cout << separator << '\n';
    }
}

json::array trace_of(const domain::explore::Violation& violation) {
    json::array trace;
    for (const auto& line : violation.trace) trace.emplace_back(line);
    return trace;
}

json::object explored_as_json(const domain::explore::Result& result,
                              const std::vector<domain::explore::Planted>& planted) {
    json::array violations;
    if (result.violation) {
        violations.push_back(
            {{"rule", result.violation->rule}, {"trace", trace_of(*result.violation)}});
    }
    json::array faults;
    for (const auto& fault : planted) {
        faults.push_back({{"fault", to_text(fault.left_out)},
                          {"found", fault.violation.has_value()},
                          {"trace", fault.violation ? trace_of(*fault.violation) : json::array{}}});
    }
    return {{"states", result.states},
            {"transitions", result.transitions},
            {"violations", violations},
            {"planted", faults}};
}

void print_explored(const domain::explore::Result& result,
                    const std::vector<domain::explore::Planted>& planted) {
    std::cout << fmt::format("{} situations, {} steps between them\n", result.states,
                             result.transitions);
    if (result.violation) {
        std::cout << fmt::format("VIOLATED: {}\n", result.violation->rule);
        for (const auto& line : result.violation->trace) std::cout << "    " << line << '\n';
    } else {
        std::cout << "every property holds in all of them\n";
    }
    std::cout << "rules left out one by one, to show that each is needed:\n";
    for (const auto& fault : planted) {
        std::cout << fmt::format("    {:<40} {}\n", to_text(fault.left_out),
                                 fault.violation ? fault.violation->rule : "NOT FOUND");
    }
}

}  // namespace

int errors(const std::string& format) {
    if (format == "json") {
        std::cout << api::errors_as_json() << '\n';
    } else if (format == "markdown") {
        std::cout << api::errors_as_markdown();
    } else {
        for (const auto& entry : api::error_catalogue()) {
            std::cout << fmt::format("{} {}\n    {}\n    {}\n", api::number_of(entry.code),
                                     entry.name, entry.meaning, entry.remedy);
        }
    }
    return 0;
}

int lifecycle(const std::string& format) {
    if (format == "json") {
        std::cout << json::serialize(
                         json::object{{"request", request_rows()}, {"plan", plan_rows()}})
                  << '\n';
        return 0;
    }
    const std::string_view separator = format == "markdown" ? "|" : "\t";
    std::cout << "What happens to a request while both sides agree (a number is the error):\n\n";
    print_requests(separator);
    std::cout << "\nThe next call to the partner when a status was asked for:\n\n";
    print_steps(separator);
    return 0;
}

int explore(const std::string& format) {
    namespace explore = domain::explore;
    const auto result = explore::explore(*explore::make_served_decider(), explore::kWide);
    const auto planted = explore::explore_planted(explore::kWide);
    if (format == "json") {
        std::cout << json::serialize(explored_as_json(result, planted)) << '\n';
    } else {
        print_explored(result, planted);
    }
    const bool all_found =
        std::ranges::all_of(planted, [](const auto& fault) { return fault.violation.has_value(); });
    return result.violation || !all_found ? 1 : 0;
}

}  // namespace usher::cli
