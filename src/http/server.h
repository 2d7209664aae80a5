// The HTTP/1.1 server: one coroutine per connection, on the io_contexts handed in (one per core,
// each with an acceptor of its own through SO_REUSEPORT). Owns its sockets, not the threads; each
// context must be run by one thread. The framing rules are in framing.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "http/message.h"

namespace usher::http {

// PEM files. Client authorities: who signs the certificates that callers must show; empty: none
// need to.
struct TlsFiles {
    std::string certificate;  // the server's, then its authorities'; empty: plain text
    std::string key;
    std::string client_authorities;
};

struct ServerOptions {
    std::string listen = "127.0.0.1:8080";  // address:port; port 0 takes a free one; "[::1]:8080"
    TlsFiles tls;
    std::size_t max_target_bytes = 8 * 1024;            // beyond: 414
    std::size_t max_header_bytes = 16 * 1024;           // of the whole head; beyond: 431
    std::size_t max_body_bytes = 256 * 1024;            // beyond: 413
    std::size_t max_connections = 1000;                 // beyond: 503 and close
    std::size_t max_in_flight = 512;                    // requests inside the handler; beyond: 503
    std::chrono::milliseconds idle_timeout{60'000};     // between two requests
    std::chrono::milliseconds request_timeout{10'000};  // from first byte to last byte of a request
    std::chrono::milliseconds write_timeout{10'000};    // for a reader that does not read
    std::chrono::seconds retry_after{1};                // of a 503
};

// What the server itself refuses, before or around the handler.
enum class ProtocolError {
    malformed,        // 400, closes
    timed_out,        // 408, closes
    body_too_large,   // 413, closes
    target_too_long,  // 414, closes
    head_too_large,   // 431, closes
    handler_failed,   // 500
    not_implemented,  // 501: Upgrade or CONNECT, closes
    overloaded,       // 503 with Retry-After
    version,          // 505, closes
};

int status_of(ProtocolError error);

// Makes the error body in the form of the surface that the server serves. `detail` is safe to show.
// Thread-safe.
using RenderError = std::function<Response(ProtocolError error, std::string_view detail)>;

struct ListenError {
    std::string sentence;  // names the address, what is wrong and the remedy
};

class Server {
  public:
    virtual ~Server() = default;

    virtual std::uint16_t port() const = 0;

    // Reads the PEM files anew, for connections made from now on; those that are open go on. After
    // an error everything is as before. Thread-safe; without TLS it does nothing.
    virtual std::expected<void, ListenError> reload_tls() = 0;

    // Takes no new connection, lets requests in flight finish until `deadline`, closes idle ones.
    // Callable from any thread, once. After it returns, no handler runs any more: at the deadline
    // the connections are closed, but a handler that still runs is waited for, so handlers need
    // limits of their own. Drain before destroying what the handler uses.
    virtual base::Task<> drain(base::Monotonic deadline) = 0;
};

// What make_server would say about these files; nothing when they are in order or not named.
std::expected<void, ListenError> check_tls(const TlsFiles& files);

// Starts accepting at once. The contexts, clock and handler's surroundings must outlive the server.
std::expected<std::unique_ptr<Server>, ListenError> make_server(
    const std::vector<boost::asio::io_context*>& contexts, base::Clock& clock,
    ServerOptions options, Handler handler, RenderError render_error);

}  // namespace usher::http
