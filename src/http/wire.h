// A response as bytes.
#pragma once

#include <optional>
#include <string>

#include "http/framing.h"
#include "http/message.h"

namespace usher::http {

struct WireForm {
    HttpVersion version = HttpVersion::http11;
    bool keep_alive = true;
    bool without_body = false;  // the answer to HEAD: the length of the body, not the body
};

// The framing fields (Content-Length, Connection, Transfer-Encoding) are the server's: those of the
// response are left out. Nothing when a field's name or value, or the status, could break the
// framing, which is a bug of the handler.
std::optional<std::string> to_wire(const Response& response, WireForm form);

}  // namespace usher::http
