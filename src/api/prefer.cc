#include "api/prefer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "api/text.h"

namespace usher::api {

namespace {

std::string_view unquote(std::string_view word) {
    if (word.size() >= 2 && word.front() == '"' && word.back() == '"') {
        return word.substr(1, word.size() - 2);
    }
    return word;
}

// RFC 7240 §4.3: whole seconds.
std::optional<base::Duration> read_seconds(std::string_view text) {
    constexpr long long kMost = 1'000'000'000;
    long long seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) {
        return std::nullopt;
    }
    return std::chrono::seconds{std::min(seconds, kMost)};
}

void read_preference(std::string_view element, Preferences& found) {
    const auto preference = split_outside_quotes(element, ';').front();
    const auto equals = preference.find('=');
    const auto name = trim(preference.substr(0, equals));
    const auto value = equals == std::string_view::npos
                           ? std::string_view{}
                           : unquote(trim(preference.substr(equals + 1)));
    if (same_word(name, "respond-async") && value.empty()) found.respond_async = true;
    if (same_word(name, "wait") && !found.wait) found.wait = read_seconds(value);
}

}  // namespace

Preferences read_prefer(const http::Headers& headers) {
    Preferences found;
    for (const auto& [name, value] : headers) {
        if (!same_word(name, "prefer")) continue;
        for (const auto element : split_outside_quotes(value, ',')) {
            read_preference(element, found);
        }
    }
    return found;
}

Waiting decide_wait(const Preferences& asked, base::Duration usual, base::Duration longest) {
    std::string applied = asked.respond_async ? "respond-async" : "";
    if (!asked.wait) {
        return {.wait = asked.respond_async ? base::Duration{} : std::min(usual, longest),
                .applied = std::move(applied)};
    }
    const auto wait = std::min(*asked.wait, longest);
    applied += fmt::format("{}wait={}", applied.empty() ? "" : ", ",
                           std::chrono::duration_cast<std::chrono::seconds>(wait).count());
    return {.wait = wait, .applied = std::move(applied)};
}

}  // namespace usher::api
