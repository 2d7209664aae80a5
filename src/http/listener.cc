#include "http/listener.h"

#include <charconv>
#include <string>

#include <boost/asio/detail/socket_option.hpp>
#include <fmt/format.h>

namespace usher::http {

using boost::asio::ip::tcp;

namespace {

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

ListenError not_an_address(std::string_view text) {
    return {.sentence = fmt::format("'{}' is not an address to listen on: write it as "
                                    "address:port, for example 127.0.0.1:8080 or [::1]:8080.",
                                    text)};
}

ListenError cannot_listen(std::string_view address, boost::system::error_code error) {
    namespace errc = boost::system::errc;
    if (error == errc::address_in_use) {
        return {.sentence = fmt::format("{} is already in use: stop the program that listens "
                                        "there, or choose another address or port.",
                                        address)};
    }
    if (error == errc::address_not_available) {
        return {.sentence = fmt::format("{} is no address of this machine: choose one of its own, "
                                        "or 0.0.0.0 for all of them.",
                                        address)};
    }
    if (error == errc::permission_denied) {
        return {.sentence = fmt::format("{} needs a right that this user lacks: choose a port from "
                                        "1024 up, or grant CAP_NET_BIND_SERVICE.",
                                        address)};
    }
    return {.sentence = fmt::format("Cannot listen on {} ({}): choose another address or port.",
                                    address, error.message())};
}

enum class Sharing { none, after_bind, before_bind };

boost::system::error_code bind_to(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                                  Sharing sharing) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error && sharing == Sharing::before_bind) acceptor.set_option(ReusePort{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error && sharing == Sharing::after_bind) acceptor.set_option(ReusePort{true}, error);
    return error;
}

}  // namespace

std::expected<tcp::endpoint, ListenError> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::unexpected{not_an_address(text)};
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);

    std::uint16_t port{};
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string{host}, error);
    if (problem != std::errc{} || end != digits.data() + digits.size() || error ||
        address.is_v6() != bracketed) {
        return std::unexpected{not_an_address(text)};
    }
    return tcp::endpoint{address, port};
}

// The first socket is bound without SO_REUSEPORT: with it, the kernel would let a second Usher
// share the port in silence. Allowed afterwards, it lets the rest of our own in.
std::expected<std::vector<tcp::acceptor>, ListenError> listen(
    const std::vector<boost::asio::io_context*>& contexts, std::string_view address) {
    auto endpoint = parse_listen_address(address);
    if (!endpoint) return std::unexpected{endpoint.error()};
    std::vector<tcp::acceptor> acceptors;
    auto sharing = contexts.size() > 1 ? Sharing::after_bind : Sharing::none;
    for (auto* context : contexts) {
        auto& acceptor = acceptors.emplace_back(*context);
        if (const auto error = bind_to(acceptor, *endpoint, sharing)) {
            return std::unexpected{cannot_listen(address, error)};
        }
        endpoint->port(acceptor.local_endpoint().port());
        sharing = Sharing::before_bind;
    }
    for (auto& acceptor : acceptors) {
        boost::system::error_code error;
        acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
        if (error) return std::unexpected{cannot_listen(address, error)};
    }
    return acceptors;
}

}  // namespace usher::http
