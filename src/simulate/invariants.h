// What must hold in every simulated world, and what was found about it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace usher::simulate {

enum class Invariant : std::uint8_t {
    both_agree,             // record and partner hold the same, and nothing is open or doubted
    product_follows,        // it is the partner's, or the record says truly why it cannot be
    nothing_lost,           // what was acknowledged is in the history
    nothing_invented,       // what was refused is not
    last_wish_holds,        // unless the partner moved or refused, and an event says so
    account_carries,        // what an ended account holds ends, unless refused or asked anew
    once_for_a_key,         // what came again with its key is recorded once and answered the same
    asked_as_allowed,       // nothing is recorded that may not be asked
    history_is_whole,       // no gap, no fork, and it replays to the row
    feed_is_whole,          // no gap
    reader_misses_nothing,  // who reads the events has each once, in order
    one_effect,             // no action took effect more often than calls were intended for it
    one_record,             // nothing lives at the partner that we do not know
    one_id,                 // what was never answered goes out again under the same request id
    one_at_a_time,          // no two calls for one entitlement at once
    read_first,             // after a lost answer nothing is changed before a read
    waits,                  // what was accepted is not asked for again before its time is over
    pause_holds,            // while a person has paused the partner, nothing is sent there
    tenants_apart,          // nobody sees or is told anything of another tenant's
    everybody_answered,     // who was not cut off by a crash has an answer, in time
    answers_as_promised,    // no status that the contract does not know
    calls_bounded,          // all in all
    backs_off,              // of each entitlement at any time
    starts,                 // a node starts on what a crash left
    stops,                  // one that is told to stop has stopped within its limit
    no_crash,               // the program itself does not end
};

inline constexpr std::size_t kInvariants = static_cast<std::size_t>(Invariant::no_crash) + 1;

std::string_view to_text(Invariant invariant);  // "both-agree"
std::optional<Invariant> parse_invariant(std::string_view text);
std::vector<Invariant> all_invariants();

struct Violation {
    Invariant invariant;
    std::string about;
};

using InvariantCounts = std::array<std::uint64_t, kInvariants>;

// Collects what is found, and how often each was looked at where it could have been broken.
class Findings {
  public:
    // One look; true when `holds`, so that only a broken one is put into words.
    bool look(Invariant invariant, bool holds) {
        ++looks_.at(static_cast<std::size_t>(invariant));
        return holds;
    }

    template <class... Arguments>
    void fail(Invariant invariant, fmt::format_string<Arguments...> about,
              Arguments&&... arguments) {
        violations_.push_back(
            {invariant, fmt::format(about, std::forward<Arguments>(arguments)...)});
    }

    const InvariantCounts& looks() const { return looks_; }
    std::vector<Violation>& violations() { return violations_; }

  private:
    InvariantCounts looks_{};
    std::vector<Violation> violations_;
};

}  // namespace usher::simulate
