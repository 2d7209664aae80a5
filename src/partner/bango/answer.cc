#include "partner/bango/answer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/planted.h"

namespace usher::partner::bango {

namespace {

namespace json = boost::json;

constexpr bool is_success(int status) {
    return status >= 200 && status <= 299;
}

bool contains_without_case(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    return !part.empty() && !std::ranges::search(text, part, same).empty();
}

// Statuses that something on the way may have set, so that no code in the body overrules them.
std::optional<AnswerKind> kind_of_the_way(int status) {
    if (status >= 500 || status < 200 || (status >= 300 && status < 400)) return AnswerKind::fault;
    if (status == 401 && base::planted(base::Planted::unauthorized_is_refusal)) {
        return AnswerKind::refused;
    }
    if (status == 404 && base::planted(base::Planted::not_found_is_refusal)) {
        return AnswerKind::refused;
    }
    switch (status) {
        case 401:
        case 403:
        case 407:
            return AnswerKind::credentials;
        case 408:
            return AnswerKind::fault;
        case 425:
        case 429:
            return AnswerKind::slow_down;
        default:
            return std::nullopt;
    }
}

std::optional<AnswerKind> kind_of_code(const Record& record, const Values& values) {
    const auto& code = record.response_code;
    if (code.empty()) return std::nullopt;
    if (code == values.ok || code == values.client_action_required) return AnswerKind::success;
    if (code == values.bad_request) {
        return contains_without_case(record.response_message, values.limit_message)
                   ? AnswerKind::limit_reached
                   : AnswerKind::refused;
    }
    if (code == values.unauthorized) return AnswerKind::credentials;
    if (code == values.not_found) return AnswerKind::not_found;
    if (code == values.already_exists || code == values.conflict) return AnswerKind::refused;
    if (code == values.too_many_requests) return AnswerKind::slow_down;
    if (code == values.internal_error || code == values.service_unavailable) {
        return AnswerKind::fault;
    }
    return std::nullopt;
}

AnswerKind kind_of_status(int status) {
    if (is_success(status)) return AnswerKind::success;
    return status == 404 || status == 405 ? AnswerKind::not_found : AnswerKind::refused;
}

AnswerKind kind_of(const Answer& answer, const Values& values) {
    const int status = answer.http_status;
    if (answer.record.response_code == values.not_available) return AnswerKind::not_supported;
    if (const auto kind = kind_of_the_way(status)) return *kind;
    if (is_success(status) && !answer.body) return AnswerKind::fault;
    const auto by_code = kind_of_code(answer.record, values);
    if (!by_code) return kind_of_status(status);
    const bool contradicts = *by_code == AnswerKind::success && !is_success(status);
    return contradicts ? AnswerKind::fault : *by_code;
}

// An unreadable page or a redirect is a wrong address rather than an ill partner.
bool is_unhealthy(const Answer& answer, const Values& values) {
    switch (answer.kind) {
        case AnswerKind::credentials:
        case AnswerKind::slow_down:
            return true;
        case AnswerKind::fault:
            return answer.http_status >= 500 || answer.http_status == 408 ||
                   answer.record.response_code == values.internal_error ||
                   answer.record.response_code == values.service_unavailable;
        case AnswerKind::success:
        case AnswerKind::not_supported:
        case AnswerKind::limit_reached:
        case AnswerKind::refused:
        case AnswerKind::not_found:
            return false;
    }
    return false;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"; the two obsolete forms are not sent by anybody today.
std::optional<base::Time> parse_http_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
    const auto month = std::ranges::find(kMonths, text.substr(8, 3));
    if (month == kMonths.end()) return std::nullopt;
    return base::parse_time(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4),
                                        month - kMonths.begin() + 1, text.substr(5, 2),
                                        text.substr(17, 8)));
}

// At most `size` bytes, without half a character at the end.
std::string cut(std::string text, std::size_t size) {
    if (text.size() <= size) return text;
    const auto is_continuation = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    };
    while (size > 0 && is_continuation(text[size])) --size;
    text.resize(size);
    return text;
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<base::Duration> parse_retry_after(std::string_view text, base::Time now) {
    constexpr base::Duration kLongest = std::chrono::days{1};
    constexpr base::Duration kNone{0};
    if (is_digits(text)) {
        std::uint32_t seconds = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (error != std::errc{}) return kLongest;
        return std::min<base::Duration>(std::chrono::seconds{seconds}, kLongest);
    }
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::clamp<base::Duration>(*date - now, kNone, kLongest);
}

Answer read_answer(const http::Response& response, const Values& values, base::Time now) {
    Answer answer{.http_status = response.status};
    if (auto parsed = base::parse_json(response.body)) {
        if (parsed->is_object()) answer.record = read_record(parsed->get_object());
        if (parsed->is_structured()) answer.body = std::move(*parsed);
    }
    if (const auto after = response.headers.find("Retry-After")) {
        answer.retry_after = parse_retry_after(*after, now);
    }
    answer.kind = kind_of(answer, values);
    answer.unhealthy = is_unhealthy(answer, values);
    return answer;
}

std::string shown_word(std::string_view word) {
    constexpr std::size_t kLongest = 64;
    return word.find("://") == std::string_view::npos ? cut(std::string{word}, kLongest) : "";
}

std::string Answer::words() const {
    const auto code = shown_word(record.response_code);
    return code.empty() ? fmt::format("{}", http_status) : fmt::format("{} {}", http_status, code);
}

std::string describe_error(const Answer& answer) {
    if (!answer.body || !answer.body->is_object()) return "";
    auto object = answer.body->get_object();
    for (const auto* key : {"parameters", "activationCode", "extensionData", "customerIdentifier",
                            "sharedCustomerId"}) {
        object.erase(key);
    }
    auto text = json::serialize(object);
    if (text.find("://") != std::string::npos || text.find(":\\/\\/") != std::string::npos) {
        return "";
    }
    return cut(std::move(text), 2'000);
}

}  // namespace usher::partner::bango
