// An explanation as the admin surface shows it. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "flow/explanation.h"

namespace usher::api::admin {

// What there is nothing to say about is left out.
boost::json::object explanation_json(const flow::Explanation& told);

}  // namespace usher::api::admin
