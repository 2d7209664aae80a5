// The parts of the judgement that look at one thing alone. Internal to the judge; pure.
#pragma once

#include <map>
#include <vector>

#include "simulate/judge.h"

namespace usher::simulate {

// The events of each entitlement, as its tenant's feed has them.
using Histories = std::map<domain::EntitlementId, std::vector<const domain::Event*>>;

// What the operators were told, against what the history says. Counts who asked for what.
void judge_answers(const Evidence& evidence, const Histories& histories, Findings& found,
                   Cells& cells);

// What was asked of whole accounts, and what they hold when they have ended.
void judge_accounts(const Evidence& evidence, const Histories& histories, Findings& found);

// What was read of the events.
void judge_readers(const Evidence& evidence, Findings& found);

// What came again with its key, against the first.
void judge_keys(const Evidence& evidence, Findings& found);

// What left for the partner, and in which order.
void judge_wire(const Evidence& evidence, Findings& found);

// What a wish may have become by itself (lifecycle §2).
bool is_refinement(domain::EntitlementStatus wish, domain::EntitlementStatus status);

}  // namespace usher::simulate
