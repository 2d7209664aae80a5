#include "api/pipeline.h"

#include <exception>
#include <utility>

#include "api/text.h"
#include "base/log.h"

namespace usher::api {

namespace {

constexpr std::size_t kLongestMethodShown = 16;

std::vector<http::RoutePattern> patterns_of(const std::vector<Route>& routes) {
    std::vector<http::RoutePattern> patterns;
    for (const auto& route : routes) {
        patterns.push_back({std::string{route.method}, std::string{route.path}});
    }
    return patterns;
}

// The one that the request was about, when the caller may know it and it is there.
std::string entitlement_of(const Exchange& exchange) {
    if (!exchange.entitlement_label.empty()) return exchange.entitlement_label;
    const auto named = exchange.params.find("entitlementId");
    const bool is_there = exchange.tenant != nullptr && named != exchange.params.end() &&
                          is_id(named->second) && exchange.error != ErrorCode::entitlement_unknown;
    return is_there ? named->second : std::string{};
}

// The error's name; of a change, whether the partner has confirmed it.
std::string outcome_of(const Exchange& exchange, const http::Response& response) {
    if (exchange.error) return std::string{describe(*exchange.error).name};
    if (exchange.replayed) return "replayed";
    return std::string{response.headers.find("usher-propagation").value_or("answered")};
}

}  // namespace

Pipeline::Pipeline(std::vector<Route> routes, Options options, Authenticate authenticate,
                   PipelinePorts ports)
    : routes_{std::move(routes)},
      options_{std::move(options)},
      tenants_{options_.tenants, ports.added},
      authenticate_{std::move(authenticate)},
      ports_{std::move(ports)},
      router_{patterns_of(routes_)},
      request_metrics_{ports_.metrics, routes_} {}

base::Task<http::Response> Pipeline::handle(http::Request request) {
    const auto begun = ports_.clock.monotonic();
    Exchange exchange;
    exchange.request = std::move(request);
    // First of all, so that whatever happens next can be found by it, in the answer and in the log.
    exchange.correlation = choose_correlation(exchange.request.headers, ports_.random);
    exchange.request_id = make_request_id(ports_.random);

    auto response = co_await answer(exchange);

    // On every answer, errors included: the caller finds it by its own id, and nobody keeps it.
    response.headers.set("x-correlation-id", exchange.correlation);
    response.headers.set("Cache-Control", "no-store");
    // Last, so that nothing that was answered goes unseen.
    record(exchange, response, begun);
    co_return response;
}

// The error boundary: what goes wrong beneath becomes an answer in the surface's own form.
base::Task<http::Response> Pipeline::answer(Exchange& exchange) {
    Answer outcome = std::unexpected{problem(ErrorCode::internal_error)};
    try {
        outcome = co_await carry_out(exchange);
    } catch (const std::exception& fault) {
        base::log(base::LogLevel::error, "request_failed",
                  {{"requestId", exchange.request_id}, {"problem", fault.what()}});
    }
    if (outcome) co_return std::move(*outcome);
    exchange.error = outcome.error().code;
    co_return write_error(outcome.error(), exchange.request_id);
}

base::Task<Answer> Pipeline::carry_out(Exchange& exchange) {
    // Was it meant for us? Who was lured here by a name of his own learns nothing more.
    if (auto refused = check_host(exchange, options_)) co_return std::unexpected{*refused};
    // Which call is it? Paths are no secret, so an unknown one needs no token.
    if (auto refused = find_route(exchange, router_, routes_.data())) {
        co_return std::unexpected{std::move(*refused)};
    }
    // Who asks, and for which tenant?
    if (auto refused = co_await admit(exchange)) co_return std::unexpected{std::move(*refused)};
    // Is the body declared as something that can be read? Only callers who may ask cost a parse.
    if (auto refused = check_media_type(exchange)) co_return std::unexpected{std::move(*refused)};
    // One reading of the body for everybody: strict, so that no two readers can differ.
    if (auto refused = read_body(exchange, options_)) {
        co_return std::unexpected{std::move(*refused)};
    }
    if (auto refused = read_comment(exchange)) co_return std::unexpected{std::move(*refused)};
    const Surroundings around{.options = options_,
                              .tenants = tenants_,
                              .operations = ports_.operations,
                              .metrics = ports_.metrics,
                              .clock = ports_.clock};
    co_return co_await exchange.route->handler(exchange, around);
}

base::Task<Refused> Pipeline::admit(Exchange& exchange) {
    const auto door = exchange.route->door;
    if (door == Door::open) co_return std::nullopt;
    // The partner has no token and no tenant header: its path names both (Bango §5).
    if (door == Door::partner_login) {
        co_return co_await check_partner(exchange, options_, tenants_, authenticate_);
    }
    // The token before everything that could tell something about the operator's data.
    if (auto refused = co_await check_token(exchange, authenticate_)) co_return refused;
    // The role before the tenant: who may ask nothing learns nothing about tenants.
    if (auto refused = check_role(exchange, options_)) co_return refused;
    // What concerns every tenant names none, and is for those alone who may act for each.
    if (door == Door::all_tenants_token) co_return check_all_tenants(exchange, options_, tenants_);
    // Unknown and not allowed are one answer, so that tenants cannot be found by trying.
    if (auto refused = find_tenant(exchange, options_, tenants_)) co_return refused;
    // Told only to those whose tenant it is.
    if (auto refused = check_tenant_enabled(exchange)) co_return refused;
    // Last of what is cheap: who is refused so has been told nothing, and has cost no body.
    co_return check_rate(exchange, rates_, ports_.clock.monotonic());
}

// Never the token, the body, the query or the raw path: they may hold secrets.
void Pipeline::record(const Exchange& exchange, const http::Response& response,
                      base::Monotonic begun) {
    const auto status = response.status;
    const auto took = ports_.clock.monotonic() - begun;
    const auto index = exchange.route == nullptr
                           ? routes_.size()
                           : static_cast<std::size_t>(exchange.route - routes_.data());
    request_metrics_.count(index, status, took);
    const auto code = exchange.error;
    const auto refusal = exchange.refusal;
    // Whoever asks for health and numbers does so every few seconds.
    const bool routine = exchange.route != nullptr && exchange.route->door == Door::open;
    const auto level = status >= 500 ? base::LogLevel::warning
                       : routine     ? base::LogLevel::debug
                                     : base::LogLevel::info;
    base::log(level, "request",
              {{"method", exchange.request.method.substr(0, kLongestMethodShown)},
               {"route", exchange.route == nullptr ? std::string_view{} : exchange.route->path},
               {"status", status},
               {"errorCode", code ? number_of(*code) : 0},
               {"refusal", refusal ? auth::to_text(*refusal) : std::string_view{}},
               {"outcome", outcome_of(exchange, response)},
               {"tenant", exchange.tenant_label},
               {"entitlement", entitlement_of(exchange)},
               {"subject", exchange.principal ? std::string_view{exchange.principal->subject}
                                              : std::string_view{}},
               {"correlationId", exchange.correlation},
               {"requestId", exchange.request_id},
               {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

}  // namespace usher::api
