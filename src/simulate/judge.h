// Whether a world that has come to rest is as promised. Pure: sees what the operators were told,
// what the store holds, and what the partner holds, and knows none of the product's rules but the
// published ones.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "domain/entitlement.h"

namespace usher::simulate {

enum class Invariant : std::uint8_t {
    both_agree,           // record and partner hold the same, and nothing is open or doubted
    nothing_lost,         // what was acknowledged is in the history
    nothing_invented,     // what was refused is not
    last_wish_holds,      // unless the partner moved or refused, and an event says so
    history_is_whole,     // no gap, no fork, and it replays to the row
    feed_is_whole,        // no gap
    one_effect,           // no action took effect more often than calls were intended for it
    one_record,           // nothing lives at the partner that we do not know
    tenants_apart,        // what the partner holds for one tenant's customer is that tenant's
    everybody_answered,   // who was not cut off by a crash has an answer, in time
    answers_as_promised,  // no status that the contract does not know
    calls_bounded,
    starts,    // a node starts on what a crash left
    no_crash,  // the program itself does not end
};

std::string_view to_text(Invariant invariant);  // "both-agree"

struct Violation {
    Invariant invariant;
    std::string about;
};

enum class AskedKind : std::uint8_t { purchase, update, other };

// One request of an operator.
struct Asked {
    std::string correlation;
    AskedKind kind{};
    domain::TenantId tenant;
    std::string entitlement;  // of a purchase: what the answer said
    std::string status;       // asked for
    bool cut_off = false;     // the node died, or nobody listened
    base::Monotonic at;
    base::Monotonic answered_at;
    std::optional<int> answer;
    int error_code = 0;
    bool modified = false;
};

struct TenantEvidence {
    std::vector<domain::Event> feed;
    std::map<domain::EntitlementId, domain::Entitlement> rows;
    std::map<domain::EntitlementId, std::vector<domain::Call>> calls;
};

struct Evidence {
    std::map<domain::TenantId, TenantEvidence> tenants;
    std::vector<Asked> asked;
    boost::json::array partner;  // its records, with their effects
    std::uint64_t calls = 0;     // to the partner, reads included
    std::uint64_t calls_allowed = 0;
    // The partner forgot request ids while a call could still act: it may have done so twice.
    bool short_memory = false;
};

struct Verdict {
    std::vector<Violation> violations;
    std::uint64_t repeats = 0;  // effects and records too many, at a partner with a short memory
};

Verdict judge(const Evidence& evidence);

}  // namespace usher::simulate
