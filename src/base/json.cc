#include "base/json.h"

#include <cmath>
#include <set>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

namespace usher::base {

namespace {

namespace json = boost::json;

// Builds the value as json::parse does, and looks at each key, string and number on the way.
class StrictHandler {
  public:
    // The text's own length is the limit; who hands it in has one.
    static constexpr std::size_t max_object_size = SIZE_MAX / 2;
    static constexpr std::size_t max_array_size = SIZE_MAX / 2;
    static constexpr std::size_t max_key_size = SIZE_MAX / 2;
    static constexpr std::size_t max_string_size = SIZE_MAX / 2;

    json::value_stack stack;
    std::optional<JsonError> error;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) {
        keys_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t n, json::error_code&) {
        keys_.pop_back();
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t n, json::error_code&) {
        stack.push_array(n);
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        text_.append(part);
        stack.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
        text_.append(part);
        stack.push_key(part);
        auto key = std::exchange(text_, {});
        if (key.find('\0') != std::string::npos) return fail(JsonProblem::nul_in_string, "", ec);
        if (!keys_.back().insert(key).second) return fail(JsonProblem::duplicate_key, key, ec);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code& ec) {
        stack.push_chars(part);
        return !has_nul(part, ec);
    }
    bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
        stack.push_string(part);
        return !has_nul(part, ec);
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t i, json::string_view, json::error_code&) {
        stack.push_int64(i);
        return true;
    }
    bool on_uint64(std::uint64_t u, json::string_view, json::error_code&) {
        stack.push_uint64(u);
        return true;
    }
    bool on_double(double d, json::string_view, json::error_code& ec) {
        stack.push_double(d);
        if (std::isfinite(d)) return true;
        return fail(JsonProblem::number_out_of_range, "", ec);
    }
    bool on_bool(bool b, json::error_code&) {
        stack.push_bool(b);
        return true;
    }
    bool on_null(json::error_code&) {
        stack.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

  private:
    bool has_nul(json::string_view part, json::error_code& ec) {
        if (part.find('\0') == json::string_view::npos) return false;
        fail(JsonProblem::nul_in_string, "", ec);
        return true;
    }

    bool fail(JsonProblem problem, std::string where, json::error_code& ec) {
        error = JsonError{problem, std::move(where)};
        ec = json::make_error_code(json::error::syntax);
        return false;
    }

    std::vector<std::set<std::string>> keys_;  // hashed ones could be made to collide
    std::string text_;
};

}  // namespace

std::expected<json::value, JsonError> parse_json(std::string_view text, std::size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<StrictHandler> parser{options};
    parser.handler().stack.reset();
    json::error_code ec;
    const auto used = parser.write_some(false, text.data(), text.size(), ec);
    auto& handler = parser.handler();
    if (handler.error) return std::unexpected{*handler.error};
    if (ec == json::error::too_deep) {
        return std::unexpected{JsonError{JsonProblem::too_deep, std::to_string(max_depth)}};
    }
    if (ec == json::error::exponent_overflow) {
        return std::unexpected{JsonError{JsonProblem::number_out_of_range, ""}};
    }
    if (ec || used != text.size()) {
        return std::unexpected{JsonError{JsonProblem::not_json, std::to_string(used)}};
    }
    return handler.stack.release();
}

std::string_view to_text(JsonProblem problem) {
    switch (problem) {
        case JsonProblem::not_json:
            return "is not well-formed JSON in UTF-8";
        case JsonProblem::too_deep:
            return "is nested too deeply";
        case JsonProblem::duplicate_key:
            return "has a key twice";
        case JsonProblem::nul_in_string:
            return "has a NUL character in a string";
        case JsonProblem::number_out_of_range:
            return "has a number that is out of range";
    }
    return "";
}

const json::value* find_member(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && !value->is_null() ? value : nullptr;
}

std::optional<std::string> find_string(const json::object& object, std::string_view key) {
    const auto* value = find_member(object, key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string{value->get_string()};
}

boost::json::value text_or_null(std::string_view text) {
    if (text.empty()) return nullptr;
    return boost::json::string{text};
}

}  // namespace usher::base
