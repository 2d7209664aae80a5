// The partner's memory of request ids: a repeat gets the identical first answer and has no second
// effect; the same id with another request is refused (Bango §6; §9 no. 9). Pure logic; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "http/message.h"
#include "sandbox/journal.h"

namespace usher::sandbox {

class Replays {
  public:
    // `retention` 0: nothing is remembered. `journal` may be nullptr.
    Replays(base::Duration retention, Journal* journal)
        : retention_{retention}, journal_{journal} {}

    bool restore(std::string_view key, std::string_view row);

    enum class Found : std::uint8_t { nothing, same_request, other_request };
    struct Lookup {
        Found found = Found::nothing;
        http::Response first;  // of same_request
    };

    Lookup find(const http::Request& request, base::Time now);
    // Keeps the first answer to this request's id; a later one changes nothing.
    void remember(const http::Request& request, const http::Response& response, base::Time now);

  private:
    struct Entry {
        std::string digest;
        int status = 0;
        std::string body;
        base::Time at;
    };

    void forget_old(base::Time now);
    void insert(std::string id, Entry entry);

    base::Duration retention_;
    Journal* journal_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::multimap<base::Time, std::string> by_age_;
};

}  // namespace usher::sandbox
