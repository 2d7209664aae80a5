// What must hold in the explored world (lifecycle §7), step by step and at rest.
#pragma once

#include <string_view>

#include "domain/explore/decider.h"
#include "domain/explore/world.h"

namespace usher::domain::explore {

// The first property that a step broke; empty: none.
struct Broken {
    std::string_view property;
    void say(std::string_view text) {
        if (property.empty()) property = text;
    }
};

// Of one decision about `world`. `asked`: it was the operator's.
void check_decision(const World& world, const Decision& decision, bool asked, Broken& broken);

// Of a request's verdict.
void check_verdict(const World& before, EntitlementStatus to, const Request& request,
                   Broken& broken);

// Of a call that is about to be sent. `repeated`: under a request id that was sent before.
void check_call(const World& before, PartnerAction action, bool repeated, Broken& broken);

// Of a situation between two steps.
void check_situation(const World& world, const Decider& decider, Broken& broken);

// Of a situation in which nothing more happens.
void check_rest(const World& world, Broken& broken);

// What is there is what was wished, or its finer word.
bool fulfils_wish(EntitlementStatus status, EntitlementStatus wish);

}  // namespace usher::domain::explore
