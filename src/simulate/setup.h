// How the product and the partner are set up in a world.
#pragma once

#include <chrono>
#include <cstdint>

#include "assembly/product.h"
#include "base/metrics.h"
#include "sandbox/partner_options.h"
#include "simulate/dice.h"
#include "simulate/faults.h"
#include "store/store.h"

namespace usher::simulate {

// An open call may act so long after it was made. Everything late in these worlds is sooner, also
// by a clock that jumps from an hour behind to an hour ahead.
inline constexpr std::chrono::hours kHorizon{3};

// Everything that lives is looked at again within this.
inline constexpr std::chrono::minutes kFreshness{30};

// How old what a node knows of holds may be: it looks at them every so often when its loop turns.
inline constexpr std::chrono::seconds kLooksAtHolds{90};

// Of the sweep within this time, at most: a round takes at least half of the limit.
inline std::uint64_t most_rounds(base::Duration ran) {
    return static_cast<std::uint64_t>(2 * ran / kFreshness) + 2;
}

// The partner sells it, and the platform does not.
inline constexpr const char* kOthersProduct = "VIDEO";

assembly::Options product_options(const FaultPlan& plan, bool several_nodes);
store::StoreOptions store_options();
// They are for people who look at a server: one set serves all worlds.
base::Metrics& all_metrics();
sandbox::PartnerOptions partner_options(const FaultPlan& plan, Dice& dice);

}  // namespace usher::simulate
