// The tables that the program runs on, printed for people and for programs (interface §2).
#include "domain/tables.h"

#include <algorithm>
#include <iostream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/errors.h"
#include "cli/commands.h"
#include "domain/explore/explore.h"

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

json::object lifecycle_as_json() {
    json::array requests;
    for (const auto& row : domain::request_table()) {
        json::value code;
        if (row.verdict.rejection) code = api::number_of(api::code_of(*row.verdict.rejection));
        requests.push_back({{"status", to_text(row.status)},
                            {"partnerStatus", to_text(row.partner)},
                            {"to", to_text(row.to)},
                            {"answer", word(row.verdict.answer)},
                            {"becomes", to_text(row.verdict.becomes)},
                            {"errorCode", code}});
    }
    json::array steps;
    for (const auto& row : domain::plan_table()) {
        steps.push_back({{"status", to_text(row.status)},
                         {"partnerStatus", to_text(row.partner)},
                         {"intent", row.intent},
                         {"step", row.step}});
    }
    return {{"request", requests}, {"plan", steps}};
}

// The rows that are about the most usual case: both sides agree when the request comes.
void print_lifecycle() {
    std::cout << "Asked while both sides agree (a number is the error):\n\n";
    for (const auto& row : domain::request_table()) {
        if (domain::meaning(row.status) != row.partner) continue;
        const auto& verdict = row.verdict;
        std::cout << fmt::format(
            "{:<14} -> {:<14} {}\n", to_text(row.status), to_text(row.to),
            verdict.rejection ? std::to_string(api::number_of(api::code_of(*verdict.rejection)))
                              : std::string{word(verdict.answer)});
    }
    std::cout << "\nThe next step when the record says this and the partner has that:\n\n";
    for (const auto& row : domain::plan_table()) {
        if (!row.intent) continue;
        std::cout << fmt::format("{:<14} {:<14} {}\n", to_text(row.status), to_text(row.partner),
                                 row.step);
    }
}

json::array trace_of(const domain::explore::Violation& violation) {
    json::array trace;
    for (const auto& line : violation.trace) trace.emplace_back(line);
    return trace;
}

json::object as_json(const domain::explore::Exploration& explored) {
    json::array violations;
    for (const auto& violation : explored.violations) {
        violations.push_back({{"rule", violation.rule}, {"trace", trace_of(violation)}});
    }
    json::array planted;
    for (const auto& fault : explored.planted) {
        planted.push_back(
            {{"fault", to_text(fault.left_out)},
             {"found", fault.violation.has_value()},
             {"trace", fault.violation ? trace_of(*fault.violation) : json::array{}}});
    }
    return {{"states", explored.states},
            {"transitions", explored.transitions},
            {"violations", violations},
            {"planted", planted}};
}

void print_explored(const domain::explore::Exploration& explored) {
    std::cout << fmt::format("{} situations, {} steps between them\n", explored.states,
                             explored.transitions);
    if (explored.violations.empty()) std::cout << "every property holds in all of them\n";
    for (const auto& violation : explored.violations) {
        std::cout << fmt::format("VIOLATED: {}\n", violation.rule);
        for (const auto& line : violation.trace) std::cout << "    " << line << '\n';
    }
    std::cout << "\nrules left out one by one, and what goes wrong without them:\n";
    for (const auto& fault : explored.planted) {
        std::cout << fmt::format("    {:<28} {}\n", to_text(fault.left_out),
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
        std::cout << json::serialize(lifecycle_as_json()) << '\n';
    } else if (format == "markdown") {
        std::cout << domain::lifecycle_page();
    } else {
        print_lifecycle();
    }
    return 0;
}

int explore(const std::string& format) {
    const auto explored = domain::explore::explore_everything();
    if (format == "json") {
        std::cout << json::serialize(as_json(explored)) << '\n';
    } else {
        print_explored(explored);
    }
    const bool all_found = std::ranges::all_of(
        explored.planted, [](const auto& fault) { return fault.violation.has_value(); });
    return explored.violations.empty() && all_found ? 0 : 1;
}

}  // namespace usher::cli
