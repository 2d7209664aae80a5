// What every flow works with: the ports and the limits, handed in once. All must outlive the flows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "domain/convergence.h"
#include "domain/schedule.h"
#include "flow/feed.h"
#include "flow/partner.h"
#include "flow/propagator.h"
#include "flow/report_budget.h"
#include "flow/store.h"
#include "flow/tenant_book.h"

namespace usher::flow {

// What reports may cost, and how many are kept.
struct ReportLimits {
    // Between what the partner last said and a read that a report asks for.
    base::Duration read_min_interval = std::chrono::seconds{1};
    base::Duration kept_for = std::chrono::days{30};
    std::size_t kept_of_each = 20;           // of one entitlement
    std::size_t kept_of_nobody = 200;        // of a tenant, naming none of its entitlements
    std::uint32_t unnamed_per_minute = 120;  // of a tenant, looked into
};

struct Limits {
    domain::CallLimits calls;
    domain::SchedulePolicy schedule;
    // A claim must outlast the call made under it and the writing down of its answer.
    base::Duration lease = std::chrono::seconds{25};
    ReportLimits reports;
};

struct Ports {
    Store& store;
    Partner& partner;
    Propagator& propagator;
    base::Clock& clock;
    base::Random& random;
    Limits limits;
    std::shared_ptr<ReportBudget> report_budget = std::make_shared<ReportBudget>();
    std::shared_ptr<TenantBook> tenants = std::make_shared<TenantBook>();
    std::shared_ptr<Followers> followers = std::make_shared<Followers>();
};

}  // namespace usher::flow
