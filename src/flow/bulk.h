// A file of changes that is carried out row by row (usher bulk). The rows themselves stay with the
// client; each is a call of the operator's with a key of its own, so that it is carried out once
// however often it is sent. What is remembered is in flow/bulk_row.h; the decisions here are pure.
//
// A guard stops what would end or suspend too large a part of a tenant's live entitlements, unless
// somebody has confirmed what the look foresaw with its token: of this file, tenant and subject,
// good for one run within an hour.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"
#include "flow/bulk_row.h"
#include "flow/command.h"
#include "flow/failure.h"

namespace usher::flow {

enum class BulkState : std::uint8_t { looking, looked, running, stopped, done };
BulkState state_of(const Bulk& bulk);
std::string_view to_text(BulkState state);

// Whether so many endings are more than `percent` of what is live; 100: never.
bool is_too_much(std::uint64_t ends, std::uint64_t live, std::uint32_t percent);

// Each of the decisions below is about the bulk with this id that this subject began in the tenant.
using BulkDecided = std::pair<Writes, std::variant<Bulk, Failure>>;

struct LookNoted {
    std::uint64_t from = 0;  // 0 is the first row
    std::vector<BulkVerdict> verdicts;
    std::vector<std::uint64_t> ends;  // of each row
    std::uint64_t live = 0;
    std::string token_digest;
};
BulkDecided note_look(const Bulk& bulk, const LookNoted& noted, base::Time now);

struct StartRun {
    std::string token_digest;  // empty without a token
    std::string why;
    std::uint32_t percent = 0;
};
BulkDecided start_run(const Bulk& bulk, const StartRun& request, base::Time now);

struct LetThrough {
    std::uint64_t from = 0;
    std::uint64_t count = 0;
    std::uint64_t known = 0;  // `let_through` when `ends` was counted, of the rows behind it
    std::uint64_t ends = 0;
};
BulkDecided let_through(const Bulk& bulk, const LetThrough& rows, std::uint32_t percent,
                        base::Time now);

struct ResultsNoted {
    std::uint64_t from = 0;
    std::vector<BulkVerdict> verdicts;
};
BulkDecided note_results(const Bulk& bulk, const ResultsNoted& noted, base::Time now);

}  // namespace usher::flow
