#include "api/opentv/list_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "api/opentv/list_query.h"
#include "base/json.h"
#include "base/time.h"
#include "domain/words.h"

namespace usher::api::opentv {

namespace {

namespace json = boost::json;
using flow::Condition;
using flow::ListField;
using flow::ListOperator;
using flow::ListValue;

enum class Type { text, status, time, number };

struct Known {
    std::string_view name;
    ListField field;
    Type type;
};

constexpr auto kKnown = std::to_array<Known>({
    {"_id", ListField::id, Type::text},
    {"entitlementId", ListField::id, Type::text},
    {"accountId", ListField::account, Type::text},
    {"productId", ListField::product, Type::text},
    {"status", ListField::status, Type::status},
    {"partnerStatus", ListField::partner_status, Type::text},
    {"partnerEntitlementId", ListField::partner_id, Type::text},
    {"validFrom", ListField::valid_from, Type::time},
    {"expiryDate", ListField::expiry_date, Type::time},
    {"endsAt", ListField::ends_at, Type::time},
    {"created", ListField::created, Type::time},
    {"modified", ListField::modified, Type::time},
    {"version", ListField::version, Type::number},
    {"reasonCode", ListField::reason_code, Type::text},
    {"reasonCategory", ListField::reason_category, Type::text},
    {"cancelReasonCode", ListField::cancel_reason_code, Type::text},
    {"cancelReasonCategory", ListField::cancel_reason_category, Type::text},
});

constexpr std::string_view kProductType = "productType";
constexpr auto kOperators = std::to_array<std::pair<std::string_view, ListOperator>>({
    {"$eq", ListOperator::equal},
    {"$ne", ListOperator::not_equal},
    {"$in", ListOperator::in},
    {"$nin", ListOperator::not_in},
    {"$gt", ListOperator::greater},
    {"$gte", ListOperator::at_least},
    {"$lt", ListOperator::less},
    {"$lte", ListOperator::at_most},
});

// A name of the caller's is shown as far as it is one that could be meant.
std::string shown(std::string_view name) {
    const bool plain = name.size() <= 40 && name.find_first_not_of(
                                                "$_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                                                "wxyz0123456789") == std::string_view::npos;
    return plain ? std::string{name} : "a name";
}

class FilterReader {
  public:
    using Result = std::expected<Condition, std::string>;

    Result read(const json::object& object) {
        std::vector<Condition> parts;
        for (const auto& [name, value] : object) {
            auto part = read_member(name, value);
            if (!part) return part;
            parts.push_back(std::move(*part));
        }
        return flow::all_of(std::move(parts));
    }

  private:
    static Result wrong(std::string_view place, std::string_view text) {
        return std::unexpected{fmt::format("{}: {}", shown(place), text)};
    }

    Result read_member(std::string_view name, const json::value& value) {
        if (name == "$and" || name == "$or") return read_several(name, value);
        if (++terms_ > kMostTerms) {
            return wrong(name, fmt::format("is one term too many; {} are understood.", kMostTerms));
        }
        if (name == kProductType) return read_type(value);
        for (const auto& known : kKnown) {
            if (known.name == name) return read_field(known, value);
        }
        return wrong(name, name.starts_with('$') ? "is no operator that is understood."
                                                 : "is no field that can be asked for.");
    }

    Result read_several(std::string_view name, const json::value& value) {
        const auto* list = value.if_array();
        if (list == nullptr || list->empty()) return wrong(name, "must be a list of conditions.");
        std::vector<Condition> parts;
        for (const auto& element : *list) {
            if (!element.is_object()) return wrong(name, "must be a list of conditions.");
            auto part = read(element.get_object());
            if (!part) return part;
            parts.push_back(std::move(*part));
        }
        return name == "$and" ? flow::all_of(std::move(parts)) : flow::any_of(std::move(parts));
    }

    Result read_field(const Known& known, const json::value& value) {
        if (!value.is_object()) return read_operator(known, ListOperator::equal, value);
        std::vector<Condition> parts;
        for (const auto& [word, operand] : value.get_object()) {
            auto part = read_operator(known, word, operand);
            if (!part) return part;
            parts.push_back(std::move(*part));
        }
        if (parts.empty()) return wrong(known.name, "needs an operator.");
        return flow::all_of(std::move(parts));
    }

    Result read_operator(const Known& known, std::string_view word, const json::value& value) {
        if (word == "$exists") {
            if (!value.is_bool()) return wrong(known.name, "$exists must be true or false.");
            return flow::is(known.field,
                            value.get_bool() ? ListOperator::exists : ListOperator::missing);
        }
        for (const auto& [name, op] : kOperators) {
            if (name == word) return read_operator(known, op, value);
        }
        return wrong(known.name, "has an operator that is not understood.");
    }

    Result read_operator(const Known& known, ListOperator op, const json::value& value) {
        const bool several = op == ListOperator::in || op == ListOperator::not_in;
        if (several) return read_list(known, op, value);
        if (value.is_null()) {
            if (op == ListOperator::equal) return flow::is(known.field, ListOperator::missing);
            if (op == ListOperator::not_equal) return flow::is(known.field, ListOperator::exists);
        }
        auto read = read_value(known, value);
        if (!read) return std::unexpected{std::move(read.error())};
        return flow::is(known.field, op, {std::move(*read)});
    }

    // A null in the list stands for what is missing.
    Result read_list(const Known& known, ListOperator op, const json::value& value) {
        const auto* list = value.if_array();
        if (list == nullptr || list->size() > kMostValues) {
            return wrong(known.name,
                         fmt::format("$in and $nin need a list of at most {}.", kMostValues));
        }
        std::vector<ListValue> values;
        bool missing_too = false;
        for (const auto& element : *list) {
            if (element.is_null()) {
                missing_too = true;
                continue;
            }
            auto read = read_value(known, element);
            if (!read) return std::unexpected{std::move(read.error())};
            values.push_back(std::move(*read));
        }
        auto made = flow::is(known.field, op, std::move(values));
        if (!missing_too) return made;
        return op == ListOperator::in
                   ? flow::any_of({std::move(made), flow::is(known.field, ListOperator::missing)})
                   : flow::all_of({std::move(made), flow::is(known.field, ListOperator::exists)});
    }

    static std::expected<ListValue, std::string> read_value(const Known& known,
                                                            const json::value& value) {
        const auto wrong_type = [&](std::string_view text) {
            return std::unexpected{fmt::format("{}: {}", known.name, text)};
        };
        if (known.type == Type::number) {
            if (!value.is_int64()) return wrong_type("must be compared with a whole number.");
            return value.get_int64();
        }
        if (!value.is_string()) return wrong_type("must be compared with a string.");
        std::string text{value.get_string()};
        if (known.type == Type::time) {
            const auto time = base::parse_time(text);
            if (!time) return wrong_type("must be compared with a date-time.");
            return *time;
        }
        if (known.type == Type::status && !domain::parse_entitlement_status(text)) {
            return wrong_type("must be compared with one of the published words.");
        }
        return text;
    }

    // Every record has the same, so a term about it holds always or never.
    Result read_type(const json::value& value) {
        static constexpr Known kType{kProductType, ListField::id, Type::text};
        auto made = read_field(kType, value);
        if (!made) return made;
        domain::Entitlement record;
        record.id = domain::EntitlementId{"THIRDPARTY"};
        return flow::matches(*made, record) ? flow::all_of({}) : flow::any_of({});
    }

    std::size_t terms_ = 0;
};

}  // namespace

std::optional<ListField> list_field(std::string_view name) {
    for (const auto& known : kKnown) {
        if (known.name == name) return known.field;
    }
    return std::nullopt;
}

bool is_of_type(ListField field, const ListValue& value) {
    const auto* known = std::ranges::find(kKnown, field, &Known::field);
    switch (known->type) {
        case Type::text:
        case Type::status:
            return std::holds_alternative<std::string>(value);
        case Type::time:
            return std::holds_alternative<base::Time>(value);
        case Type::number:
            return std::holds_alternative<std::int64_t>(value);
    }
    return false;
}

std::expected<Condition, std::string> parse_filter(std::string_view text) {
    const auto value = base::parse_json(text);
    if (!value || !value->is_object()) {
        return std::unexpected{R"(must be a JSON object such as {"accountId":"a-1"}.)"};
    }
    return FilterReader{}.read(value->get_object());
}

}  // namespace usher::api::opentv
