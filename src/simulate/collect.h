// What a store holds, for the judge.
#pragma once

#include "base/task.h"
#include "flow/store.h"
#include "simulate/judge.h"

namespace usher::simulate {

// Everything of one tenant. `failed` is set when some of it cannot be read. All must live until the
// end.
base::Task<> collect(flow::Store& store, domain::TenantId tenant, TenantEvidence& kept,
                     bool& failed);

}  // namespace usher::simulate
