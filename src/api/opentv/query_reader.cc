#include "api/opentv/query_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace usher::api::opentv {

std::optional<std::string_view> QueryReader::once(std::string_view name) {
    const auto times = std::ranges::count(target_.query, name,
                                          [](const auto& one) -> const auto& { return one.first; });
    if (times > 1) wrong(name, "must be given once.");
    return times == 1 ? target_.find_query(name) : std::nullopt;
}

std::size_t QueryReader::number(std::string_view name, std::size_t usual, std::size_t least,
                                std::size_t most) {
    const auto given = once(name);
    if (!given) return usual;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
    const bool is_whole = error == std::errc{} && end == given->data() + given->size();
    if (is_whole && number >= least && number <= most) return number;
    wrong(name, fmt::format("must be a whole number from {} to {}.", least, most));
    return usual;
}

void QueryReader::wrong(std::string_view name, std::string text) {
    fields_.add(ErrorCode::query_invalid, name, std::move(text));
}

}  // namespace usher::api::opentv
