// A call of the operator's that a request to admin/v1 makes in its own name: to see how it would
// go, or to carry it out.
#pragma once

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "api/exchange.h"

namespace usher::api::admin {

struct CallText {
    std::string method;
    std::string target;  // path and query
    std::optional<boost::json::object> body;
};

struct OperatorCall {
    Exchange exchange;
    bool has_body = false;
};

// Nothing when there is no such call that changes something. Subject, tenant and correlation are
// the request's.
std::optional<OperatorCall> make_call(const Exchange& asked, CallText text);

base::Task<Answer> carry_out(OperatorCall& call, const Surroundings& around);

}  // namespace usher::api::admin
