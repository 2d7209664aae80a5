// Entity tags: the record's version in quotes (RFC 9110 §8.8.3, interface §4). Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "api/problem.h"
#include "http/message.h"

namespace usher::api {

std::string write_etag(std::uint64_t version);

// What If-Match asks for: nothing when absent or "*", which any record that exists satisfies. A
// well-formed tag that is none of ours, a weak one included, becomes a version that no record has.
// Several tags are refused: a caller that holds one version asks about that one.
std::expected<std::optional<std::uint64_t>, Problem> read_if_match(const http::Headers& headers);

}  // namespace usher::api
