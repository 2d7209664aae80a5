// A Mongo-style filter as a condition; see list_query.h for what is understood. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "flow/listing.h"

namespace usher::api::opentv {

// By its published name; productType is none, since every record has the same.
std::optional<flow::ListField> list_field(std::string_view name);

// Whether the field's values are of this type.
bool is_of_type(flow::ListField field, const flow::ListValue& value);

// The error is a sentence for the caller that begins with the place, and repeats no value.
std::expected<flow::Condition, std::string> parse_filter(std::string_view text);

}  // namespace usher::api::opentv
