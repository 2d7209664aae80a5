// What a request passes before its route's code sees it, one function each. Each returns why the
// request ends here, or nothing. The order and its reasons are in pipeline.cc.
#pragma once

#include <optional>

#include "api/exchange.h"
#include "api/rates.h"
#include "api/tenants.h"
#include "base/random.h"
#include "base/task.h"
#include "http/target.h"

namespace usher::api {

using Refused = std::optional<Problem>;

std::string choose_correlation(const http::Headers& headers, base::Random& random);

Refused check_host(const Exchange& exchange, const Options& options);
Refused find_route(Exchange& exchange, const http::Router& router, const Route* routes);
base::Task<Refused> check_token(Exchange& exchange, const Authenticate& authenticate);
Refused check_role(const Exchange& exchange, const Options& options);
Refused find_tenant(Exchange& exchange, const Options& options, const Tenants& tenants);
Refused check_all_tenants(const Exchange& exchange, const Options& options, const Tenants& tenants);
Refused check_tenant_enabled(const Exchange& exchange);
Refused check_rate(const Exchange& exchange, Rates& rates, base::Monotonic now);
base::Task<Refused> check_partner(Exchange& exchange, const Options& options,
                                  const Tenants& tenants, const Authenticate& authenticate);
Refused check_media_type(const Exchange& exchange);
Refused read_comment(Exchange& exchange);
Refused read_body(Exchange& exchange, const Options& options);

}  // namespace usher::api
