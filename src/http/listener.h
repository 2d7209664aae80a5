// Where the server listens. Internal to the room.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/server.h"

namespace usher::http {

// "127.0.0.1:8080", "[::1]:8080". No host names: which address a name gives is not ours to guess.
std::expected<boost::asio::ip::tcp::endpoint, ListenError> parse_listen_address(
    std::string_view text);

// One listening acceptor for each context, all on the same port. An address on which any other
// process listens is refused.
std::expected<std::vector<boost::asio::ip::tcp::acceptor>, ListenError> listen(
    const std::vector<boost::asio::io_context*>& contexts, std::string_view address);

}  // namespace usher::http
