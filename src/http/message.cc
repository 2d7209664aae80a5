#include "http/message.h"

#include <algorithm>

#include <boost/beast/core/string.hpp>

namespace usher::http {

namespace {

auto has_name(std::string_view name) {
    return [name](const Headers::Field& field) {
        return boost::beast::iequals(field.first, {name.data(), name.size()});
    };
}

}  // namespace

void Headers::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, has_name(name));
    fields_.emplace_back(std::string{name}, std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const auto found = std::ranges::find_if(fields_, has_name(name));
    if (found == fields_.end()) return std::nullopt;
    return found->second;
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(fields_, has_name(name)));
}

Response make_response(int status, std::string type, std::string body) {
    return {
        .status = status, .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

}  // namespace usher::http
