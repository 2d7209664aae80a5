// What the answers of admin/v1 have in common.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "api/exchange.h"
#include "flow/comparison.h"
#include "flow/watch_over.h"

namespace usher::api::admin {

inline constexpr std::size_t kLongestReason = 500;  // in characters

http::Response answer(int status, const boost::json::object& body);

boost::json::object hold_json(const flow::Hold& hold);
boost::json::object comparison_json(const flow::Comparison& line);

// A row's refusal: errorCode and message of an error's body.
void tell_refusal(const http::Response& refused, boost::json::object& told);

// Empty on the routes for all tenants.
domain::TenantId tenant_of(const Exchange& exchange);

// As people know each other; the log of the request has the subject.
std::string who(const Exchange& exchange);

}  // namespace usher::api::admin
