// One connection of the server: reads a request, has it answered, writes the answer, in turn.
// Internal to the room. Everything here runs on the connection's own io_context, on one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "http/framing.h"
#include "http/request_reader.h"
#include "http/server.h"
#include "http/tls.h"
#include "http/wire.h"

namespace usher::http {

inline constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// What the connections of all contexts share.
struct Core {
    Core(base::Clock& clock_, ServerOptions options_, TlsContext tls_, Handler handler_,
         RenderError render_error_)
        : clock{clock_},
          options{std::move(options_)},
          tls{std::move(tls_)},
          handler{std::move(handler_)},
          render_error{std::move(render_error_)},
          ended{clock_} {}

    base::Clock& clock;
    const ServerOptions options;
    TlsHolder tls;
    const Handler handler;
    const RenderError render_error;
    std::atomic<std::size_t> connections = 0;  // served
    std::atomic<std::size_t> refused = 0;      // being told that there are too many
    std::atomic<std::size_t> in_flight = 0;    // requests inside the handler
    std::atomic<std::size_t> alive = 0;        // coroutines: acceptors and connections
    std::atomic<bool> draining = false;
    base::Sleeper ended;  // woken when `alive` falls while draining
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    Connection(std::shared_ptr<Core> core, Socket socket);

    base::Task<> serve();
    // Says so and closes, reading nothing; over TLS, where saying it costs a handshake, only
    // closes.
    base::Task<> refuse(Refusal refusal);

    void close_if_idle();
    void abort();

  private:
    using SteadyTime = std::chrono::steady_clock::time_point;

    struct Incoming {
        Request request;
        WireForm form;
    };
    // Nothing: the connection ends without an answer.
    using End = std::optional<Refusal>;

    base::Task<std::expected<Incoming, End>> read_request();

    base::Task<Response> answer(Request request);
    Response render(Refusal refusal) const;
    base::Task<bool> respond(const Response& response, WireForm form);
    base::Task<> tell(Refusal refusal, bool without_body);
    base::Task<bool> shake_hands();
    base::Task<bool> write(std::string bytes);
    base::Task<bool> write_rest(boost::asio::const_buffer bytes);
    base::Task<> say_goodbye();
    void close();
    base::Task<> linger();

    base::Task<bool> fill();
    End end_of_reading() const;

    // One timer serves all deadlines: moving one back costs nothing until the timer fires.
    void expire_after(std::chrono::milliseconds span);
    void expire_at(SteadyTime when);
    void start_request_time();
    void watch(SteadyTime until);

    const std::shared_ptr<Core> core_;
    Socket socket_;
    TlsContext tls_context_;  // outlives the stream that was made with it
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
    boost::asio::steady_timer timer_;
    std::optional<SteadyTime> deadline_;
    std::optional<SteadyTime> watched_;
    bool expired_ = false;
    bool idle_ = false;
    bool aborted_ = false;
    bool request_time_runs_ = false;
    bool without_body_ = false;  // the answer to a request that could not be read
    std::string peer_;
    boost::beast::flat_buffer input_;
};

}  // namespace usher::http
