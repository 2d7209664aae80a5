// The strict rules of how a request is framed, as pure functions of bytes and fields. Beast frames
// more than it should; what two parsers could read in two ways is refused here, so that a second
// request can never be smuggled behind the first.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/message.h"
#include "http/server.h"

namespace usher::http {

struct Refusal {
    ProtocolError error;
    std::string_view detail;  // a literal; safe to show; empty when `error` says it all
};

struct HeadScan {
    std::size_t scanned;  // where to go on; the head's size when complete
    bool complete;
    std::optional<Refusal> refusal;
};

// One byte of a line, after the one before; 0 at the very start. What no line of a head or a
// trailer may hold, whatever it means.
std::optional<Refusal> check_byte(char previous, char c);

// Looks at the bytes from `from` on, which earlier calls have not seen, up to the empty line that
// ends the head. Refuses as soon as they are there: lone LF, bare CR, folded lines, control
// characters, anything beyond ASCII, an empty line in front.
HeadScan scan_head(std::string_view bytes, std::size_t from);

// Of a complete, scanned head: three parts with one blank between, a token, the origin form, a
// version we speak. 414 when the target is longer than allowed.
std::optional<Refusal> check_request_line(std::string_view head, std::size_t max_target_bytes);

// Both of the above on one whole head.
std::optional<Refusal> check_head(std::string_view raw_head, std::size_t max_target_bytes);

enum class HttpVersion { http10, http11 };

// Content-Length at most once and one number; no Transfer-Encoding but one `chunked`, on 1.1 and
// without Content-Length; one Host (on 1.0: at most one); no Upgrade but to h2c, which stock Java
// clients offer and which may be ignored (RFC 9110 §7.8).
std::optional<Refusal> check_fields(const Headers& headers, HttpVersion version);

// Whether the connection goes on after this request (RFC 9112 §9.3): all Connection fields count,
// and `close` wins.
bool keeps_alive(const Headers& headers, HttpVersion version);

bool is_token(std::string_view text);
bool is_field_value(std::string_view text);  // visible ASCII, blank, tab, and beyond ASCII

}  // namespace usher::http
