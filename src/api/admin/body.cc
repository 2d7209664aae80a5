#include "api/admin/body.h"

#include <algorithm>
#include <utility>

#include <boost/system/error_code.hpp>

#include "base/json.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::int64_t kLargestCount = 1'000'000'000'000;
constexpr std::string_view kTooMany = "must hold 1 to 500 entries.";

}  // namespace

const json::array* read_list(const json::object& body, std::string_view name, Fields& fields) {
    const auto* member = base::find_member(body, name);
    if (member == nullptr) {
        fields.add(ErrorCode::argument_missing, name, "is mandatory.");
        return nullptr;
    }
    if (!member->is_array()) {
        fields.add(ErrorCode::argument_of_wrong_type, name, "must be an array of objects.");
        return nullptr;
    }
    const auto& list = member->get_array();
    if (list.empty() || list.size() > kMostEntries) {
        fields.add(ErrorCode::argument_invalid, name, std::string{kTooMany});
        return nullptr;
    }
    return &list;
}

bool read_flag(const json::object& body, std::string_view name, Fields& fields) {
    const auto* member = base::find_member(body, name);
    if (member == nullptr) return false;
    if (!member->is_bool()) {
        fields.add(ErrorCode::argument_of_wrong_type, name, "must be true or false.");
        return false;
    }
    return member->get_bool();
}

std::uint64_t read_count(const json::object& body, std::string_view name, Fields& fields) {
    const auto* member = base::find_member(body, name);
    if (member == nullptr) {
        fields.add(ErrorCode::argument_missing, name, "is mandatory.");
        return 0;
    }
    // Also 5.0, which is the same number.
    boost::system::error_code inexact;
    const auto count = member->to_number<std::int64_t>(inexact);
    if (inexact || count < 0 || count > kLargestCount) {
        fields.add(ErrorCode::argument_of_wrong_type, name, std::string{kCountForm});
        return 0;
    }
    return static_cast<std::uint64_t>(count);
}

std::string read_digest(std::string_view name, Fields& fields) {
    constexpr std::size_t kDigits = 64;
    auto digest = fields.text(name, Presence::mandatory);
    if (!digest) return {};
    const bool hexadecimal = digest->size() == kDigits && std::ranges::all_of(*digest, [](char c) {
                                 return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                             });
    if (!hexadecimal) {
        fields.add(ErrorCode::argument_invalid, name, "must be 64 lower-case hexadecimal digits.");
    }
    return std::move(*digest);
}

}  // namespace usher::api::admin
