// What the bodies of admin/v1 have beside plain arguments: lists of objects, flags and counts.
// Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "api/fields.h"

namespace usher::api::admin {

inline constexpr std::size_t kMostEntries = 500;
inline constexpr std::string_view kCountForm = "must be a whole number from 0 to 1000000000000.";

// The entries of a list, 1 to kMostEntries; adds what is wrong with it.
const boost::json::array* read_list(const boost::json::object& body, std::string_view name,
                                    Fields& fields);

bool read_flag(const boost::json::object& body, std::string_view name, Fields& fields);
std::uint64_t read_count(const boost::json::object& body, std::string_view name, Fields& fields);

// A SHA-256, hexadecimal.
std::string read_digest(std::string_view name, Fields& fields);

inline constexpr std::size_t kLongestName = 256;

// Of a partner's: its form is the partner's.
template <class Name>
Name read_name(std::string_view name, Fields& fields) {
    return Name{fields.text(name, Presence::mandatory, kLongestName).value_or("")};
}

// Reads each entry of a list with `read(entry, fields)`; the first that is wrong is told with its
// place, as rows[3].status.
template <class Read>
std::expected<void, Problem> for_each(const boost::json::object& body, std::string_view name,
                                      Fields& fields, Read read) {
    const auto* list = read_list(body, name, fields);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto place = fmt::format("{}[{}]", name, i);
        const auto* entry = (*list)[i].if_object();
        if (entry == nullptr) {
            fields.add(ErrorCode::argument_of_wrong_type, place, "must be an object.");
            break;
        }
        Fields own{*entry};
        read(*entry, own);
        if (own.ok()) continue;
        for (auto& detail : own.take_problem().details) {
            fields.add(detail.code, fmt::format("{}.{}", place, detail.field), detail.problem);
        }
        break;
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return {};
}

}  // namespace usher::api::admin
