// Reports that somebody sends who is not the partner, or who is and means nobody here.
#pragma once

#include <boost/json/object.hpp>

#include "http/message.h"

namespace usher::simulate {

// With guessed credentials: that a record, which the partner has, was cancelled.
http::Request forged_report(boost::json::object record);

http::Request report_of_nobody();

}  // namespace usher::simulate
