#include "api/host.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

#include "api/text.h"

namespace usher::api {

namespace {

std::string_view without_port(std::string_view field) {
    if (field.starts_with('[')) return field.substr(0, field.find(']') + 1);
    return field.substr(0, field.find(':'));
}

bool is_address(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code failed;
    boost::asio::ip::make_address(std::string{host}, failed);
    return !failed;
}

}  // namespace

bool is_known_host(std::string_view field, std::span<const std::string> names) {
    auto host = without_port(trim(field));
    if (host.ends_with('.')) host.remove_suffix(1);
    if (is_address(host) || same_word(host, "localhost")) return true;
    return std::ranges::any_of(names, [&](const auto& name) { return same_word(host, name); });
}

}  // namespace usher::api
