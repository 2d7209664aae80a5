// Small questions about header text. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::api {

bool same_word(std::string_view a, std::string_view b);  // ASCII, without regard to case

std::string_view trim(std::string_view text);  // blanks and tabs

// Cut at `separator`, but not inside a quoted string; each part trimmed.
std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator);

// Ids as they come in: [A-Za-z0-9._~-]{1,256} (interface §4).
bool is_id(std::string_view text);

// True for "application/json" with any parameters.
bool is_json_media_type(std::string_view content_type);

// Nothing when it is not UTF-8.
std::optional<std::size_t> characters_in_utf8(std::string_view text);

}  // namespace usher::api
