// How everything stands, for the person who was woken at night: what is wrong, the worst first,
// with what to do, and the figures behind it. /health/ready, /metrics and `usher status` are told
// from the same value. Pure functions of what the store and the ways to the partner say; `now`
// included.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/backlog.h"
#include "flow/cause.h"
#include "flow/comparison.h"
#include "flow/propagator.h"
#include "flow/watch_over.h"

namespace usher::flow {

struct WatchedTenant {
    domain::TenantId tenant;
    base::Duration freshness{};  // of its sweep; 0: it is not swept
    std::optional<Sweep> sweep;
    std::vector<Comparison> compared{};  // with the partner's files, as the store has the newest
};

// Whether access tokens can be checked.
struct IssuerStanding {
    bool has_keys = true;
    bool answers = true;  // it did when it was asked last
};

// All that is known. Only what concerns the tenants in it.
struct StatusFacts {
    base::Time now;
    std::optional<std::string> not_writable;
    std::optional<std::string> not_readable;
    std::shared_ptr<const Counted> backlog;  // nullptr: it could not be counted
    std::vector<RouteReport> routes;
    std::vector<WatchedTenant> tenants;
    std::vector<Hold> holds;
    std::vector<ActionPin> pins;
    std::vector<LearnedGap> learned;
    IssuerStanding issuer;
    base::Duration give_up_after{};
};

// Leaves out what is another tenant's; what concerns all stays.
StatusFacts only_of(StatusFacts facts, const domain::TenantId& tenant);

enum class Severity : std::uint8_t {
    trouble,  // a person should act
    notice,   // good to know
};

struct StatusFinding {
    Severity severity{};
    std::string what;  // one sentence that names tenant and merchant
    std::string todo;  // a command, or where to look
};

struct RouteStatus {
    RouteReport report;
    std::uint64_t unsettled = 0;
    std::uint64_t waiting = 0;  // of them: their turn has come
    std::optional<base::Time> oldest;
    std::optional<base::Duration> eta;  // until what waits now is settled
    std::string eta_unknown;            // why it is not known; empty when nothing waits
};

struct TenantStatus {
    domain::TenantId tenant;
    std::uint64_t unsettled = 0;
    std::uint64_t attention = 0;  // for so long that a person should look
    std::optional<base::Time> oldest;
    std::map<Cause, std::uint64_t> causes;
    std::map<Cause, std::uint64_t> attention_causes;  // of those
    // The sweep; nothing when there is none yet.
    base::Duration freshness{};
    std::optional<Sweep> sweep;
    std::optional<base::Duration> sweep_age;  // for how long at most something was not looked at
    bool sweep_is_late = false;
    std::vector<Comparison> compared;  // the newest of each merchant
};

struct Status {
    StatusFacts facts;
    std::vector<StatusFinding> findings;  // the worst first
    std::vector<RouteStatus> routes;      // likewise
    std::vector<TenantStatus> tenants;    // as they were given
};

// Asks the store and the ways; what the store does not answer is told in the facts. `tenants`: all,
// with their limits.
base::Task<StatusFacts> gather_status(Ports& ports, Backlog& backlog,
                                      std::vector<WatchedTenant> tenants);

Status tell_status(StatusFacts facts);

bool is_in_trouble(const Status& status);

}  // namespace usher::flow
