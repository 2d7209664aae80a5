// The record as the single GET shows it (interface §4). Pure. Holds no activation URL: who has that
// can use it, so it is only given to who buys.
#pragma once

#include <boost/json/object.hpp>

#include "domain/entitlement.h"
#include "flow/standing.h"

namespace usher::api::opentv {

// What there is nothing to say about is left out.
boost::json::object entitlement_json(const domain::Entitlement& entitlement,
                                     const flow::Standing& standing);

}  // namespace usher::api::opentv
