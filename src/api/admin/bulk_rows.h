// A row of a bulk: which call of the operator's it stands for, and what came of that.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <boost/json/object.hpp>

#include "api/admin/operator_call.h"
#include "api/exchange.h"
#include "flow/bulk.h"

namespace usher::api::admin {

// {"action": …, and the arguments of the call}; without an action: a change of status. Unlike in a
// body, an argument that the action does not know is refused: in a file of thousands a misspelt
// column would else go unnoticed.
std::expected<CallText, Problem> read_bulk_row(const boost::json::object& row);

struct RowResult {
    flow::BulkVerdict verdict{};
    std::uint64_t ends = 0;    // of a look: entitlements that would be ended or suspended
    boost::json::object told;  // for the client
};

// The result, or that the row could not be decided on: it is to be sent again.
using RowOutcome = std::expected<RowResult, Problem>;

RowOutcome look_outcome(const Answer& came, const Exchange& call);
RowOutcome run_outcome(const Answer& came, const Exchange& call);

// Of a row that stands for no call.
RowResult refused_row(const Problem& problem, const Exchange& asked);

// Of one that was refused when it had its turn, and would not be any more: it has no other.
RowResult late_row(const Exchange& asked);

}  // namespace usher::api::admin
