// What the answers of admin/v1 hold, for the commands that print them. A member that is not there
// or of another type is empty, 0 or false. Pure; thread-safe.
#pragma once

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

inline bool flag(const boost::json::object& object, std::string_view name) {
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

inline const boost::json::object& part(const boost::json::object& object, std::string_view name) {
    static const boost::json::object kNone;
    const auto* found = base::find_member(object, name);
    return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

inline std::vector<boost::json::object> list(const boost::json::object& object,
                                             std::string_view name) {
    std::vector<boost::json::object> all;
    const auto* found = base::find_member(object, name);
    if (found == nullptr || !found->is_array()) return all;
    for (const auto& one : found->get_array()) {
        if (one.is_object()) all.push_back(one.get_object());
    }
    return all;
}

}  // namespace usher::cli
