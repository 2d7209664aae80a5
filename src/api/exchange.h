// One request on its way through the stages, and what they have found out about it so far.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "api/operations.h"
#include "api/options.h"
#include "api/problem.h"
#include "auth/principal.h"
#include "base/metrics.h"
#include "base/task.h"
#include "http/message.h"
#include "http/target.h"

namespace usher::api {

class Tenants;
struct Route;

struct Exchange {
    http::Request request;
    std::string correlation;  // the caller's or a new one; not to be trusted, only to be repeated
    std::string request_id;   // ours
    http::Target target;
    const Route* route = nullptr;                            // set from the stage `route` on
    std::map<std::string, std::string, std::less<>> params;  // of the path, decoded
    std::shared_ptr<const auth::Principal> principal;        // set from `token` on
    std::shared_ptr<const TenantOptions> tenant;             // set from `tenant` on
    boost::json::object body;                                // set from `body` on
    std::string comment;  // x-usher-comment, for the history; set from `body` on

    // Only tried out, for who asks how it would go; and what was found.
    bool tries = false;
    std::shared_ptr<const flow::Tried> tried;

    // For the log only.
    std::optional<auth::TokenRefusal> refusal;
    std::string tenant_label;
    std::optional<ErrorCode> error;
    std::string entitlement_label;  // when it is not in the path
    bool replayed = false;          // answered as an earlier request with the same key was
};

using Answer = std::expected<http::Response, Problem>;

// What a route's code needs beside the exchange. All outlive every request.
struct Surroundings {
    const Options& options;
    const Tenants& tenants;
    Operations& operations;
    base::Metrics& metrics;
    base::Clock& clock;
};

// Who may use a route.
enum class Door {
    operator_token,     // the operator's people, each within the tenants of the token
    primary_token,      // who looks after a tenant's sub-tenants, likewise
    admin_token,        // who runs Usher, likewise
    all_tenants_token,  // the same for what concerns every tenant at once: the token must be for
                        // all
    partner_login,      // the partner, in one of the ways that it has to show who it is
    open,               // whoever reaches the listener: health and metrics
};

enum class BodyRule {
    none,    // whatever is sent is not looked at
    object,  // a JSON object, declared as JSON
    json,    // any JSON; the media type is not looked at
};

using RouteHandler = base::Task<Answer> (*)(Exchange& exchange, const Surroundings& around);

struct Route {
    std::string_view method;
    std::string_view path;  // as http::Router wants it
    Door door;
    BodyRule body;
    RouteHandler handler;
    // What a role must let its holder do, of the operator's calls; none: nobody but operator_role.
    std::optional<Right> right = std::nullopt;
};

}  // namespace usher::api
