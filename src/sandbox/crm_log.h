// Stands in for the operator's CRM: takes whatever it is told and keeps it, headers and body
// (interface §5). Pure logic; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/time.h"
#include "http/message.h"
#include "sandbox/journal.h"

namespace usher::sandbox {

class CrmLog {
  public:
    // Beyond `limit` the oldest are dropped. `journal` may be nullptr.
    CrmLog(std::size_t limit, Journal* journal) : limit_{limit}, journal_{journal} {}

    bool restore(std::string_view key, std::string_view row);

    void add(const http::Request& request, base::Time now);
    std::size_t clear();  // how many there were
    // Oldest first: at, method, path, headers (an object), body (the text as it came; what is not
    // UTF-8 is in bodyBase64 instead).
    boost::json::array to_json() const;

  private:
    std::size_t limit_;
    Journal* journal_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, boost::json::object> received_;
};

}  // namespace usher::sandbox
