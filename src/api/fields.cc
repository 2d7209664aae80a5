#include "api/fields.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/text.h"
#include "base/json.h"

namespace usher::api {

namespace {

constexpr std::string_view kIdForm = "must be 1 to 256 characters out of A-Z a-z 0-9 . _ ~ and -.";
constexpr std::size_t kLongestReason = 256;
constexpr std::size_t kLongestDescription = 1000;

std::string all_status_words() {
    std::vector<std::string_view> words;
    for (const auto status : domain::kEntitlementStatuses) words.push_back(to_text(status));
    return fmt::format("must be one of {}.", fmt::join(words, ", "));
}

// Of UTF-8, which the parser has checked.
std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::optional<std::string> unless_empty(std::optional<std::string> text) {
    if (text && text->empty()) return std::nullopt;
    return text;
}

}  // namespace

void Fields::add(ErrorCode code, std::string_view name, std::string text) {
    violations_.push_back({code, std::string{name}, std::move(text)});
}

Problem Fields::take_problem() {
    return problem(std::move(violations_));
}

std::optional<std::string> Fields::string(std::string_view name, Presence presence) {
    const auto* member = base::find_member(body_, name);
    if (member == nullptr) {
        if (presence == Presence::mandatory) {
            add(ErrorCode::argument_missing, name, "is mandatory.");
        }
        return std::nullopt;
    }
    if (!member->is_string()) {
        add(ErrorCode::argument_of_wrong_type, name, "must be a string.");
        return std::nullopt;
    }
    return std::string{member->get_string()};
}

std::optional<std::string> Fields::text(std::string_view name, Presence presence,
                                        std::size_t longest) {
    auto given = string(name, presence);
    if (!given) return std::nullopt;
    if (presence == Presence::mandatory && given->empty()) {
        add(ErrorCode::argument_invalid, name, "must not be empty.");
        return std::nullopt;
    }
    if (characters_in(*given) > longest) {
        add(ErrorCode::argument_invalid, name,
            fmt::format("must be at most {} characters.", longest));
        return std::nullopt;
    }
    return given;
}

std::optional<std::string> Fields::id(std::string_view name, Presence presence) {
    auto given = string(name, presence);
    if (given && !is_id(*given)) {
        add(ErrorCode::id_malformed, name, std::string{kIdForm});
        return std::nullopt;
    }
    return given;
}

std::optional<base::Time> Fields::date(std::string_view name, Presence presence) {
    const auto given = string(name, presence);
    if (!given) return std::nullopt;
    const auto time = base::parse_time(*given);
    if (!time) {
        add(ErrorCode::date_malformed, name,
            "must be an ISO 8601 date-time such as 2025-09-01T13:47:59.228Z.");
    }
    return time;
}

std::optional<domain::EntitlementStatus> Fields::status(std::string_view name, Presence presence) {
    const auto given = string(name, presence);
    if (!given) return std::nullopt;
    const auto status = domain::parse_entitlement_status(*given);
    if (!status) add(ErrorCode::status_unknown, name, all_status_words());
    return status;
}

void Fields::word(std::string_view name, Presence presence, std::string_view word, ErrorCode code) {
    const auto given = string(name, presence);
    if (given && *given != word) add(code, name, fmt::format("must be {}.", word));
}

domain::Reason Fields::reason() {
    const auto read = [this](std::string_view name, std::size_t longest) {
        return unless_empty(text(name, Presence::optional, longest));
    };
    return {.code = read("reasonCode", kLongestReason),
            .category = read("reasonCategory", kLongestReason),
            .cancel_code = read("cancelReasonCode", kLongestReason),
            .cancel_category = read("cancelReasonCategory", kLongestReason),
            .cancel_description = read("cancelReasonDescription", kLongestDescription)};
}

std::string id_in_path(std::string_view name, std::string_view text, Fields& fields) {
    if (!is_id(text)) fields.add(ErrorCode::id_malformed, name, std::string{kIdForm});
    return std::string{text};
}

}  // namespace usher::api
