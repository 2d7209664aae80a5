// A list query as SQL: one text with parameters $1, $2, … and their values, in order. Nothing that
// a caller sent is ever part of the text. The tenant is $1 everywhere.
#pragma once

#include <string>
#include <vector>

#include "flow/listing.h"

namespace usher::store::sql {

struct Compiled {
    std::string text;
    std::vector<flow::ListValue> values;
};

// The rows of the page, and how many there are without it.
Compiled list_page(const flow::ListQuery& query);
Compiled list_total(const flow::ListQuery& query);

// How many rows would be looked at, but counted no further than one beyond the limit.
Compiled list_cost(const flow::ListQuery& query);

}  // namespace usher::store::sql
