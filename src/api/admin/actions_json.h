// Gaps and pins in JSON.
#pragma once

#include <vector>

#include <boost/json/object.hpp>

#include "flow/propagator.h"
#include "flow/watch_over.h"

namespace usher::api::admin {

boost::json::object pin_json(const flow::ActionPin& pin);

// {"learned": […], "pins": […]}, without what is of another tenant; an empty one: of all.
boost::json::object actions_json(const std::vector<flow::LearnedGap>& learned,
                                 const std::vector<flow::ActionPin>& pins,
                                 const domain::TenantId& tenant);

}  // namespace usher::api::admin
