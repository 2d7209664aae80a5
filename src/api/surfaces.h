// The two listeners' handlers, and what their servers answer by themselves.
#pragma once

#include <span>

#include "api/options.h"
#include "api/pipeline.h"
#include "http/message.h"
#include "http/server.h"

namespace usher::api {

// The operator's routes, and those for the partner's reports.
std::span<const Route> operator_routes();
std::span<const Route> report_routes();

// The operator's listener; with the partner's reports, unless they are apart. The ports must
// outlive the handler and every copy of it.
http::Handler make_operator_handler(Options options, Authenticate authenticate,
                                    PipelinePorts ports);

// The listener for reports, when they are apart: nothing else is found there.
http::Handler make_report_handler(Options options, Authenticate authenticate, PipelinePorts ports);

// Every route of the admin listener.
std::span<const Route> admin_routes();

// Health, metrics and what administers Usher (interface §5). A Host that it does not go by is
// refused on every route. The ports must outlive the handler and every copy of it.
http::Handler make_admin_handler(Options options, Authenticate authenticate, PipelinePorts ports);

// The error body of both surfaces, for what a server refuses before a handler sees it; counts it.
// Both arguments must outlive it.
http::RenderError make_render_error(base::Random& random, base::Metrics& metrics);

}  // namespace usher::api
