#include "http/wire.h"

#include <algorithm>
#include <iterator>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

namespace usher::http {

namespace {

bool is_framing_field(std::string_view name) {
    const auto is = [name](boost::beast::string_view other) {
        return boost::beast::iequals({name.data(), name.size()}, other);
    };
    return is("Content-Length") || is("Connection") || is("Transfer-Encoding");
}

// RFC 9110 §8.6: these have no body and 204 must not name a length.
bool has_no_body(int status) {
    return status == 204 || status == 304;
}

}  // namespace

std::optional<std::string> to_wire(const Response& response, WireForm form) {
    if (response.status < 200 || response.status > 599) return std::nullopt;
    const auto reason = boost::beast::http::obsolete_reason(
        static_cast<boost::beast::http::status>(response.status));
    std::string wire;
    wire.reserve(256 + response.body.size());
    auto out = std::back_inserter(wire);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status,
                   std::string_view{reason.data(), reason.size()});
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name) || !is_field_value(value)) return std::nullopt;
        if (is_framing_field(name)) continue;
        wire.append(name).append(": ").append(value).append("\r\n");
    }
    if (response.status != 204) {
        fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
    }
    if (!form.keep_alive) {
        wire.append("Connection: close\r\n");
    } else if (form.version == HttpVersion::http10) {
        wire.append("Connection: keep-alive\r\n");
    }
    wire.append("\r\n");
    if (!form.without_body && !has_no_body(response.status)) wire.append(response.body);
    return wire;
}

}  // namespace usher::http
