// The steps between the two sides: claim what is due, settle what came back, say what is next. Used
// by whoever waits for a change and by the loop that finds what nobody waits for.
#pragma once

#include <memory>
#include <optional>

#include "base/task.h"
#include "flow/partner.h"
#include "flow/ports.h"
#include "flow/propagator.h"
#include "flow/store.h"

namespace usher::flow {

// Where an entitlement stands after a commit, and what the committing node does next, if anything.
struct Advance {
    std::shared_ptr<const domain::Entitlement> entitlement;  // nullptr: gone, or the claim was lost
    std::optional<Work> next;
    // A read showed an ending that nobody here asked for, taken over or not.
    bool unasked_ending = false;
};

// Claims a due entitlement. No next work when somebody else holds it or nothing is to be done.
base::Task<StoreResult<Advance>> claim(Ports& ports, domain::TenantId tenant,
                                       domain::EntitlementId entitlement);

// Writes down what the partner answered. An answer under an old fence changes nothing.
base::Task<StoreResult<Advance>> settle(Ports& ports, const Work& work, ActionReply reply);
base::Task<StoreResult<Advance>> settle(Ports& ports, const Work& work, ReadReply reply,
                                        base::Time begun);

// Gives a claim back that was not used: nothing left, so nothing happened.
base::Task<StoreResult<Advance>> release(Ports& ports, const Work& work);

}  // namespace usher::flow
