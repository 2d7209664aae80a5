// What the answers of admin/v1 hold, for the commands that print them. A member that is not there
// or of another type is empty, 0 or false. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/json.h"

namespace usher::cli {

inline std::string text(const boost::json::object& object, std::string_view name) {
    return base::find_string(object, name).value_or("");
}

inline double number(const boost::json::object& object, std::string_view name) {
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

inline std::uint64_t count_in(const boost::json::object& object, std::string_view name) {
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

inline bool flag(const boost::json::object& object, std::string_view name) {
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

inline const boost::json::object& part(const boost::json::object& object, std::string_view name) {
    static const boost::json::object kNone;
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

// What is no object is an empty one.
inline const boost::json::object& as_object(const boost::json::value& value) {
    static const boost::json::object kNone;
    const auto* object = value.if_object();
    return object == nullptr ? kNone : *object;
}

// Of the list's members those that are objects.
template <class Take>
void for_each(const boost::json::object& object, std::string_view name, Take take) {
    const auto* found = base::find_member(object, name);
    if (found == nullptr || !found->is_array()) return;
    for (const auto& one : found->get_array()) {
        if (one.is_object()) take(one.get_object());
    }
}

inline std::vector<boost::json::object> list(const boost::json::object& object,
                                             std::string_view name) {
    std::vector<boost::json::object> all;
    for_each(object, name, [&all](const auto& one) { all.push_back(one); });
    return all;
}

}  // namespace usher::cli
