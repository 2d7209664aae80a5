// What was tried in simulated worlds, and how often.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "simulate/faults.h"
#include "simulate/judge.h"

namespace usher::simulate {

struct Figures {
    std::uint64_t worlds = 0;
    std::uint64_t entitlements = 0;
    std::uint64_t requests = 0;
    std::uint64_t transactions = 0;  // commands that wrote
    std::uint64_t commits = 0;
    std::uint64_t largest_group = 0;
    std::uint64_t calls = 0;  // to the partner
    std::uint64_t reports = 0;
    std::uint64_t moves = 0;  // by customers and merchants
    std::uint64_t product_moves = 0;
    std::uint64_t starts = 0;
    std::uint64_t repeats = 0;  // what a partner with a short memory did twice
    FaultCounts faults{};
    InvariantCounts checks{};                      // of what could have been broken
    std::map<std::string, std::uint64_t> cells;    // of the lifecycle: "ACTIVE to SUSPENDED"
    std::map<std::string, std::uint64_t> events;   // by kind
    std::map<std::string, std::uint64_t> answers;  // by status and error code

    void add(const Figures& other);

    // Of one world at its end.
    void take(const Evidence& evidence);
    void take(const Verdict& verdict);
    // More to the partner would be too many.
    std::uint64_t calls_allowed() const {
        return 200 + 60 * entitlements + 40 * requests + 20 * moves + 20 * product_moves +
               20 * starts;
    }
};

// Calls `visit` with the name and the value of each plain number.
template <class Figure, class Visit>
void visit_numbers(Figure& figures, Visit visit) {
    visit("worlds", figures.worlds);
    visit("entitlements", figures.entitlements);
    visit("requests", figures.requests);
    visit("transactions", figures.transactions);
    visit("commits", figures.commits);
    visit("largestGroup", figures.largest_group);
    visit("calls", figures.calls);
    visit("reports", figures.reports);
    visit("moves", figures.moves);
    visit("productMoves", figures.product_moves);
    visit("starts", figures.starts);
    visit("repeats", figures.repeats);
}

// Every cell of the table of what may be asked.
std::map<std::string, std::uint64_t> all_cells();
std::string cell_of(domain::EntitlementStatus from, domain::EntitlementStatus to);

}  // namespace usher::simulate
