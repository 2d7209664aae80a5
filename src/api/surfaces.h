// The two listeners' handlers, and what their servers answer by themselves.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>

#include "api/options.h"
#include "api/pipeline.h"
#include "http/message.h"
#include "http/server.h"

namespace usher::api {

// Every route of the operator's listener, the partner's reports included.
std::span<const Route> operator_routes();

// The ports must outlive the handler and every copy of it.
http::Handler make_operator_handler(Options options, Authenticate authenticate,
                                    PipelinePorts ports);

struct AdminPorts {
    // Whether requests can be served, with a sentence when not. Thread-safe.
    std::function<std::expected<void, std::string>()> ready;
    base::Random& random;
    base::Metrics& metrics;
};

// GET /health/live, /health/ready and /metrics (interface §5). No token: the listener is on
// loopback unless it is told otherwise.
http::Handler make_admin_handler(AdminPorts ports);

// The error body of both surfaces, for what a server refuses before a handler sees it; counts it.
// Both arguments must outlive it.
http::RenderError make_render_error(base::Random& random, base::Metrics& metrics);

}  // namespace usher::api
