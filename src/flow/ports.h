// What every flow works with: the ports and the limits, handed in once. All must outlive the flows.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "domain/convergence.h"
#include "domain/schedule.h"
#include "flow/partner.h"
#include "flow/propagator.h"
#include "flow/store.h"

namespace usher::flow {

struct Limits {
    domain::CallLimits calls;
    domain::SchedulePolicy schedule;
    // A claim must outlast the call made under it and the writing down of its answer.
    base::Duration lease = std::chrono::seconds{25};
};

struct Ports {
    Store& store;
    Partner& partner;
    Propagator& propagator;
    base::Clock& clock;
    base::Random& random;
    Limits limits;
};

}  // namespace usher::flow
