#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/connection.h"

namespace usher::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

// A method and a version stand beside the target in the request line.
constexpr std::size_t kRequestLineRest = 64;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

Refusal refusal_of(boost::system::error_code error) {
    if (error == beast::http::error::body_limit) {
        return {.error = ProtocolError::body_too_large,
                .detail = "The body is larger than accepted here."};
    }
    return {.error = ProtocolError::malformed, .detail = "The request is not well-formed HTTP."};
}

// Of a head that is not complete yet, or is.
std::optional<Refusal> check_size(std::string_view bytes, const ServerOptions& options) {
    const bool in_first_line = bytes.find('\n') == std::string_view::npos;
    if (in_first_line && bytes.size() > options.max_target_bytes + kRequestLineRest) {
        return Refusal{.error = ProtocolError::target_too_long,
                       .detail = "The request target is longer than accepted here."};
    }
    if (bytes.size() > options.max_header_bytes) {
        return Refusal{.error = ProtocolError::head_too_large,
                       .detail = "The request head is larger than accepted here."};
    }
    return std::nullopt;
}

}  // namespace

struct Connection::Parser {
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;
    explicit Parser(const ServerOptions& options) {
        parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes + 1));
        parser.body_limit(options.max_body_bytes);
        parser.eager(true);
        parser.on_chunk_header(on_chunk);
    }

    // Beast 1.81 asserts that it has five bytes when it looks at a last chunk again, and a body
    // that is only "0\r\n\r\n" can arrive in smaller pieces.
    bool must_wait(std::string_view unread) const {
        return no_chunk_yet && parser.chunked() && unread.size() < 5 && unread.starts_with("0") &&
               unread.find("\r\n") != std::string_view::npos;
    }

    beast::http::request_parser<beast::http::string_body> parser;
    bool no_chunk_yet = true;
    std::function<void(std::uint64_t, beast::string_view, boost::system::error_code&)> on_chunk =
        [this](std::uint64_t, beast::string_view extension, boost::system::error_code& error) {
            no_chunk_yet = false;
            if (!is_chunk_extension(view(extension))) {
                error = beast::http::error::bad_chunk_extension;
            }
        };
};

base::Task<std::expected<Connection::Incoming, Connection::End>> Connection::read_request() {
    request_time_runs_ = false;
    const auto head = co_await read_head();
    if (!head) co_return std::unexpected{head.error()};
    Parser parser{core_->options};
    Incoming incoming;
    if (auto refusal = parse_head(parser, *head, incoming)) co_return std::unexpected{refusal};
    co_await allow_body(parser, incoming);
    if (auto read = co_await read_body(parser); !read) co_return std::unexpected{read.error()};
    incoming.request.body = std::move(parser.parser.get().body());
    incoming.request.peer = peer_;
    co_return incoming;
}

base::Task<std::expected<std::size_t, Connection::End>> Connection::read_head() {
    std::size_t scanned = 0;
    while (true) {
        const auto scan = scan_head(unread(), scanned);
        if (scan.refusal) co_return std::unexpected{scan.refusal};
        scanned = scan.scanned;
        if (auto refusal = check_size(unread().substr(0, scanned), core_->options)) {
            co_return std::unexpected{refusal};
        }
        if (scan.complete) co_return scanned;

        const bool nothing_yet = unread().empty();
        if (nothing_yet && core_->draining) co_return std::unexpected{End{}};
        if (nothing_yet) {
            expire_after(core_->options.idle_timeout);
        } else {
            start_request_time();
        }
        idle_ = nothing_yet;
        const bool filled = co_await fill();
        idle_ = false;
        if (!filled) co_return std::unexpected{nothing_yet ? End{} : end_of_reading()};
    }
}

std::optional<Refusal> Connection::parse_head(Parser& parser, std::size_t size,
                                              Incoming& incoming) {
    const auto head = unread().substr(0, size);
    if (auto refusal = check_request_line(head, core_->options.max_target_bytes)) return refusal;

    boost::system::error_code error;
    const auto taken = parser.parser.put(asio::buffer(head.data(), head.size()), error);
    // A body announced as too large is only told after the fields were found in order.
    if (error && error != beast::http::error::body_limit) return refusal_of(error);

    const auto& message = parser.parser.get();
    for (const auto& field : message) {
        incoming.request.headers.add(std::string{view(field.name_string())},
                                     std::string{view(field.value())});
    }
    incoming.form.version = message.version() == 10 ? HttpVersion::http10 : HttpVersion::http11;
    if (auto refusal = check_fields(incoming.request.headers, incoming.form.version)) {
        return refusal;
    }
    if (error || taken != size || !parser.parser.is_header_done()) return refusal_of(error);

    incoming.request.method = view(message.method_string());
    incoming.request.target = view(message.target());
    incoming.form.keep_alive = message.keep_alive();
    incoming.form.without_body = incoming.request.method == "HEAD";
    input_.consume(size);
    return std::nullopt;
}

base::Task<> Connection::allow_body(const Parser& parser, const Incoming& incoming) {
    if (parser.parser.is_done() || !unread().empty()) co_return;
    if (incoming.form.version == HttpVersion::http10) co_return;
    const auto expect = incoming.request.headers.find("Expect").value_or("");
    if (!beast::iequals({expect.data(), expect.size()}, "100-continue")) co_return;
    co_await write("HTTP/1.1 100 Continue\r\n\r\n");
}

base::Task<std::expected<void, Connection::End>> Connection::read_body(Parser& parser) {
    while (!parser.parser.is_done()) {
        if (auto refusal = feed(parser)) co_return std::unexpected{refusal};
        if (parser.parser.is_done()) break;
        start_request_time();
        if (!co_await fill()) co_return std::unexpected{end_of_reading()};
    }
    co_return std::expected<void, End>{};
}

std::optional<Refusal> Connection::feed(Parser& parser) {
    if (unread().empty()) return std::nullopt;
    if (parser.must_wait(unread())) return check_chunk_rest(unread());
    boost::system::error_code error;
    input_.consume(parser.parser.put(input_.data(), error));
    if (error && error != beast::http::error::need_more) return refusal_of(error);
    if (parser.parser.is_done()) return std::nullopt;
    return check_chunk_rest(unread());
}

Connection::End Connection::end_of_reading() const {
    if (!expired_) return std::nullopt;
    return Refusal{.error = ProtocolError::timed_out,
                   .detail = "The request did not arrive in time."};
}

void Connection::start_request_time() {
    if (request_time_runs_) return;
    request_time_runs_ = true;
    expire_after(core_->options.request_timeout);
}

std::string_view Connection::unread() const {
    const auto data = input_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

}  // namespace usher::http
