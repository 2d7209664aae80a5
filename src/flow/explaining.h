// The parts of an explanation. Internal to flow; pure.
#pragma once

#include <vector>

#include "flow/explanation.h"

namespace usher::flow {

// Why it is as it is, the cause that stands in the way first.
std::vector<Cause> causes_of(const Evidence& evidence);

// The newest request of the operator's that changed the status, and the newest event that decided
// what the status is now; nullptr when that part of the history is missing.
const domain::Event* newest_request(const std::vector<domain::Event>& history);
const domain::Event* deciding_event(const std::vector<domain::Event>& history);

// The open call that the partner accepted for the present request and never carried out.
const domain::Call* never_confirmed_call(const Evidence& evidence);

std::vector<Fact> facts_of(const Evidence& evidence);
Fact fact_of(const domain::Event& event);
Fact fact_of(const domain::Call& call);

// "pausing your subscription"; what an agent would call it.
std::string_view change_in_plain_words(domain::EntitlementStatus asked);
std::string customer_line(Cause cause, domain::EntitlementStatus asked, bool other_product);

}  // namespace usher::flow
