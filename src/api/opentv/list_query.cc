#include "api/opentv/list_query.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/opentv/list_filter.h"
#include "api/opentv/query_reader.h"
#include "base/base64.h"
#include "base/json.h"

namespace usher::api::opentv {

namespace {

namespace json = boost::json;
using flow::ListOrder;
using flow::ListValue;

constexpr std::string_view kFieldNames = "must name fields of the record.";

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kAround = " \t\"'";
    const auto begin = text.find_first_not_of(kAround);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kAround) - begin + 1);
}

std::optional<ListOrder> read_order(std::string_view name, std::optional<std::int64_t> direction) {
    const auto field = list_field(name);
    if (!field || !direction || (*direction != 1 && *direction != -1)) return std::nullopt;
    return ListOrder{*field, *direction == -1};
}

// The pages print {<field_name>, <order>}, which is no JSON.
std::optional<std::vector<ListOrder>> read_printed_sort(std::string_view text) {
    if (!text.starts_with('{') || !text.ends_with('}')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    const auto comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto order =
        read_order(trimmed(text.substr(0, comma)), whole_number(trimmed(text.substr(comma + 1))));
    if (!order) return std::nullopt;
    return std::vector{*order};
}

std::optional<std::vector<ListOrder>> read_sort(std::string_view text) {
    const auto value = base::parse_json(text);
    if (!value || !value->is_object()) return read_printed_sort(text);
    std::vector<ListOrder> all;
    for (const auto& [name, direction] : value->get_object()) {
        const auto order = read_order(
            name, direction.is_int64() ? std::optional{direction.get_int64()} : std::nullopt);
        if (!order || all.size() == kMostOrders) return std::nullopt;
        all.push_back(*order);
    }
    return all;
}

std::optional<bool> read_flag(const json::value& value) {
    if (value.is_bool()) return value.get_bool();
    if (!value.is_int64() || (value.get_int64() != 0 && value.get_int64() != 1))
        return std::nullopt;
    return value.get_int64() == 1;
}

// {"status":1} names what is shown, {"status":0} what is not; only _id may be said otherwise.
bool read_object(const json::object& object, ListAsked& asked) {
    asked.members_are_left_out = std::ranges::none_of(object, [](const auto& member) {
        return member.key() != "_id" && read_flag(member.value()).value_or(false);
    });
    if (!asked.members_are_left_out) asked.members.insert("_id");
    for (const auto& [name, value] : object) {
        const auto wanted = read_flag(value);
        if (!wanted) return false;
        if (*wanted != asked.members_are_left_out) {
            asked.members.insert(std::string{name});
        } else {
            asked.members.erase(std::string{name});
        }
    }
    return true;
}

bool read_list(const json::array& list, ListAsked& asked) {
    for (const auto& name : list) {
        if (!name.is_string()) return false;
        asked.members.emplace(name.get_string());
    }
    return true;
}

bool read_names(std::string_view text, ListAsked& asked) {
    if (text.empty()) return false;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto name = trimmed(text.substr(0, comma));
        if (name.empty() || name.find_first_of("{}[]:\"") != std::string_view::npos) return false;
        asked.members.emplace(name);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return true;
}

// An object, ["status"] or status,accountId.
bool read_projection(std::string_view text, ListAsked& asked) {
    const auto value = base::parse_json(text);
    if (value && value->is_object()) return read_object(value->get_object(), asked);
    asked.members_are_left_out = false;
    asked.members.insert("_id");
    return value && value->is_array() ? read_list(value->get_array(), asked)
                                      : read_names(text, asked);
}

json::value to_json(const std::optional<ListValue>& value) {
    if (!value) return nullptr;
    if (const auto* text = std::get_if<std::string>(&*value)) return json::value(*text);
    if (const auto* number = std::get_if<std::int64_t>(&*value)) return json::value(*number);
    return json::object{{"t", base::to_micros(std::get<base::Time>(*value))}};
}

std::optional<ListValue> from_json(const json::value& value) {
    if (value.is_string()) return std::string{value.get_string()};
    if (value.is_int64()) return value.get_int64();
    if (value.is_object()) {
        const auto* micros = base::find_member(value.get_object(), "t");
        if (micros != nullptr && micros->is_int64()) {
            return ListValue{base::from_micros(micros->get_int64())};
        }
    }
    return std::nullopt;
}

std::optional<flow::Condition> read_cursor(const ListAsked& asked, std::string_view text) {
    const auto bytes = base::decode_base64url(text);
    if (!bytes) return std::nullopt;
    const auto value = base::parse_json(*bytes);
    if (!value || !value->is_object()) return std::nullopt;
    const auto& object = value->get_object();
    const auto id = base::find_string(object, "i");
    const auto* values = base::find_member(object, "v");
    if (!id || base::find_string(object, "s").value_or("") != asked.sort) return std::nullopt;
    if (values == nullptr || !values->is_array()) return std::nullopt;
    if (values->get_array().size() != asked.order.size()) return std::nullopt;
    std::vector<std::optional<ListValue>> read;
    for (const auto& element : values->get_array()) {
        read.push_back(from_json(element));
        // What a caller made up must not be compared.
        const auto field = asked.order[read.size() - 1].field;
        if (read.back() && !is_of_type(field, *read.back())) return std::nullopt;
    }
    return flow::behind(asked.order, read, domain::EntitlementId{*id});
}

}  // namespace

ListAsked read_list_query(const http::Target& target, std::size_t usual_limit, Fields& fields) {
    QueryReader query{target, fields};
    ListAsked asked;
    if (const auto filter = query.once("filter")) {
        auto where = parse_filter(*filter);
        if (where) asked.where = std::move(*where);
        if (!where) query.wrong("filter", std::move(where.error()));
    }
    if (const auto sort = query.once("sort")) {
        const auto order = read_sort(*sort);
        if (order) asked.order = *order;
        if (!order) query.wrong("sort", R"(must be such as {"created":-1}, by at most 4 fields.)");
        asked.sort = *sort;
    }
    if (const auto projection = query.once("fields")) {
        if (!read_projection(*projection, asked)) query.wrong("fields", std::string{kFieldNames});
    }
    asked.limit = query.number("limit", usual_limit, 0, kMostListed);
    const auto page = query.number("page", 1, 1, kMostPages);
    asked.skip = (page - 1) * asked.limit;
    if (const auto cursor = query.once("after")) {
        asked.behind = read_cursor(asked, *cursor);
        if (!asked.behind) query.wrong("after", "must be of a link that was given for this list.");
        if (page > 1) query.wrong("page", "cannot be combined with after.");
    }
    return asked;
}

std::string write_cursor(const ListAsked& asked, const domain::Entitlement& last) {
    json::array values;
    for (const auto& order : asked.order) values.push_back(to_json(value_of(last, order.field)));
    return base::encode_base64url(json::serialize(
        json::object{{"s", asked.sort}, {"v", std::move(values)}, {"i", last.id.text()}}));
}

json::object project(json::object record, const ListAsked& asked) {
    if (asked.members_are_left_out && asked.members.empty()) return record;
    json::object kept;
    for (auto& [name, value] : record) {
        const bool is_named = asked.members.contains(std::string_view{name});
        if (is_named != asked.members_are_left_out) kept[name] = std::move(value);
    }
    return kept;
}

}  // namespace usher::api::opentv
