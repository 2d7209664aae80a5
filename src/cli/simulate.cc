// `usher simulate`: runs worlds, and says what was found and what was tried.
#include <algorithm>
#include <iostream>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "cli/commands.h"
#include "simulate/run.h"

namespace usher::cli {

namespace {

namespace json = boost::json;
using simulate::Outcome;

constexpr std::uint64_t kEnoughToMeetAll = 1000;

// What the run was to meet and did not. A single fault, or a few worlds, cannot meet everything.
std::vector<std::string_view> not_met(const SimulateRequest& request,
                                      const simulate::Figures& figures) {
    std::vector<std::string_view> missing;
    if (request.seeds < kEnoughToMeetAll || !request.fault.empty()) return missing;
    for (const auto fault : simulate::all_faults()) {
        if (figures.faults.at(static_cast<std::size_t>(fault)) == 0) {
            missing.push_back(to_text(fault));
        }
    }
    return missing;
}

std::string replay_command(const SimulateRequest& request, std::uint64_t seed) {
    const auto fault = request.fault.empty() ? "" : " --fault " + request.fault;
    return fmt::format("usher simulate --seed {}{} --verbose", seed, fault);
}

// The lines about what went wrong, and about the world as a whole.
bool concerns(const Outcome& outcome, std::string_view line) {
    constexpr std::string_view kWorldLines[]{" node ", " begins: ", " no more trouble"};
    if (std::ranges::any_of(kWorldLines, [&](auto word) { return line.contains(word); })) {
        return true;
    }
    return std::ranges::any_of(outcome.violations, [&](const simulate::Violation& violation) {
        const auto id = violation.about.substr(0, violation.about.find_first_of(": "));
        return line.contains(id);
    });
}

void print_violations(const Outcome& outcome) {
    for (const auto& violation : outcome.violations) {
        std::cout << fmt::format("seed {}: {}: {}\n", outcome.seed, to_text(violation.invariant),
                                 violation.about);
    }
}

void print_counts(std::string_view what, const std::map<std::string, std::uint64_t>& counts) {
    std::cout << fmt::format("\n{}:\n", what);
    for (const auto& [name, count] : counts)
        std::cout << fmt::format("  {:<20}{:>12}\n", name, count);
}

std::map<std::string, std::uint64_t> faults_by_name(const simulate::Figures& figures) {
    std::map<std::string, std::uint64_t> named;
    for (const auto fault : simulate::all_faults()) {
        named.emplace(to_text(fault), figures.faults.at(static_cast<std::size_t>(fault)));
    }
    return named;
}

json::object as_json(const std::map<std::string, std::uint64_t>& counts) {
    json::object made;
    for (const auto& [name, count] : counts) made[name] = count;
    return made;
}

json::array as_json(const std::vector<simulate::Violation>& violations) {
    json::array made;
    for (const auto& violation : violations) {
        made.push_back({{"invariant", to_text(violation.invariant)}, {"about", violation.about}});
    }
    return made;
}

void print_text(const simulate::RunResult& result) {
    const auto& figures = result.figures;
    std::cout << fmt::format(
        "{} worlds, {} entitlements, {} requests, {} transactions in {} commits (at most {} in "
        "one), {} calls to the partner, {} reports, {} moves there, {} starts, {} repeats at a "
        "partner that forgets; trace {:016x}\n",
        figures.worlds, figures.entitlements, figures.requests, figures.transactions,
        figures.commits, figures.largest_group, figures.calls, figures.reports, figures.moves,
        figures.starts, figures.repeats, result.hash);
    print_counts("What went wrong, and how often", faults_by_name(figures));
    print_counts("What the histories say", figures.events);
    print_counts("What the operators were told", figures.answers);
}

int run_many(const SimulateRequest& request, const simulate::RunOptions& options) {
    const auto result = simulate::run_worlds(options);
    const auto missing = not_met(request, result.figures);
    if (request.format == "json") {
        json::array failed;
        for (const auto& outcome : result.failed) {
            failed.push_back({{"seed", outcome.seed},
                              {"violations", as_json(outcome.violations)},
                              {"replay", replay_command(request, outcome.seed)}});
        }
        const auto& figures = result.figures;
        std::cout << json::serialize(json::object{{"worlds", figures.worlds},
                                                  {"transactions", figures.transactions},
                                                  {"requests", figures.requests},
                                                  {"calls", figures.calls},
                                                  {"trace", fmt::format("{:016x}", result.hash)},
                                                  {"failures", result.failures},
                                                  {"failed", failed},
                                                  {"faults", as_json(faults_by_name(figures))},
                                                  {"events", as_json(figures.events)},
                                                  {"answers", as_json(figures.answers)}})
                  << '\n';
    } else {
        print_text(result);
        std::cout << '\n';
        for (const auto& outcome : result.failed) {
            print_violations(outcome);
            std::cout << "  " << replay_command(request, outcome.seed) << '\n';
        }
        for (const auto name : missing) std::cout << fmt::format("never met: {}\n", name);
        std::cout << fmt::format("{} of {} worlds failed\n", result.failures,
                                 result.figures.worlds);
    }
    return result.failures == 0 && missing.empty() ? 0 : 1;
}

int run_one(const SimulateRequest& request, const simulate::RunOptions& options) {
    base::mute_log();
    simulate::Stage stage;
    const auto outcome = simulate::run_world(
        stage, {.seed = request.seed, .only = options.only, .keep_trace = true});
    if (request.format == "json") {
        json::array trace;
        for (const auto& line : outcome.trace) trace.emplace_back(line);
        std::cout << json::serialize(json::object{{"seed", outcome.seed},
                                                  {"trace", fmt::format("{:016x}", outcome.hash)},
                                                  {"violations", as_json(outcome.violations)},
                                                  {"lines", trace}})
                  << '\n';
    } else {
        for (const auto& line : outcome.trace) {
            if (request.verbose || concerns(outcome, line)) std::cout << line << '\n';
        }
        print_violations(outcome);
        std::cout << fmt::format("seed {}: {}; trace {:016x}\n", outcome.seed,
                                 outcome.violations.empty() ? "as promised" : "NOT as promised",
                                 outcome.hash);
    }
    return outcome.violations.empty() ? 0 : 1;
}

}  // namespace

int simulate(const SimulateRequest& request) {
    simulate::RunOptions options{
        .first_seed = request.from, .seeds = request.seeds, .processes = request.processes};
    if (!request.fault.empty()) {
        options.only = simulate::parse_fault(request.fault);
        if (!options.only) {
            std::string names;
            for (const auto fault : simulate::all_faults()) {
                names += fmt::format(" {}", to_text(fault));
            }
            std::cerr << fmt::format("usher: no fault is named '{}'; there are:{}\n", request.fault,
                                     names);
            return 2;
        }
    }
    return request.seed == 0 ? run_many(request, options) : run_one(request, options);
}

}  // namespace usher::cli
