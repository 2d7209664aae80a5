// Reads requests out of bytes, however they are cut into pieces: the strict rules of framing.h
// around Beast's parser. No sockets, no time. Internal to the room.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/chunks.h"
#include "http/framing.h"
#include "http/message.h"
#include "http/wire.h"

namespace usher::http {

class RequestReader {
  public:
    // `options` must outlive it.
    explicit RequestReader(const ServerOptions& options) : options_{options} {}
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    // Goes as far as the bytes in `input` lead, takes out what it has understood, and never more
    // than the request's own. After a refusal the connection has no meaning any more.
    std::optional<Refusal> read(boost::beast::flat_buffer& input);

    bool has_begun() const { return scanned_ > 0; }
    bool is_done() const { return parser_ && parser_->is_done(); }

    // The head is read, and its sender waits for leave to send the body. True once.
    bool take_wish_to_continue();

    Request take_request();  // when it is done

    // How the answer must look. Of a request that is refused: as much as was understood.
    const WireForm& form() const { return form_; }

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    std::optional<Refusal> read_head(boost::beast::flat_buffer& input);
    std::optional<Refusal> parse_head(std::string_view head);
    std::optional<Refusal> read_body(boost::beast::flat_buffer& input);
    std::optional<Refusal> check_size(std::string_view head) const;

    const ServerOptions& options_;
    std::size_t scanned_ = 0;       // bytes of the head that were found in order
    std::optional<Parser> parser_;  // from the whole head on
    ChunkScanner chunks_;
    std::size_t ready_ = 0;  // bytes of a chunked body that were found in order and are not decoded
    bool wishes_to_continue_ = false;
    Request request_;
    WireForm form_;
};

}  // namespace usher::http
