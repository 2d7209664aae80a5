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
#include "simulate/planted.h"
#include "simulate/run.h"
#include "simulate/shrink.h"

namespace usher::cli {

namespace {

namespace json = boost::json;
using simulate::Outcome;

constexpr std::uint64_t kEnoughToMeetAll = 1000;

using Counts = std::map<std::string, std::uint64_t>;

Counts faults_by_name(const simulate::Figures& figures) {
    Counts named;
    for (const auto fault : simulate::all_faults()) {
        named.emplace(to_text(fault), figures.faults.at(static_cast<std::size_t>(fault)));
    }
    return named;
}

Counts checks_by_name(const simulate::Figures& figures) {
    Counts named;
    for (const auto invariant : simulate::all_invariants()) {
        named.emplace(to_text(invariant), figures.checks.at(static_cast<std::size_t>(invariant)));
    }
    return named;
}

Counts all_cells(const simulate::Figures& figures) {
    auto cells = simulate::all_cells();
    for (const auto& [cell, count] : figures.cells) cells[cell] += count;
    return cells;
}

// What was to be met and was not, as "fault lost-request". A single fault, a part of a run or a few
// worlds cannot meet everything.
std::vector<std::string> not_met(const SimulateRequest& request, const simulate::Figures& figures) {
    std::vector<std::string> missing;
    const bool is_whole = request.fault.empty() && request.without.empty() &&
                          request.until.empty() && request.entitlements == 0 && request.nodes == 0;
    if (request.seeds < kEnoughToMeetAll || !is_whole) return missing;
    const auto look = [&](std::string_view what, const Counts& counts) {
        for (const auto& [name, count] : counts) {
            if (count == 0) missing.push_back(fmt::format("{} {}", what, name));
        }
    };
    look("fault", faults_by_name(figures));
    look("promise", checks_by_name(figures));
    look("lifecycle", all_cells(figures));
    return missing;
}

std::string replay_command(const simulate::RunOptions& options, const SimulateRequest& request,
                           std::uint64_t seed) {
    auto command = fmt::format("usher simulate --seed {}", seed);
    if (options.only) command += fmt::format(" --fault {}", to_text(*options.only));
    for (const auto fault : options.without)
        command += fmt::format(" --without {}", to_text(fault));
    if (options.most_entitlements != simulate::kMostEntitlements) {
        command += fmt::format(" --entitlements {}", options.most_entitlements);
    }
    if (options.nodes != 0) command += fmt::format(" --nodes {}", options.nodes);
    if (!request.planted.empty()) command += fmt::format(" --planted {}", request.planted);
    return command;
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

void print_counts(std::string_view what, const Counts& counts) {
    std::cout << fmt::format("\n{}:\n", what);
    for (const auto& [name, count] : counts)
        std::cout << fmt::format("  {:<32}{:>12}\n", name, count);
}

json::object as_json(const Counts& counts) {
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
        "one), {} calls to the partner, {} reports, {} moves there and {} to other products, {} "
        "starts, {} repeats at a "
        "partner that forgets; trace {:016x}\n",
        figures.worlds, figures.entitlements, figures.requests, figures.transactions,
        figures.commits, figures.largest_group, figures.calls, figures.reports, figures.moves,
        figures.product_moves, figures.starts, figures.repeats, result.hash);
    print_counts("What went wrong, and how often", faults_by_name(figures));
    print_counts("What was looked at, where it could have been broken", checks_by_name(figures));
    print_counts("What was asked, by what the record had", all_cells(figures));
    print_counts("What the histories say", figures.events);
    print_counts("What the operators were told", figures.answers);
}

simulate::WorldOptions traced_world(const simulate::RunOptions& options, std::uint64_t seed) {
    auto made = simulate::world_options(options, seed);
    made.keep_trace = true;
    return made;
}

void print_json(const SimulateRequest& request, const simulate::RunOptions& options,
                const simulate::RunResult& result) {
    json::array failed;
    for (const auto& outcome : result.failed) {
        failed.push_back({{"seed", outcome.seed},
                          {"violations", as_json(outcome.violations)},
                          {"replay", replay_command(options, request, outcome.seed)}});
    }
    const auto& figures = result.figures;
    std::cout << json::serialize(json::object{{"worlds", figures.worlds},
                                              {"transactions", figures.transactions},
                                              {"commits", figures.commits},
                                              {"requests", figures.requests},
                                              {"calls", figures.calls},
                                              {"trace", fmt::format("{:016x}", result.hash)},
                                              {"failures", result.failures},
                                              {"failed", failed},
                                              {"faults", as_json(faults_by_name(figures))},
                                              {"promises", as_json(checks_by_name(figures))},
                                              {"lifecycle", as_json(all_cells(figures))},
                                              {"events", as_json(figures.events)},
                                              {"answers", as_json(figures.answers)}})
              << '\n';
}

// The first world that failed, made as small as it still fails, and what happened in it.
void print_smallest(const SimulateRequest& request, const simulate::RunOptions& options,
                    const Outcome& failed) {
    const auto broken = failed.violations.front().invariant;
    if (failed.seed == 0) return;
    const auto smallest = simulate::shrink(options, failed.seed, broken);
    std::cout << fmt::format("\nthe smallest that still breaks {}:\n", to_text(broken));
    // A world that ends the program can only be told how to be seen.
    if (broken != simulate::Invariant::no_crash) {
        simulate::Stage stage;
        const auto outcome = simulate::run_world(stage, traced_world(smallest, failed.seed));
        for (const auto& line : outcome.trace) {
            if (concerns(outcome, line)) std::cout << line << '\n';
        }
        print_violations(outcome);
    }
    std::cout << "  " << replay_command(smallest, request, failed.seed) << '\n';
}

int run_many(const SimulateRequest& request, const simulate::RunOptions& options) {
    const auto result = simulate::run_worlds(options);
    const auto missing = not_met(request, result.figures);
    if (request.format == "json") {
        print_json(request, options, result);
    } else {
        print_text(result);
        std::cout << '\n';
        for (const auto& outcome : result.failed) {
            print_violations(outcome);
            std::cout << "  " << replay_command(options, request, outcome.seed) << '\n';
        }
        if (!result.failed.empty()) print_smallest(request, options, result.failed.front());
        for (const auto& name : missing) std::cout << fmt::format("never met: {}\n", name);
        std::cout << fmt::format("{} of {} worlds failed\n", result.failures,
                                 result.figures.worlds);
    }
    return result.failures == 0 && missing.empty() ? 0 : 1;
}

int run_one(const SimulateRequest& request, const simulate::RunOptions& options) {
    base::mute_log();
    simulate::Stage stage;
    const auto outcome = simulate::run_world(stage, traced_world(options, request.seed));
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

template <class Name, class All>
bool complain(std::string_view kind, std::string_view given, const All& all, Name name) {
    std::string names;
    for (const auto& one : all) names += fmt::format(" {}", name(one));
    std::cerr << fmt::format("usher: no {} is named '{}'; there are:{}\n", kind, given, names);
    return false;
}

std::string_view name_of(simulate::Fault fault) {
    return to_text(fault);
}
std::string_view name_of(simulate::Invariant invariant) {
    return to_text(invariant);
}
std::string_view name_of(const simulate::PlantedFault& fault) {
    return fault.name;
}

constexpr auto kNameOf = [](const auto& one) { return name_of(one); };

// False when a name is unknown, which was said then.
bool read_names(const SimulateRequest& request, simulate::RunOptions& options) {
    auto without = request.without;
    if (!request.fault.empty()) without.push_back(request.fault);
    for (const auto& name : without) {
        const auto fault = simulate::parse_fault(name);
        if (!fault) return complain("fault", name, simulate::all_faults(), kNameOf);
        options.without.push_back(*fault);
    }
    if (!request.fault.empty()) {
        options.only = options.without.back();
        options.without.pop_back();
    }
    if (!request.until.empty()) {
        options.until = simulate::parse_invariant(request.until);
        if (!options.until) {
            return complain("promise", request.until, simulate::all_invariants(), kNameOf);
        }
    }
    if (!request.planted.empty() && !simulate::plant(request.planted)) {
        return complain("planted fault", request.planted, simulate::planted_faults(), kNameOf);
    }
    return true;
}

}  // namespace

int simulate(const SimulateRequest& request) {
    if (request.planted == "list") {
        for (const auto& fault : simulate::planted_faults()) {
            std::cout << fmt::format("{}: {}\n", fault.name, fault.breaks);
        }
        return 0;
    }
    simulate::RunOptions options{
        .first_seed = request.from, .seeds = request.seeds, .processes = request.processes};
    if (!read_names(request, options)) return 2;
    options.nodes = request.nodes;
    if (request.entitlements > 0) options.most_entitlements = request.entitlements;
    return request.seed == 0 ? run_many(request, options) : run_one(request, options);
}

}  // namespace usher::cli
