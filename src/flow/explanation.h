// One entitlement explained: what was asked, what is held, what the partner last said, whether they
// agree and, if not, why, with the evidence and what happens next. Pure functions of what the store
// and the way to the partner say; `now` included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/cause.h"
#include "flow/kept_report.h"
#include "flow/propagator.h"

namespace usher::flow {

// All that is known. The secret activation URL in the row goes into no explanation.
struct Evidence {
    domain::Entitlement row;
    std::vector<domain::Call> calls;     // all, oldest first
    std::vector<domain::Event> history;  // oldest first; the older part may be missing
    std::vector<KeptReport> reports;     // the newest few, the newest first
    RouteStanding route;
    domain::ActionSet supported = domain::ActionSet::all();
    std::optional<std::string> not_writable;  // why the store takes no changes, if it does not
    base::Time now;
};

// One piece of evidence: a sentence and where it can be found again.
struct Fact {
    std::string text;
    std::optional<base::Time> at;
    std::optional<std::int64_t> event;            // position in the tenant's feed
    std::optional<std::uint32_t> call;            // number of a call of this entitlement
    std::optional<domain::RequestId> request_id;  // of that call, as the partner knows it
};

// The newest request of the operator's.
struct AskedFor {
    domain::EntitlementStatus status{};
    domain::ProductId product;  // when it was for another one
    base::Time at;
    domain::Asker by;
};

struct Explanation {
    domain::EntitlementId entitlement;
    domain::AccountId account;
    domain::ProductId product;
    domain::PartnerEntitlementId partner_id;  // what the partner's support finds it by
    base::Time at;                            // what was known then

    std::string customer;  // a line that may be read to the customer
    std::optional<AskedFor> asked;
    domain::EntitlementStatus status{};  // what we hold
    std::uint64_t version = 0;
    std::optional<base::Time> unsettled_since;
    domain::PartnerStatus partner_status{};             // UNKNOWN while in doubt
    std::optional<domain::PartnerStatus> partner_said;  // what the partner said last, and when
    std::optional<base::Time> partner_said_at;
    bool agree = false;

    Cause cause{};
    std::vector<Cause> also;  // what is true beside it, the more pressing first
    std::vector<Fact> evidence;
    std::string next;  // what happens next, and when if there is a time for it
    std::optional<base::Time> next_at;
    std::string caveat;  // what cannot be said, when something cannot
};

Explanation explain(const Evidence& evidence);

// What was known at an earlier time, from the history and the calls. Nothing when it did not exist
// then, or when that part of the history is not in the evidence.
std::optional<Explanation> explain_at(const Evidence& evidence, base::Time at);

}  // namespace usher::flow
