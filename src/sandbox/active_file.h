// The partner's file of active entitlements, as it lays one down each day (Bango §2.6): CSV with
// the published columns, times in whole seconds. Pure. It lists what has not ended.
#pragma once

#include <deque>
#include <string>

#include "sandbox/record.h"

namespace usher::sandbox {

std::string active_file(const std::deque<Record>& records);

}  // namespace usher::sandbox
