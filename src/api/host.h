// Which Host a request may name. A page that was lured into asking a listener on loopback gives
// itself away by the name that it was loaded from (DNS rebinding). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace usher::api {

// `field` is the header's value, "name", "name:port" or "[::1]:port". Addresses and localhost are
// always known, others when they are among `names`, without regard to case.
bool is_known_host(std::string_view field, std::span<const std::string> names);

}  // namespace usher::api
