#include "http/request_reader.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>

namespace usher::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

// A method and a version stand beside the target in the request line.
constexpr std::size_t kRequestLineRest = 64;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

std::string_view unread(const beast::flat_buffer& input) {
    const auto data = input.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

Refusal refusal_of(boost::system::error_code error) {
    if (error == beast::http::error::body_limit) {
        return {.error = ProtocolError::body_too_large, .detail = ""};
    }
    return {.error = ProtocolError::malformed, .detail = "The request is not well-formed HTTP."};
}

}  // namespace

std::optional<Refusal> RequestReader::read(beast::flat_buffer& input) {
    if (!parser_) {
        if (auto refusal = read_head(input)) return refusal;
    }
    if (!parser_ || parser_->is_done()) return std::nullopt;
    return read_body(input);
}

std::optional<Refusal> RequestReader::read_head(beast::flat_buffer& input) {
    const auto scan = scan_head(unread(input), scanned_);
    if (scan.refusal) return scan.refusal;
    scanned_ = scan.scanned;
    const auto head = unread(input).substr(0, scanned_);
    if (auto refusal = check_size(head)) return refusal;
    if (!scan.complete) return std::nullopt;
    if (auto refusal = parse_head(head)) return refusal;
    input.consume(head.size());
    return std::nullopt;
}

// Of a head that is not complete yet, or is.
std::optional<Refusal> RequestReader::check_size(std::string_view head) const {
    const bool in_first_line = head.find('\n') == std::string_view::npos;
    if (in_first_line && head.size() > options_.max_target_bytes + kRequestLineRest) {
        return Refusal{.error = ProtocolError::target_too_long, .detail = ""};
    }
    if (head.size() > options_.max_header_bytes) {
        return Refusal{.error = ProtocolError::head_too_large, .detail = ""};
    }
    return std::nullopt;
}

std::optional<Refusal> RequestReader::parse_head(std::string_view head) {
    form_ = {.keep_alive = false, .without_body = head.starts_with("HEAD ")};
    if (auto refusal = check_request_line(head, options_.max_target_bytes)) return refusal;

    auto& parser = parser_.emplace();
    parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes + 1));
    parser.body_limit(options_.max_body_bytes);
    parser.eager(true);
    boost::system::error_code error;
    const auto taken = parser.put(asio::buffer(head.data(), head.size()), error);
    // A body announced as too large is only told after the fields were found in order.
    if (error && error != beast::http::error::body_limit) return refusal_of(error);

    const auto& message = parser.get();
    for (const auto& field : message) {
        request_.headers.add(std::string{view(field.name_string())},
                             std::string{view(field.value())});
    }
    form_.version = message.version() == 10 ? HttpVersion::http10 : HttpVersion::http11;
    if (auto refusal = check_fields(request_.headers, form_.version)) return refusal;
    if (error || taken != head.size() || !parser.is_header_done()) return refusal_of(error);

    request_.method = view(message.method_string());
    request_.target = view(message.target());
    form_.keep_alive = keeps_alive(request_.headers, form_.version);
    const auto expect = request_.headers.find("Expect").value_or("");
    wishes_to_continue_ = form_.version == HttpVersion::http11 &&
                          beast::iequals({expect.data(), expect.size()}, "100-continue");
    return std::nullopt;
}

bool RequestReader::take_wish_to_continue() {
    return parser_ && !parser_->is_done() && std::exchange(wishes_to_continue_, false) &&
           parser_->get().body().empty();
}

std::optional<Refusal> RequestReader::read_body(beast::flat_buffer& input) {
    std::optional<Refusal> refusal;
    auto usable = input.size();
    if (parser_->chunked()) {
        auto scan = chunks_.scan(unread(input).substr(ready_));
        refusal = scan.refusal;
        usable = ready_ + scan.ready;
    }
    while (usable > 0 && !parser_->is_done()) {
        boost::system::error_code error;
        const auto taken = parser_->put(asio::buffer(unread(input).data(), usable), error);
        input.consume(taken);
        usable -= taken;
        if (error && error != beast::http::error::need_more) return refusal_of(error);
        if (taken == 0) break;
    }
    ready_ = usable;
    return refusal;
}

Request RequestReader::take_request() {
    request_.body = std::move(parser_->get().body());
    return std::move(request_);
}

}  // namespace usher::http
