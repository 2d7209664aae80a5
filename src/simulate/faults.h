// Everything that can go wrong in a simulated world, and how often it does in one of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbox/faults.h"
#include "simulate/dice.h"

namespace usher::simulate {

enum class Fault : std::uint8_t {
    // Between us and the partner.
    lost_request,
    lost_answer,
    late_request,  // it acts long after we stopped waiting
    slow,
    unreachable,
    half_body,
    garbage,
    // What the partner says.
    too_many,        // 429, with and without Retry-After
    server_error,    // 500
    unavailable,     // 503
    accepted_late,   // 202, takes effect later
    accepted_never,  // 202, and nothing more
    failed,          // the status FAILED
    not_available,
    unauthorized,  // 401
    forgotten,     // 404 for what exists
    conflict,      // 409
    short_memory,  // of request ids
    // Its reports.
    report_doubled,
    report_late,
    report_dropped,
    report_forged,   // by somebody without credentials
    report_unknown,  // of an entitlement that is not ours
    // Here.
    clock_steps,
    crash,
    store_slow,
    disk_full,
    disk_fails,  // writes
    sync_fails,
    held_up,       // what a call came to is heard long after its deadline
    stands_still,  // the whole node, for a while
    node_stops,    // in order, as on SIGTERM, and starts again
    // The operator's side.
    client_vanishes,
    paused,  // by a person, who lets it go on again
    // Where several nodes have one database.
    serialization_failure,  // more transactions than need be meet another's and are repeated
    commit_unheard,         // what became of a COMMIT is not learnt
    database_away,
    clocks_differ,  // the nodes' and the database's, all the time
};

inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::clocks_differ) + 1;

// Where a fault can be met.
enum class Where : std::uint8_t { anywhere, one_node, several_nodes };
Where where(Fault fault);

// It happens when it meets something, not when its spell begins.
bool counts_when_met(Fault fault);

std::string_view to_text(Fault fault);  // "lost-request"
std::optional<Fault> parse_fault(std::string_view text);
std::vector<Fault> all_faults();

// How likely each is where it can happen; for those that come in spells, while one lasts.
class FaultPlan {
  public:
    // Drawn from those that one node, or several, can meet: none, one alone, or a few together; or
    // only the given one.
    static FaultPlan draw(Dice& dice, std::optional<Fault> only, bool several_nodes);

    void leave_out(Fault fault) { likely_.at(static_cast<std::size_t>(fault)) = 0; }

    double operator[](Fault fault) const { return likely_.at(static_cast<std::size_t>(fault)); }
    bool has(Fault fault) const { return (*this)[fault] > 0; }

    // Whether what lives is looked at regularly; else only reports tell what the partner did by
    // itself, and it repeats each until it is taken.
    bool swept() const { return swept_; }
    // Nothing goes wrong any more.
    void clear() { likely_ = {}; }

    // Whether a call may act after its answer was lost, or be sent again.
    bool may_leave_a_call_open() const;

    // Those that the partner's model carries out itself.
    sandbox::Faults for_partner(Dice& dice) const;

  private:
    std::array<double, kFaults> likely_{};
    bool swept_ = true;
};

// How often reports were doubled: only the partner's model knows.
std::uint64_t reports_doubled(const sandbox::Faults& faults);

// How often each happened.
using FaultCounts = std::array<std::uint64_t, kFaults>;

}  // namespace usher::simulate
