// The HTTP client as a port, and its maker on libcurl. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/secret.h"
#include "base/task.h"
#include "http/message.h"

namespace usher::http {

struct BasicCredentials {
    std::string username;
    base::Secret password;
};

struct OutgoingRequest {
    std::string method;
    std::string url;  // http or https, absolute, without user name and password
    Headers headers;
    std::string body;
    std::optional<BasicCredentials> basic;
    base::Monotonic deadline;  // of the whole call, connecting included
    std::chrono::milliseconds connect_timeout{3'000};
    std::size_t max_response_bytes = 1024 * 1024;  // head and body each
};

enum class TransportFailure {
    bad_url,  // or a method or header that cannot be sent as such
    resolve_failed,
    connect_failed,  // refused, unreachable, or connect_timeout
    tls_failed,      // certificate or handshake
    timed_out,       // the deadline, or it had passed before the start
    broken,          // the connection ended before the answer did
    response_too_large,
    unreadable,  // not HTTP
    shut_down,
};

struct TransportError {
    TransportFailure failure;
    // False only when it is certain that the other side has not seen a byte of the request.
    bool may_have_been_sent;
    std::string detail;  // for the log; never holds credentials
};

class Client {
  public:
    virtual ~Client() = default;

    // Follows no redirects. The answer's status may be anything. Only GET and HEAD are ever sent a
    // second time, on a fresh connection, when a kept one turns out to be dead.
    virtual base::Task<std::expected<Response, TransportError>> send(OutgoingRequest request) = 0;
};

struct ClientOptions {
    std::string ca_file;                // PEM; empty: the system's
    std::size_t max_connections = 256;  // all hosts together; more requests wait, deadline running
    std::size_t max_connections_per_host = 64;
    std::string user_agent = "usher";
};

// Connections are kept alive and reused. Runs on `context`, whichever executor the caller is on.
// Destroying the client fails what is under way as shut_down; that is posted to the context, so the
// context and the clock must outlive the client.
std::unique_ptr<Client> make_curl_client(boost::asio::io_context& context, base::Clock& clock,
                                         ClientOptions options);

std::string_view to_text(TransportFailure failure);

}  // namespace usher::http
