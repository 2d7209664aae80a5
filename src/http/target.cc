#include "http/target.h"

#include <algorithm>

namespace usher::http {

namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool may_stand_in_target(char c) {
    return c > ' ' && c < 0x7F && c != '#';
}

std::optional<int> hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

enum class Plus { literal, space };

// Boost.URL's decoder refuses the raw braces and quotes of the published examples.
std::optional<std::string> decode(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::space) {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const auto high = hex_value(text[i + 1]);
            const auto low = hex_value(text[i + 2]);
            if (!high || !low) return std::nullopt;
            decoded += static_cast<char>(*high * 16 + *low);
            i += 2;
        }
    }
    return decoded;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool read_query(std::string_view text, Target& target) {
    for (const auto part : split(text, '&')) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        const auto raw_value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        auto key = decode(part.substr(0, equals), Plus::space);
        auto value = decode(raw_value, Plus::space);
        if (!key || !value) return false;
        target.query.emplace_back(std::move(*key), std::move(*value));
    }
    return true;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
    return std::ranges::equal(pattern, segments, [](const auto& wanted, const auto& given) {
        return is_parameter(wanted) || wanted == given;
    });
}

// True when `a` has a literal at the first place where only one of the two has a parameter.
bool is_more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (is_parameter(a[i]) != is_parameter(b[i])) return is_parameter(b[i]);
    }
    return false;
}

bool serves(std::string_view route_method, std::string_view method) {
    return route_method == method || (route_method == "GET" && method == "HEAD");
}

}  // namespace

std::optional<std::string_view> Target::find_query(std::string_view key) const {
    const auto found = std::ranges::find(query, key, &std::pair<std::string, std::string>::first);
    if (found == query.end()) return std::nullopt;
    return found->second;
}

std::optional<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/') || !std::ranges::all_of(target, may_stand_in_target)) {
        return std::nullopt;
    }
    const auto question = target.find('?');
    Target parsed{.path = std::string{target.substr(0, question)}, .segments = {}, .query = {}};
    for (const auto part : split(std::string_view{parsed.path}.substr(1), '/')) {
        auto segment = decode(part, Plus::literal);
        if (!segment) return std::nullopt;
        parsed.segments.push_back(std::move(*segment));
    }
    if (question != std::string_view::npos && !read_query(target.substr(question + 1), parsed)) {
        return std::nullopt;
    }
    return parsed;
}

std::optional<std::string> decode_component(std::string_view text) {
    return decode(text, Plus::literal);
}

std::string encode_component(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
        }
    }
    return encoded;
}

Router::Router(std::vector<RoutePattern> patterns) {
    for (auto& [method, pattern] : patterns) {
        Compiled route{.method = std::move(method), .segments = {}};
        for (const auto part : split(std::string_view{pattern}.substr(1), '/')) {
            route.segments.emplace_back(part);
        }
        routes_.push_back(std::move(route));
    }
}

std::expected<Matched, Unmatched> Router::match(std::string_view method,
                                                const Target& target) const {
    const Compiled* best = nullptr;
    Unmatched unmatched;
    const auto allow = [&unmatched](const std::string& name) {
        auto& allowed = unmatched.allowed;
        if (std::ranges::find(allowed, name) == allowed.end()) allowed.push_back(name);
    };
    for (const auto& route : routes_) {
        if (!matches(route.segments, target.segments)) continue;
        allow(route.method);
        if (route.method == "GET") allow("HEAD");
        if (!serves(route.method, method)) continue;
        if (best == nullptr || is_more_specific(route.segments, best->segments)) best = &route;
    }
    if (best == nullptr) return std::unexpected{std::move(unmatched)};

    Matched matched{.index = static_cast<std::size_t>(best - routes_.data()), .params = {}};
    for (std::size_t i = 0; i < best->segments.size(); ++i) {
        const std::string_view segment = best->segments[i];
        if (!is_parameter(segment)) continue;
        matched.params.emplace(segment.substr(1, segment.size() - 2), target.segments[i]);
    }
    return matched;
}

}  // namespace usher::http
