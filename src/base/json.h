// Strict JSON. Boost.JSON accepts duplicate keys (the last wins), \u0000 in strings and numbers
// beyond a double; two readers of one such body would see two different things, so they are
// refused.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace usher::base {

enum class JsonProblem {
    not_json,  // malformed, bad UTF-8, a lone surrogate, trailing bytes
    too_deep,
    duplicate_key,
    nul_in_string,
    number_out_of_range,
};

struct JsonError {
    JsonProblem problem;
    std::string where;  // the duplicate key, or the byte offset; safe to show to the caller
};

inline constexpr std::size_t kJsonMaxDepth = 32;

std::expected<boost::json::value, JsonError> parse_json(std::string_view text,
                                                        std::size_t max_depth = kJsonMaxDepth);

std::string_view to_text(JsonProblem problem);

// The member of an object, nullptr when absent or null: an optional argument that is null is
// absent.
const boost::json::value* find_member(const boost::json::object& object, std::string_view key);

// The member when it is a string.
std::optional<std::string> find_string(const boost::json::object& object, std::string_view key);

// Null for an empty text.
boost::json::value text_or_null(std::string_view text);

}  // namespace usher::base
