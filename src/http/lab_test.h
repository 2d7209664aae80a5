// What the tests of sockets share: a server on one io_context, and raw conversations with it.
// Everything runs on the test's own thread.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "http/server.h"

namespace usher::http::lab {

namespace asio = boost::asio;
using asio::ip::tcp;

inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

inline Response render_plainly(ProtocolError error, std::string_view detail) {
    return make_response(status_of(error), "text/plain", std::string{detail});
}

// Runs `context` until the coroutine is done; what it throws fails the test.
inline void run(asio::io_context& context, std::function<base::Task<>()> work) {
    context.restart();
    asio::co_spawn(context, std::move(work), [&context](const std::exception_ptr& problem) {
        context.stop();
        if (problem) std::rethrow_exception(problem);
    });
    context.run();
}

class Lab {
  public:
    explicit Lab(ServerOptions options = {}, Handler handler = {}) {
        options.listen = "127.0.0.1:0";
        if (!handler) handler = [this](Request request) { return echo(std::move(request)); };
        auto made = make_server({&context}, *clock, options, std::move(handler), render_plainly);
        if (!made) ADD_FAILURE() << made.error().sentence;
        server = std::move(*made);
    }

    void run(std::function<base::Task<>()> work) { lab::run(context, std::move(work)); }

    base::Task<Response> echo(Request request) {
        seen.push_back(request);
        co_return make_response(
            200, "text/plain",
            fmt::format("{} {} [{}]", request.method, request.target, request.body));
    }

    std::string url(std::string_view path) const {
        return fmt::format("http://127.0.0.1:{}{}", server->port(), path);
    }

    base::Monotonic in(std::chrono::milliseconds span) const { return clock->monotonic() + span; }

    std::unique_ptr<base::Clock> clock = base::make_system_clock();
    asio::io_context context;
    std::unique_ptr<Server> server;
    std::vector<Request> seen;
};

// A client that sends and reads bytes as they are.
class Raw {
  public:
    explicit Raw(tcp::socket socket) : socket{std::move(socket)} {}

    static base::Task<Raw> connect(std::uint16_t port) {
        tcp::socket socket{co_await asio::this_coro::executor};
        co_await socket.async_connect({asio::ip::address_v4::loopback(), port},
                                      asio::use_awaitable);
        socket.set_option(tcp::no_delay{true});
        co_return Raw{std::move(socket)};
    }

    // False when the other side is gone; after that asio would wait for ever.
    base::Task<bool> send(std::string bytes) {
        const auto [error, size] = co_await asio::async_write(socket, asio::buffer(bytes), kTuple);
        co_return !error;
    }

    void finish_sending() {
        boost::system::error_code ignored;
        socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

    // One response, framed by its Content-Length; empty when the connection ended.
    base::Task<std::string> read_response() {
        const auto [error, head] = co_await asio::async_read_until(
            socket, asio::dynamic_buffer(buffer), "\r\n\r\n", kTuple);
        if (error) co_return "";
        std::size_t length = 0;
        const auto at = buffer.find("Content-Length: ");
        if (at < head) length = std::stoul(buffer.substr(at + 16));
        while (buffer.size() < head + length) {
            if (!co_await read_more()) co_return "";
        }
        auto response = buffer.substr(0, head + length);
        buffer.erase(0, head + length);
        co_return response;
    }

    base::Task<std::string> read_to_end() {
        while (co_await read_more()) {
        }
        co_return std::exchange(buffer, {});
    }

    base::Task<bool> read_more() {
        std::string more(16 * 1024, '\0');
        const auto [error, size] = co_await socket.async_read_some(asio::buffer(more), kTuple);
        buffer.append(more, 0, size);
        co_return !error;
    }

    tcp::socket socket;
    std::string buffer;
};

// Sends, says that nothing more comes, and reads all that the server has to say.
inline base::Task<std::string> converse(std::uint16_t port, std::vector<std::string> pieces) {
    auto raw = co_await Raw::connect(port);
    for (auto& piece : pieces) {
        if (!co_await raw.send(std::move(piece))) break;
    }
    raw.finish_sending();
    co_return co_await raw.read_to_end();
}

inline std::vector<std::string> bytes_of(std::string_view text) {
    std::vector<std::string> bytes;
    for (const char c : text) bytes.emplace_back(1, c);
    return bytes;
}

// The status codes in a stream of responses, in order.
inline std::vector<int> statuses_of(std::string_view stream) {
    constexpr std::string_view kStart = "HTTP/1.1 ";
    std::vector<int> statuses;
    for (auto at = stream.find(kStart); at != std::string_view::npos;
         at = stream.find(kStart, at + 1)) {
        statuses.push_back(std::stoi(std::string{stream.substr(at + kStart.size(), 3)}));
    }
    return statuses;
}

}  // namespace usher::http::lab
