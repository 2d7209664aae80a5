// Why a request ends without having been carried out, as a value on its way to the caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/errors.h"
#include "base/random.h"
#include "http/message.h"

namespace usher::api {

// One argument that is wrong. `field` is named as the caller sent it, `problem` says what is
// allowed. Neither repeats what the caller sent: it may be a secret.
struct Violation {
    ErrorCode code;
    std::string field;
    std::string problem;
};

struct Problem {
    ErrorCode code;
    std::string message;  // empty: from the details, or the catalogue
    std::vector<Violation> details;
    http::Headers headers;  // Allow, ETag, Retry-After, WWW-Authenticate
};

inline Problem problem(ErrorCode code) {
    return {.code = code, .message = {}, .details = {}, .headers = {}};
}

// The code is that of the first; each detail carries its own. At least one.
Problem problem(std::vector<Violation> violations);
Problem problem(ErrorCode code, std::string field, std::string text);

// What the operations below could not do, with the field it concerns.
Problem problem(const flow::Failure& failure);
Problem problem(flow::StoreError error);

// Names one refusal, in the answer and in the log.
std::string make_request_id(base::Random& random);

// The error body of interface §4; token trouble carries the published form too (OpenTV §7). Every
// 503 says when to come again.
http::Response write_error(const Problem& problem, std::string_view request_id);

}  // namespace usher::api
