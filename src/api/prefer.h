// The header Prefer (RFC 7240), as far as it concerns how long a change waits for the partner.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "http/message.h"

namespace usher::api {

struct Preferences {
    bool respond_async = false;
    std::optional<base::Duration> wait;  // as asked
};

// What is malformed or unknown is ignored, and of a repeated preference the first counts, both as
// RFC 7240 §2 has it. `wait` without respond-async waits so long and answers as usual.
Preferences read_prefer(const http::Headers& headers);

struct Waiting {
    base::Duration wait{};
    std::string applied;  // Preference-Applied; empty: nothing was asked
};

// `wait` is cut at `longest`, and what is applied is told; respond-async alone waits for nothing.
Waiting decide_wait(const Preferences& asked, base::Duration usual, base::Duration longest);

}  // namespace usher::api
