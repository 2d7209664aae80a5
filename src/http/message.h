// Requests and responses as plain values. Everything above the sockets works on these, so that a
// simulation can stand in for the sockets.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"

namespace usher::http {

// Header fields in their order. Names compare without regard to case.
class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_{fields} {}

    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);  // replaces every field of that name
    std::optional<std::string_view> find(std::string_view name) const;  // the first one
    std::size_t count(std::string_view name) const;

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

  private:
    std::vector<Field> fields_;
};

struct Request {
    std::string method;  // as sent, e.g. "PUT"
    std::string target;  // as sent: path and query, not decoded
    Headers headers;
    std::string body;
    std::string peer;  // the caller's address, for the log
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    bool abort = false;  // close the connection without an answer
};

// Called concurrently from every I/O thread. An exception that leaves it is a bug of the handler:
// it is logged and answered as ProtocolError::handler_failed.
using Handler = std::function<base::Task<Response>(Request)>;

// `type` is the media type, e.g. "application/json".
Response make_response(int status, std::string type, std::string body);

}  // namespace usher::http
