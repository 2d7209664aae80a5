// Every call that the partner received, oldest first; bounded. Pure logic; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>

#include "base/time.h"
#include "http/message.h"
#include "sandbox/journal.h"

namespace usher::sandbox {

struct CallLine {
    base::Time at;
    std::string method;
    std::string path;
    std::string request_id;
    std::string action;  // empty: no such route
    std::string fault;   // the effect of the rule that met it, if any
    bool replayed = false;
    int http = 0;  // 0: no answer has left, or none ever will
    std::string response_code;
};

class CallLog {
  public:
    // Beyond `limit` the oldest are dropped. `journal` may be nullptr.
    CallLog(std::size_t limit, Journal* journal) : limit_{limit}, journal_{journal} {}

    bool restore(std::string_view key, std::string_view row);

    std::uint64_t add(CallLine line);
    void answered(std::uint64_t number, const http::Response& response, bool replayed);

    boost::json::array to_json() const;

  private:
    void keep(std::uint64_t number, const CallLine& line);

    std::size_t limit_;
    Journal* journal_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, CallLine> lines_;
};

}  // namespace usher::sandbox
