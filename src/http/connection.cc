#include "http/connection.h"

#include <exception>
#include <tuple>
#include <utility>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"

namespace usher::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::chrono::milliseconds kCancelAgain{50};
constexpr std::size_t kLingerBytes = 8 * 1024 * 1024;
constexpr std::size_t kReadBytes = 8 * 1024;

// A place inside the handler, given back at the end.
class Place {
  public:
    explicit Place(Core& core)
        : core_{core}, taken_{core.in_flight.fetch_add(1) < core.options.max_in_flight} {}
    ~Place() { core_.in_flight.fetch_sub(1); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool taken() const { return taken_; }

  private:
    Core& core_;
    bool taken_;
};

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, Socket socket)
    : core_{std::move(core)},
      socket_{std::move(socket)},
      tls_context_{core_->tls.get()},
      timer_{socket_.get_executor()},
      input_{core_->options.max_header_bytes + 2 * kReadBytes} {
    boost::system::error_code ignored;
    const auto remote = socket_.remote_endpoint(ignored);
    if (!ignored) peer_ = remote.address().to_string();
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    socket_.non_blocking(true, ignored);
    if (tls_context_) tls_.emplace(socket_, *tls_context_);
}

base::Task<> Connection::serve() {
    bool go_on = !tls_ || co_await shake_hands();
    while (go_on) {
        auto incoming = co_await read_request();
        if (!incoming) {
            if (const auto refusal = incoming.error()) co_await tell(*refusal, without_body_);
            break;
        }
        const auto response = co_await answer(std::move(incoming->request));
        if (response.abort) break;
        if (core_->draining) incoming->form.keep_alive = false;
        if (!co_await respond(response, incoming->form)) break;
        go_on = incoming->form.keep_alive;
        if (!go_on) co_await linger();
    }
    close();
}

base::Task<> Connection::refuse(Refusal refusal) {
    if (!tls_) co_await tell(refusal, false);
    close();
}

base::Task<> Connection::tell(Refusal refusal, bool without_body) {
    base::log(base::LogLevel::info, "request_refused",
              {{"status", status_of(refusal.error)}, {"problem", refusal.detail}, {"peer", peer_}});
    const auto response = render(refusal);
    const WireForm form{.keep_alive = false, .without_body = without_body};
    if (co_await respond(response, form)) co_await linger();
}

void Connection::close() {
    deadline_.reset();
    timer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

base::Task<bool> Connection::shake_hands() {
    expire_after(core_->options.request_timeout);
    idle_ = true;
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
    idle_ = false;
    if (!error && !aborted_) {
        deadline_.reset();
        co_return true;
    }
    // Who speaks plain text to this port is told so in plain text.
    const auto reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    const bool is_plain =
        error.category() == asio::error::get_ssl_category() && reason == SSL_R_HTTP_REQUEST;
    if (is_plain && !aborted_) {
        tls_.reset();
        co_await tell(
            {.error = ProtocolError::malformed, .detail = "This port speaks TLS: use https."},
            false);
    }
    co_return false;
}

void Connection::close_if_idle() {
    if (idle_) abort();
}

void Connection::abort() {
    aborted_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
}

base::Task<Response> Connection::answer(Request request) {
    const Place place{*core_};
    if (!place.taken()) {
        co_return render({.error = ProtocolError::overloaded,
                          .detail = "Too many requests are under way; try again shortly."});
    }
    deadline_.reset();
    std::string problem;
    try {
        co_return co_await core_->handler(std::move(request));
    } catch (const std::exception& error) {
        problem = error.what();
    } catch (...) {
        problem = "an exception that is no std::exception";
    }
    base::log(base::LogLevel::error, "http_handler_failed", {{"problem", problem}});
    co_return render(
        {.error = ProtocolError::handler_failed, .detail = "The request could not be handled."});
}

Response Connection::render(Refusal refusal) const {
    auto response = core_->render_error(refusal.error, refusal.detail);
    if (refusal.error == ProtocolError::overloaded) {
        response.headers.set("Retry-After", std::to_string(core_->options.retry_after.count()));
    }
    return response;
}

base::Task<bool> Connection::respond(const Response& response, WireForm form) {
    auto wire = to_wire(response, form);
    if (!wire) {
        base::log(base::LogLevel::error, "http_handler_failed",
                  {{"problem", "the response holds a field or status that cannot be sent"}});
        const auto error = render({.error = ProtocolError::handler_failed,
                                   .detail = "The request could not be handled."});
        wire = to_wire(error, form);
    }
    if (!wire) co_return false;
    co_return co_await write(std::move(*wire));
}

// Most answers fit into the socket's buffer: no timer and no round through the reactor for them.
base::Task<bool> Connection::write(std::string bytes) {
    if (aborted_) co_return false;
    if (tls_) co_return co_await write_rest(asio::buffer(bytes));
    boost::system::error_code error;
    const auto written = socket_.write_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) co_return false;
    if (written == bytes.size()) co_return true;
    co_return co_await write_rest(asio::buffer(bytes) + written);
}

base::Task<bool> Connection::write_rest(asio::const_buffer bytes) {
    const auto before = deadline_;  // of a request that is not read to its end yet
    expire_after(core_->options.write_timeout);
    boost::system::error_code failed;
    if (tls_) {
        std::tie(failed, std::ignore) = co_await asio::async_write(*tls_, bytes, kTuple);
    } else {
        std::tie(failed, std::ignore) = co_await asio::async_write(socket_, bytes, kTuple);
    }
    if (before)
        expire_at(*before);
    else
        deadline_.reset();
    co_return !failed;
}

// Without it the caller could not tell a whole answer from one that was cut off (RFC 8446 §6.1).
base::Task<> Connection::say_goodbye() {
    expire_after(kLingerTime);
    co_await tls_->async_shutdown(kTuple);
    tls_.reset();
}

// Closing with bytes unread would reset the connection and could take the answer from the caller.
base::Task<> Connection::linger() {
    if (tls_) co_await say_goodbye();
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    expire_after(kLingerTime);
    std::size_t dropped = 0;
    do {
        dropped += input_.size();
        input_.clear();
    } while (dropped < kLingerBytes && co_await fill());
}

base::Task<bool> Connection::fill() {
    if (expired_ || aborted_) co_return false;
    boost::system::error_code error;
    std::size_t size = 0;
    const auto space = input_.prepare(kReadBytes);
    if (tls_) {
        std::tie(error, size) = co_await tls_->async_read_some(space, kTuple);
    } else {
        std::tie(error, size) = co_await socket_.async_read_some(space, kTuple);
    }
    if (error) co_return false;
    input_.commit(size);
    co_return true;
}

void Connection::expire_after(std::chrono::milliseconds span) {
    expire_at(std::chrono::steady_clock::now() + span);
}

void Connection::expire_at(SteadyTime when) {
    expired_ = false;
    deadline_ = when;
    if (!watched_ || when < *watched_) watch(when);
}

void Connection::watch(SteadyTime until) {
    watched_ = until;
    timer_.expires_at(until);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (error) return;
        self->watched_.reset();
        if (!self->deadline_) return;
        if (std::chrono::steady_clock::now() < *self->deadline_) {
            self->watch(*self->deadline_);
            return;
        }
        self->expired_ = true;
        boost::system::error_code ignored;
        self->socket_.cancel(ignored);
        // An operation of several steps may be between two of them, where nothing can be cancelled.
        self->watch(std::chrono::steady_clock::now() + kCancelAgain);
    });
}

}  // namespace usher::http
