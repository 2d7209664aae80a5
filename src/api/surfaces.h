// The two listeners' handlers, and what their servers answer by themselves.
#pragma once

#include <span>

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

// Every route of the admin listener.
std::span<const Route> admin_routes();

// Health, metrics and what administers Usher (interface §5). A Host that it does not go by is
// refused on every route. The ports must outlive the handler and every copy of it.
http::Handler make_admin_handler(Options options, Authenticate authenticate, PipelinePorts ports);

// The error body of both surfaces, for what a server refuses before a handler sees it; counts it.
// Both arguments must outlive it.
http::RenderError make_render_error(base::Random& random, base::Metrics& metrics);

}  // namespace usher::api
