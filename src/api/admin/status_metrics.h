// The same status for Prometheus. Pure.
#pragma once

#include <string>
#include <string_view>

#include "flow/status.h"

namespace usher::api::admin {

// "paused" before what the breaker says: that is why nothing leaves.
std::string_view word_of(const flow::RouteReport& report);

// Gauges in Prometheus' text form, made anew each time: what is gone is gone from them.
std::string status_metrics(const flow::Status& status);

}  // namespace usher::api::admin
