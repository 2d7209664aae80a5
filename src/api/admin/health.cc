// Is it alive, can it serve, and its numbers (interface §5). Open: the listener is on loopback
// unless it is told otherwise.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/admin/calls.h"
#include "api/admin/status_metrics.h"

namespace usher::api::admin {

base::Task<Answer> is_live(Exchange& /*exchange*/, const Surroundings& /*around*/) {
    co_return http::make_response(200, "application/json", R"({"status":"live"})");
}

base::Task<Answer> is_ready(Exchange& /*exchange*/, const Surroundings& around) {
    const auto state = around.operations.writable();
    if (state) co_return http::make_response(200, "application/json", R"({"status":"ready"})");
    const boost::json::object body{{"status", "not ready"}, {"reason", state.error()}};
    co_return http::make_response(503, "application/json", boost::json::serialize(body));
}

base::Task<Answer> read_metrics(Exchange& /*exchange*/, const Surroundings& around) {
    // What is counted as it happens, and how everything stands now.
    const auto status = co_await around.operations.status(std::nullopt);
    co_return http::make_response(200, "text/plain; version=0.0.4; charset=utf-8",
                                  around.metrics.text() + status_metrics(status));
}

}  // namespace usher::api::admin
