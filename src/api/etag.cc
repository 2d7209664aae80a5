#include "api/etag.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace usher::api {

namespace {

constexpr auto kNeverAVersion = std::numeric_limits<std::uint64_t>::max();

bool is_opaque_tag(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
    return std::ranges::none_of(text.substr(1, text.size() - 2), [](char c) {
        return c == '"' || static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    });
}

std::uint64_t version_in(std::string_view digits) {
    std::uint64_t version = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), version);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    return whole && write_etag(version).size() == digits.size() + 2 ? version : kNeverAVersion;
}

}  // namespace

std::string write_etag(std::uint64_t version) {
    return fmt::format("\"{}\"", version);
}

std::expected<std::optional<std::uint64_t>, Problem> read_if_match(const http::Headers& headers) {
    const auto given = headers.find("if-match");
    const bool once = headers.count("if-match") <= 1;
    if (!given || (once && *given == "*")) return std::nullopt;
    const bool weak = given->starts_with("W/");
    const auto tag = weak ? given->substr(2) : *given;
    if (!once || !is_opaque_tag(tag)) {
        return std::unexpected{problem(ErrorCode::precondition_malformed, "If-Match",
                                       "must be * or one entity tag in quotes.")};
    }
    if (weak) return kNeverAVersion;
    return version_in(tag.substr(1, tag.size() - 2));
}

}  // namespace usher::api
