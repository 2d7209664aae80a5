// What a person should know of a status, in sentences. Internal to flow; pure.
#pragma once

#include <vector>

#include "flow/status.h"

namespace usher::flow {

// The worst first.
std::vector<StatusFinding> findings_of(const Status& status);

}  // namespace usher::flow
