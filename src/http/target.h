// A request target taken apart, and the table that finds a route for it.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::http {

struct Target {
    std::string path;                                        // as sent, before '?'
    std::vector<std::string> segments;                       // of the path, percent-decoded
    std::vector<std::pair<std::string, std::string>> query;  // percent-decoded, '+' is a space

    std::optional<std::string_view> find_query(std::string_view key) const;
};

// Nothing when a percent sign is not followed by two hexadecimal digits or the target is not in
// origin form ("/…", visible ASCII, no '#'). Raw { } " [ ] | in a query are accepted: the published
// examples have them (interface §4). No normalisation: "..", "//" and encoded slashes stay what
// they are and match no pattern but a parameter, whose value the route checks.
std::optional<Target> parse_target(std::string_view target);

// Nothing when a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> decode_component(std::string_view text);

// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
std::string encode_component(std::string_view text);

struct RoutePattern {
    std::string method;
    std::string pattern;  // "/a/{id}/b": a segment in braces is a parameter
};

struct Matched {
    std::size_t index;  // of the pattern in the table given to Router
    std::map<std::string, std::string, std::less<>> params;
};

struct Unmatched {
    std::vector<std::string> allowed;  // methods the path knows; empty: the path is not known
};

// Immutable after construction; thread-safe. A literal segment wins over a parameter, the leftmost
// first. HEAD finds the GET route; the server leaves the body out. Patterns begin with '/'.
class Router {
  public:
    explicit Router(std::vector<RoutePattern> patterns);
    std::expected<Matched, Unmatched> match(std::string_view method, const Target& target) const;

  private:
    struct Compiled {
        std::string method;
        std::vector<std::string> segments;
    };
    std::vector<Compiled> routes_;
};

}  // namespace usher::http
