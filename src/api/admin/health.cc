// The admin listener: is it alive, can it serve, and its numbers (interface §5).
#include <array>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/stages.h"
#include "api/surfaces.h"
#include "http/target.h"

namespace usher::api {

namespace {

http::Response live(const AdminPorts&) {
    return http::make_response(200, "application/json", R"({"status":"live"})");
}

http::Response ready(const AdminPorts& ports) {
    const auto state = ports.ready();
    if (state) return http::make_response(200, "application/json", R"({"status":"ready"})");
    const boost::json::object body{{"status", "not ready"}, {"reason", state.error()}};
    return http::make_response(503, "application/json", boost::json::serialize(body));
}

http::Response metrics(const AdminPorts& ports) {
    return http::make_response(200, "text/plain; version=0.0.4; charset=utf-8",
                               ports.metrics.text());
}

struct AdminRoute {
    std::string_view path;
    http::Response (*answer)(const AdminPorts& ports);
};

constexpr auto kRoutes = std::to_array<AdminRoute>(
    {{"/health/live", live}, {"/health/ready", ready}, {"/metrics", metrics}});

std::vector<http::RoutePattern> patterns() {
    std::vector<http::RoutePattern> all;
    for (const auto& route : kRoutes) all.push_back({"GET", std::string{route.path}});
    return all;
}

http::Response answer(const http::Request& request, const http::Router& router,
                      const AdminPorts& ports) {
    const auto refuse = [&](const Problem& refused) {
        return write_error(refused, make_request_id(ports.random));
    };
    const auto target = http::parse_target(request.target);
    if (!target) return refuse(problem(ErrorCode::malformed_target));
    const auto matched = router.match(request.method, *target);
    if (matched) return kRoutes.at(matched->index).answer(ports);
    if (matched.error().allowed.empty()) return refuse(problem(ErrorCode::route_unknown));
    auto refused = problem(ErrorCode::method_not_allowed);
    refused.headers.set("Allow", fmt::format("{}", fmt::join(matched.error().allowed, ", ")));
    return refuse(refused);
}

struct Admin {
    http::Router router;
    AdminPorts ports;
};

base::Task<http::Response> carry_out(std::shared_ptr<const Admin> admin, http::Request request) {
    auto response = answer(request, admin->router, admin->ports);
    response.headers.set("x-correlation-id",
                         choose_correlation(request.headers, admin->ports.random));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

http::Handler make_admin_handler(AdminPorts ports) {
    const auto admin = std::make_shared<const Admin>(http::Router{patterns()}, std::move(ports));
    return [admin](http::Request request) { return carry_out(admin, std::move(request)); };
}

}  // namespace usher::api
