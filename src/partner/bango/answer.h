// What kind of answer one HTTP response of Bango's is, whatever was asked. Decided by the
// responseCode, then by the HTTP status (Bango §3), but a status that speaks of the way there (a
// gateway, the login, a limit, a fault) is never overruled by a code that sounds final: doubt costs
// a read, false certainty costs a wrong record. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/time.h"
#include "http/message.h"
#include "partner/bango/options.h"
#include "partner/bango/record.h"

namespace usher::partner::bango {

enum class AnswerKind {
    success,        // 2xx that reads as JSON
    not_supported,  // NOT_AVAILABLE, under any HTTP status: final for this product
    limit_reached,  // BAD_REQUEST whose message says so
    refused,        // any other 4xx about the request
    credentials,    // 401, 403: login, environment or address not accepted
    not_found,      // 404, 405: an id that is not there, or a wrong path
    slow_down,      // 429
    fault,          // 5xx, a redirect, an unreadable success, a code that contradicts the status
};

struct Answer {
    AnswerKind kind{};
    int http_status = 0;
    std::optional<boost::json::value> body;  // when it is an object or an array
    Record record;                           // of a body that is an object; else all absent
    std::optional<base::Duration> retry_after;
    bool unhealthy = false;  // speaks of the partner's state rather than of this request

    std::string words() const;  // e.g. "503 SERVICE_UNAVAILABLE", for the evidence
};

Answer read_answer(const http::Response& response, const Values& values, base::Time now);

// Seconds or an HTTP date (RFC 9110 §10.2.3), never negative, at most a day; else nothing.
std::optional<base::Duration> parse_retry_after(std::string_view text, base::Time now);

// A word of the partner's as people are shown it: at most 64 bytes, without half a character at the
// end, and nothing when it holds a link, which may be secret.
std::string shown_word(std::string_view word);

// An error's body for the log, since the shape of its metadata is not published (Bango §9): without
// what a record says of the customer, at most 2,000 bytes, and nothing at all when it holds a URL.
std::string describe_error(const Answer& answer);

}  // namespace usher::partner::bango
