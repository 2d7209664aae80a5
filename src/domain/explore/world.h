// A small world for exploration: one entitlement, the partner that holds it, and what travels
// between the two. Times are only the relations that the rules look at: the partner's dates are
// small numbers, and waits end by an event of their own. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/convergence.h"

namespace usher::domain::explore {

// The answer that the partner gave to a request id, and gives again when it is repeated.
enum class Said : std::uint8_t {
    nothing,  // the request never arrived
    done,
    accepted,       // 202, to be done later
    broken,         // 5xx: it may have been done, or be done later
    unsure,         // FAILED: the same
    not_available,  // this product does not know the action
    conflict,       // not from the status that it has
    rejected,       // refused although it could have been done
    trouble,        // no answer about this at all; not repeated
};

// The partner's side of one of our calls; stands beside the call of the same index.
struct Flight {
    bool travelling = false;  // a request is on its way and may arrive
    bool queued = false;      // the partner took it and may carry it out
    Said said = Said::nothing;
    PartnerStatus status{};  // of `done`
    std::uint8_t date = 0;   // of `done`
};

// Without memory of its own: situations are copied all the time.
class Flights {
  public:
    std::size_t size() const { return size_; }
    Flight& operator[](std::size_t at) { return flights_.at(at); }
    const Flight& operator[](std::size_t at) const { return flights_.at(at); }
    void push_back(const Flight& flight) { flights_.at(size_++) = flight; }
    Flight* begin() { return flights_.data(); }
    Flight* end() { return flights_.data() + size_; }
    const Flight* begin() const { return flights_.data(); }
    const Flight* end() const { return flights_.data() + size_; }

  private:
    static constexpr std::size_t kMost = 6;
    std::array<Flight, kMost> flights_{};
    std::size_t size_ = 0;
};

// A read on its way back, with what the partner had when it arrived there.
struct Read {
    PartnerStatus status{};
    std::uint8_t date = 0;
    bool unsure = false;
    bool overheard = false;  // a report came while it was on its way
};

ReadAnswer answer_of(const Read& read);

// What nobody in this world knows, kept to judge it by.
struct Judgement {
    bool operator_wish = true;  // the record says what the operator asked for, not what it followed
    bool partner_acted = false;  // the customer, merchant or time moved it since that was asked
    bool refused = false;        // the partner refused an action for it
    bool unread = false;         // an outcome is open that no read has followed yet
};

inline constexpr std::size_t kMostDates = 16;

struct World {
    Convergence ours;
    ActionSet supported = ActionSet::all();  // as far as refusals have taught us
    Flights flights;                         // one for each of ours.calls
    PartnerStatus actual = PartnerStatus::none;
    std::uint8_t date = 1;  // of the partner's last change
    bool unsure = false;    // the partner shows FAILED for now
    // What it had at each date after the one that we hold: reports of these may still come.
    std::array<PartnerStatus, kMostDates> history{};
    std::optional<Read> read;
    Judgement judgement;
};

// One word for each situation; equal situations have equal keys.
using Key = std::array<std::uint64_t, 4>;

World first_world();  // a purchase was just recorded
Key encode(const World& world);
World decode(const Key& key);

// The same situation without what only judges it.
Key without_judgement(const Key& key);

// Dates and call numbers by rank, so that only their relations are left.
void normalise(World& world);

// Calls of one group may have the same effect; only their order counts.
unsigned group_of(const Call& call);

// What is known of the partner is what it has.
bool is_known(const World& world);

base::Time as_time(std::uint8_t date);
std::uint8_t held_date(const World& world);  // 0: none
bool is_any(const Convergence& ours, CallPhase phase);
base::Time present();
CallLimits limits();

}  // namespace usher::domain::explore
