#include "simulate/figures.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace usher::simulate {

void Figures::add(const Figures& other) {
    worlds += other.worlds;
    entitlements += other.entitlements;
    requests += other.requests;
    transactions += other.transactions;
    commits += other.commits;
    largest_group = std::max(largest_group, other.largest_group);
    calls += other.calls;
    reports += other.reports;
    moves += other.moves;
    product_moves += other.product_moves;
    starts += other.starts;
    repeats += other.repeats;
    for (std::size_t i = 0; i < faults.size(); ++i) faults.at(i) += other.faults.at(i);
    for (std::size_t i = 0; i < checks.size(); ++i) checks.at(i) += other.checks.at(i);
    for (const auto& [cell, count] : other.cells) cells[cell] += count;
    for (const auto& [kind, count] : other.events) events[kind] += count;
    for (const auto& [answer, count] : other.answers) answers[answer] += count;
}

void Figures::take(const Evidence& evidence) {
    worlds = 1;
    requests = evidence.asked.size();
    calls = evidence.sent.size();
    for (const auto& [tenant, kept] : evidence.tenants) {
        for (const auto& event : kept.feed) ++events[std::string{to_text(event.change.kind)}];
    }
    for (const auto& asked : evidence.asked) {
        if (asked.answer) ++answers[fmt::format("{} {}", *asked.answer, asked.error_code)];
    }
}

void Figures::take(const Verdict& verdict) {
    repeats = verdict.repeats;
    for (std::size_t i = 0; i < kInvariants; ++i) checks.at(i) += verdict.looks.at(i);
    for (const auto& [cell, count] : verdict.cells) cells[cell_of(cell.first, cell.second)] = count;
}

std::string cell_of(domain::EntitlementStatus from, domain::EntitlementStatus to) {
    return fmt::format("{} to {}", to_text(from), to_text(to));
}

std::map<std::string, std::uint64_t> all_cells() {
    std::map<std::string, std::uint64_t> cells;
    for (const auto from : domain::kEntitlementStatuses) {
        for (const auto to : domain::kEntitlementStatuses) cells[cell_of(from, to)] = 0;
    }
    return cells;
}

}  // namespace usher::simulate
