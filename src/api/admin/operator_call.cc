#include "api/admin/operator_call.h"

#include <vector>

#include <boost/json/serialize.hpp>

#include "api/opentv/calls.h"
#include "api/surfaces.h"

namespace usher::api::admin {

namespace {

const http::Router& operator_router() {
    static const http::Router kRouter = [] {
        std::vector<http::RoutePattern> patterns;
        for (const auto& route : operator_routes()) {
            patterns.push_back({std::string{route.method}, std::string{route.path}});
        }
        return http::Router{std::move(patterns)};
    }();
    return kRouter;
}

const Route* find_call(const std::string& method, Exchange& call) {
    auto matched = operator_router().match(method, call.target);
    if (!matched) return nullptr;
    const auto& route = operator_routes()[matched->index];
    const bool changes = route.door == Door::operator_token && route.method != "GET" &&
                         route.handler != opentv::recover;
    if (!changes) return nullptr;
    call.params = std::move(matched->params);
    return &route;
}

}  // namespace

std::optional<OperatorCall> make_call(const Exchange& asked, CallText text) {
    auto target = http::parse_target(text.target);
    if (!target) return std::nullopt;
    OperatorCall call{.has_body = text.body.has_value()};
    auto& exchange = call.exchange;
    exchange.request = {.method = std::move(text.method), .target = std::move(text.target)};
    exchange.target = std::move(*target);
    exchange.route = find_call(exchange.request.method, exchange);
    if (exchange.route == nullptr) return std::nullopt;
    exchange.correlation = asked.correlation;
    exchange.request_id = asked.request_id;
    exchange.principal = asked.principal;
    exchange.tenant = asked.tenant;
    if (text.body) {
        exchange.request.body = boost::json::serialize(*text.body);
        exchange.body = std::move(*text.body);
    }
    return call;
}

base::Task<Answer> carry_out(OperatorCall& call, const Surroundings& around) {
    const bool lacks_body = call.exchange.route->body != BodyRule::none && !call.has_body;
    if (lacks_body) co_return std::unexpected{problem(ErrorCode::body_missing)};
    co_return co_await call.exchange.route->handler(call.exchange, around);
}

}  // namespace usher::api::admin
