// How a change of the operator's would go: its answer, and the calls to the partner that would
// follow. Nothing is recorded and nobody is called.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/surfaces.h"
#include "base/json.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestTarget = 8192;

// The operator's call that is meant; only one that changes something can be tried.
const Route* find_call(const std::string& method, Exchange& tried) {
    const auto routes = operator_routes();
    std::vector<http::RoutePattern> patterns;
    for (const auto& route : routes) {
        patterns.push_back({std::string{route.method}, std::string{route.path}});
    }
    auto matched = http::Router{std::move(patterns)}.match(method, tried.target);
    if (!matched) return nullptr;
    const auto& route = routes[matched->index];
    const bool changes = route.door == Door::operator_token && route.method != "GET" &&
                         route.handler != opentv::recover;
    if (!changes) return nullptr;
    tried.params = std::move(matched->params);
    return &route;
}

const json::value* given_body(const Exchange& exchange) {
    const auto* body = base::find_member(exchange.body, "body");
    return body == nullptr || body->is_null() ? nullptr : body;
}

void read_body(const Exchange& exchange, Exchange& tried, Fields& fields) {
    const auto* body = given_body(exchange);
    if (body == nullptr) return;
    if (body->is_object()) {
        tried.body = body->get_object();
    } else {
        fields.add(ErrorCode::argument_of_wrong_type, "body", "must be an object.");
    }
}

base::Task<Answer> go(const Exchange& exchange, Exchange& tried, const Surroundings& around) {
    const bool lacks_body = tried.route->body != BodyRule::none && given_body(exchange) == nullptr;
    if (lacks_body) co_return std::unexpected{problem(ErrorCode::body_missing)};
    co_return co_await tried.route->handler(tried, around);
}

std::expected<Exchange, Problem> read_tried(const Exchange& exchange) {
    Fields fields{exchange.body};
    const auto method = fields.text("method", Presence::mandatory, 16);
    const auto path = fields.text("path", Presence::mandatory, kLongestTarget);
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    Exchange tried;
    tried.request = {.method = *method, .target = *path};
    tried.correlation = exchange.correlation;
    tried.request_id = exchange.request_id;
    tried.principal = exchange.principal;
    tried.tenant = exchange.tenant;
    tried.tries = true;
    auto target = http::parse_target(*path);
    if (target) {
        tried.target = std::move(*target);
        tried.route = find_call(*method, tried);
    }
    if (tried.route == nullptr) {
        fields.add(
            ErrorCode::argument_invalid, "path",
            "must be that of an operator's call which changes something, and fit the method.");
    }
    read_body(exchange, tried, fields);
    if (!fields.ok()) return std::unexpected{fields.take_problem()};
    return tried;
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
    const auto came = co_await go(exchange, *tried, around);
    // Without a word about the change itself: the store could not be asked.
    const bool is_down = !came && http_status(came.error().code) >= 500;
    if (is_down) co_return std::unexpected{came.error()};
    const auto response = came ? *came : write_error(came.error(), exchange.request_id);
    json::object told{{"answer", answer_json(response)}};
    if (tried->tried) {
        told["verdict"] = tried->tried->changes ? "accepted" : "unchanged";
        told["partnerCalls"] = calls_json(around.operations, *tried->tried);
    } else {
        told["verdict"] = "refused";
        told["partnerCalls"] = json::array{};
    }
    co_return answer(200, told);
}

}  // namespace usher::api::admin
