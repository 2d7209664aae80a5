// Any bytes as a request's body: what is accepted means the same when it is written and read again,
// holds no key twice and is no deeper than allowed; and the arguments in it can be read.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/fields.h"
#include "base/json.h"

namespace {

namespace json = boost::json;
using namespace usher;

void require(bool kept) {
    if (!kept) std::abort();
}

void look_into(const json::value& value, std::size_t depth) {
    require(depth <= base::kJsonMaxDepth);
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            require(key.find('\0') == key.npos);
            look_into(member, depth + 1);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& member : *array) look_into(member, depth + 1);
    } else if (const auto* text = value.if_string()) {
        require(text->find('\0') == json::string::npos);
    }
}

// The library's numbers with a fraction are not exact to the last bit.
bool same(const json::value& a, const json::value& b) {
    if (a.is_double() && b.is_number()) {
        const auto other = b.to_number<double>();
        return std::abs(a.get_double() - other) <= 1e-12 * std::abs(a.get_double());
    }
    if (a.is_array() && b.is_array()) {
        return std::ranges::equal(a.get_array(), b.get_array(), same);
    }
    if (!a.is_object() || !b.is_object()) return a == b;
    return std::ranges::equal(a.get_object(), b.get_object(), [](const auto& x, const auto& y) {
        return x.key() == y.key() && same(x.value(), y.value());
    });
}

void read_arguments(const json::object& body) {
    api::Fields fields{body};
    const auto status = fields.status("status", api::Presence::mandatory);
    const auto account = fields.id("accountId", api::Presence::optional);
    const auto product = fields.id("productId", api::Presence::mandatory);
    (void)fields.text("productType", api::Presence::optional);
    const auto reason = fields.reason();
    (void)fields.date("expiryDate", api::Presence::optional);
    if (fields.ok()) {
        require(status.has_value() && product.has_value());
        require(!account || (!account->empty() && account->size() <= 256));
        return;
    }
    const auto problem = fields.take_problem();
    require(!problem.details.empty());
    for (const auto& detail : problem.details) require(!detail.field.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto value = base::parse_json(text);
    if (!value) return 0;
    look_into(*value, 0);
    const auto again = base::parse_json(json::serialize(*value));
    require(again.has_value() && same(*value, *again));
    if (value->is_object()) read_arguments(value->get_object());
    return 0;
}
