// Whether a world that has come to rest is as promised. Pure: sees what the operators were told,
// what the store holds, and what the partner holds, and knows none of the product's rules but the
// published ones.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "domain/entitlement.h"
#include "simulate/invariants.h"
#include "simulate/wire.h"

namespace usher::simulate {

enum class AskedKind : std::uint8_t { purchase, update, product, deletion, account, other };

// What is asked of a whole account; the status is what its entitlements are to become.
enum class AccountWish : std::uint8_t { status, end, deletion, deletion_of_all_it_has };

// One request of an operator.
struct Asked {
    std::string correlation;
    AskedKind kind{};
    domain::TenantId tenant;
    std::string entitlement;  // of a purchase: what the answer said
    std::string account;      // of a purchase: for whom; or what it is about
    AccountWish account_wish{};
    std::string product_key;  // and what; of another product: which
    std::string status;       // asked for
    bool foreign = false;     // about another tenant's entitlement
    bool cut_off = false;     // the node died, or nobody listened
    base::Monotonic at;
    base::Monotonic answered_at;
    std::optional<int> answer;
    int error_code = 0;
    bool modified = false;
    std::uint64_t deleted = 0;  // entitlements, as was told
    std::string key;            // of the request and its repeats
    bool replayed = false;      // the answer says that it is an earlier request's
    std::string told;  // where there is a key: the whole answer but for the customer's link
    std::string link;  // which is left out after its expiry
};

// Of calls to the partner, by a person.
struct Pause {
    domain::TenantId tenant;  // empty: of every tenant's
    base::Monotonic from;     // it was said to be in force
    std::optional<base::Monotonic> until;
};

struct TenantEvidence {
    std::vector<domain::Event> feed;
    std::map<domain::EntitlementId, domain::Entitlement> rows;
    std::map<domain::EntitlementId, std::vector<domain::Call>> calls;
    std::set<domain::ProductKey> known;  // of what its rows were found to have at the partner
};

// What a CRM has read of its tenant's events.
struct ReadEvents {
    std::vector<std::string> ids;                // in that order
    std::optional<base::Monotonic> complete_at;  // it was told last that there is no more
    bool lost_its_place = false;
};

struct Evidence {
    std::map<domain::TenantId, TenantEvidence> tenants;
    std::vector<Asked> asked;
    boost::json::array partner;  // its records, with their effects
    std::vector<Sent> sent;      // to the partner, reads included, in the order of leaving
    std::uint64_t calls_allowed = 0;
    // For one entitlement within ten minutes: anyway, and for each request about it.
    std::uint64_t calls_in_a_while = 60;
    std::uint64_t calls_for_a_request = 8;
    std::set<std::string> moved;                    // by a customer or the merchant: our ids
    std::set<domain::EntitlementId> other_product;  // the customer took another one there
    std::vector<Pause> pauses;
    std::map<domain::TenantId, ReadEvents> read;
    // Until every node knows of one.
    base::Duration pause_takes{};
    bool sees_clearly = true;  // nothing keeps a node from what is true, and clocks tell the time
    bool clocks_step = false;  // a node may take a horizon for over that is not
    bool unsupported = false;  // the merchant may say that it does not know an action
    // The partner forgot request ids while a call could still act: it may have done so twice.
    bool short_memory = false;
};

// Who asked for what, by the status that the record had.
using Cells =
    std::map<std::pair<domain::EntitlementStatus, domain::EntitlementStatus>, std::uint64_t>;

struct Verdict {
    std::vector<Violation> violations;
    std::uint64_t repeats = 0;  // effects and records too many, at a partner with a short memory
    InvariantCounts looks{};    // how often each could have been broken
    Cells cells;
};

Verdict judge(const Evidence& evidence);

}  // namespace usher::simulate
