// What is kept beside the entitlements: how far the regular look at all of them has come, and what
// a person or Usher itself has stopped for a while. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/ids.h"
#include "domain/problem.h"
#include "domain/words.h"

namespace usher::flow {

// The regular look at every live entitlement of a tenant (lifecycle §6), in rounds. `holder` walks
// it until `lease_until`; then anybody may go on from `after`.
struct Sweep {
    domain::TenantId tenant;
    domain::EntitlementId after;  // everything up to here was looked at; empty: from the beginning
    base::Time round_begun;
    std::uint64_t passed = 0;      // live ones of this round so far
    std::uint64_t missed = 0;      // of this round: the partner could not be asked
    std::uint64_t last_round = 0;  // live ones of the round before; 0: there was none
    // When the newest round without a miss began: nothing live is known for longer than since then.
    std::optional<base::Time> fresh_since;
    std::string holder;
    base::Time lease_until;

    bool operator==(const Sweep&) const = default;
};

// What was asked about a tenant's sweep.
struct SweepStanding {
    std::optional<Sweep> sweep;
    std::uint64_t entitlements = 0;  // of any status, when asked
};

// One entitlement that a sweep passes.
struct SweepStop {
    domain::EntitlementId entitlement;
    domain::PartnerStatus partner_status{};
    std::optional<base::Time> due;  // when there is work to do for it, which begins with a look
    bool operator==(const SweepStop&) const = default;
};

enum class HoldKind : std::uint8_t {
    paused,    // a person: nothing is sent and nothing read
    endings,   // Usher: too many endings that nobody asked for; none is taken over
    restored,  // a restore: what was asked for before is not sent; reads go on
};

// In force until lifted. Never deleted: who stopped what, and why, can be read later.
struct Hold {
    domain::TenantId tenant;      // empty: every tenant
    domain::MerchantId merchant;  // empty: every merchant
    HoldKind kind{};
    base::Time since;
    std::string by;
    std::string why;
    std::optional<base::Time> lifted;
    std::string lifted_by;
    std::string lifted_why;

    bool operator==(const Hold&) const = default;
};

// What a person knows better than what was learnt: that a merchant's product supports an action, or
// does not. In force until lifted, and never deleted, as a hold. Of several that fit, the one that
// names most counts.
struct ActionPin {
    domain::TenantId tenant;      // empty: every tenant
    domain::MerchantId merchant;  // empty: every merchant
    domain::ProductKey product;   // the partner's name of it; empty: every product
    domain::PartnerAction action{};
    bool supported = false;
    base::Time since;
    std::string by;
    std::string why;
    std::optional<base::Time> lifted;
    std::string lifted_by;
    std::string lifted_why;

    bool operator==(const ActionPin&) const = default;
};

// How many of one tenant and merchant are not settled and have the same in common.
struct BacklogPart {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    domain::Problem problem = domain::Problem::none;
    bool due = false;      // its turn has come; else it is tried later
    bool claimed = false;  // somebody is at it
    std::uint64_t count = 0;
    std::uint64_t long_ago = 0;  // of them, since before a given time
    base::Time oldest;           // not settled since
    bool operator==(const BacklogPart&) const = default;
};

// One entitlement that is not settled, for people.
struct Unsettled {
    domain::EntitlementId entitlement;
    domain::EntitlementStatus status{};
    domain::PartnerStatus partner_status{};
    domain::Problem problem = domain::Problem::none;
    base::Time since;
    std::uint32_t attempts = 0;
    std::optional<base::Time> next;
    bool operator==(const Unsettled&) const = default;
};

std::string_view to_text(HoldKind kind);
std::optional<HoldKind> parse_hold_kind(std::string_view text);

// Whether a hold is about this tenant and merchant.
bool covers(const Hold& hold, const domain::TenantId& tenant, const domain::MerchantId& merchant);

// The pin that counts for this action of this product; nullptr: none.
const ActionPin* pin_for(const std::vector<ActionPin>& in_force, const domain::TenantId& tenant,
                         const domain::MerchantId& merchant, const domain::ProductKey& product,
                         domain::PartnerAction action);

}  // namespace usher::flow
