// The claim inside a decision: takes the right to call the partner, together with the call itself,
// in the transaction that found out that a call is due. Internal to flow; pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "flow/ports.h"
#include "flow/recording.h"

namespace usher::flow {

// What a claim needs beside the row: drawn before the transaction, because a decision may run
// again.
struct ClaimTools {
    domain::RequestId fresh_id;
    base::Monotonic asked_at;  // the lease is counted from here on the claimer's own clock
    double jitter = 0;
    const Partner* partner = nullptr;
    const Propagator* propagator = nullptr;
    Limits limits;

    // Which actions there are depends on the row's merchant product, so it is asked in the
    // transaction: to read the row before would cost every change a read.
    domain::ActionSet supported(const domain::Entitlement& entitlement) const;
};

inline constexpr const char* kNeverConfirmed =
    "the partner accepted the call and never confirmed it";

ClaimTools make_claim_tools(Ports& ports);

bool is_claimed(const domain::Entitlement& entitlement, base::Time now);

// Overdue waits end, and calls beyond their horizon are over.
void pass_time(Recording& recording, const ClaimTools& tools);

// What an answer or a plan decided. A soft end that came with a deletion and turns out not to exist
// for the product is no refusal: an end at once is asked for instead.
void take_decided(Recording& recording, const ClaimTools& tools, domain::Decision decision,
                  domain::Initiator initiator, std::string note = {},
                  std::optional<std::uint32_t> call = {});

// Brings the entitlement up to `now`: overdue waits end, calls of a claim that ended are open.
void catch_up(Recording& recording, const ClaimTools& tools);

// Claims the next step, or schedules the entitlement when there is none to take now. With `look`,
// an entitlement that is due although nothing is planned is read.
std::optional<Work> take_claim(Recording& recording, const ClaimTools& tools, bool look);

// As take_claim, unless the merchant takes no call now: then it is only scheduled.
std::optional<Work> claim_or_schedule(Recording& recording, const ClaimTools& tools);

// Without a claim: when to come back.
void schedule(Recording& recording, const ClaimTools& tools,
              std::optional<base::Duration> not_before = std::nullopt);

}  // namespace usher::flow
