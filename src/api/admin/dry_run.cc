// How a change of the operator's would go: its answer, and the calls to the partner that would
// follow. Nothing is recorded and nobody is called.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/admin/operator_call.h"
#include "api/fields.h"
#include "base/json.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestTarget = 8192;

std::expected<OperatorCall, Problem> read_tried(const Exchange& exchange) {
    Fields fields{exchange.body};
    CallText text{.method = fields.text("method", Presence::mandatory, 16).value_or(""),
                  .target = fields.text("path", Presence::mandatory, kLongestTarget).value_or("")};
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    const auto* body = base::find_member(exchange.body, "body");
    const bool has_body = body != nullptr && !body->is_null();
    if (has_body && body->is_object()) text.body = body->get_object();
    auto tried = make_call(exchange, std::move(text));
    if (!tried) {
        fields.add(
            ErrorCode::argument_invalid, "path",
            "must be that of an operator's call which changes something, and fit the method.");
    }
    if (has_body && !body->is_object()) {
        fields.add(ErrorCode::argument_of_wrong_type, "body", "must be an object.");
    }
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    tried->exchange.tries = true;
    return std::move(*tried);
}

json::object answer_json(const http::Response& response) {
    json::object headers;
    for (const auto& [name, value] : response.headers) headers[name] = value;
    return {{"status", response.status},
            {"headers", std::move(headers)},
            {"body", json::parse(response.body)}};
}

json::array calls_json(Operations& operations, const flow::Tried& tried) {
    json::array calls;
    for (const auto& foreseen : operations.foresee(tried.rows)) {
        for (const auto& action : foreseen.actions) {
            calls.push_back({{"entitlementId", foreseen.entitlement.text()}, {"action", action}});
        }
    }
    return calls;
}

}  // namespace

base::Task<Answer> dry_run(Exchange& exchange, const Surroundings& around) {
    auto tried = read_tried(exchange);
    if (!tried) co_return std::unexpected{tried.error()};
    const auto came = co_await carry_out(*tried, around);
    // Without a word about the change itself: the store could not be asked.
    const bool is_down = !came && http_status(came.error().code) >= 500;
    if (is_down) co_return std::unexpected{came.error()};
    const auto response = came ? *came : write_error(came.error(), exchange.request_id);
    json::object told{{"answer", answer_json(response)}};
    if (const auto& found = tried->exchange.tried) {
        told["verdict"] = found->changes ? "accepted" : "unchanged";
        told["partnerCalls"] = calls_json(around.operations, *found);
    } else {
        told["verdict"] = "refused";
        told["partnerCalls"] = json::array{};
    }
    co_return answer(200, told);
}

}  // namespace usher::api::admin
