#include "api/stages.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/host.h"
#include "api/text.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"

namespace usher::api {

namespace {

constexpr std::size_t kLongestCorrelation = 128;
constexpr std::size_t kLongestKeyShown = 64;

bool is_visible(char c) {
    return c > ' ' && c < 0x7F;
}

bool may_use(const auth::Principal& principal, const TenantOptions& tenant, const Options& options,
             const Tenants& tenants) {
    if (options.tenant_claim.empty()) return options.any_tenant || tenants.count() == 1;
    return std::ranges::find(principal.tenants, tenant.id.text()) != principal.tenants.end();
}

// Compares digests, so that the time taken tells nothing about how much of a guess was right.
bool same_secret(std::string_view a, std::string_view b) {
    return base::sha256(a) == base::sha256(b);
}

Problem partner_refused() {
    auto made = problem(ErrorCode::partner_not_known);
    made.headers.set("WWW-Authenticate",
                     R"(Basic realm="usher", charset="UTF-8", Bearer realm="usher")");
    return made;
}

// Of the tenant in the path. One that does not exist has the same as those without their own, so
// that nobody learns which there are.
PartnerCredentials credentials_for(const Exchange& exchange, const Options& options,
                                   const Tenants& tenants) {
    const auto tenant = exchange.params.find("tenant");
    const auto found = tenant == exchange.params.end() ? nullptr : tenants.named(tenant->second);
    return found != nullptr && found->reports.any() ? found->reports : options.partner;
}

bool is_api_key(std::string_view given, const PartnerCredentials& wanted) {
    const auto& key = wanted.api_key.reveal();
    return !key.empty() && same_secret(trim(given), key);
}

bool is_password(std::string_view encoded, const PartnerCredentials& wanted) {
    if (wanted.username.empty()) return false;
    const auto pair = base::decode_base64(trim(encoded));
    return pair && same_secret(*pair, wanted.username + ":" + wanted.password.reveal());
}

std::optional<std::string_view> after_scheme(std::optional<std::string_view> given,
                                             std::string_view scheme) {
    if (!given || !same_word(given->substr(0, scheme.size()), scheme)) return std::nullopt;
    return given->substr(scheme.size());
}

Problem body_problem(const base::JsonError& error) {
    const auto code = code_of(error.problem);
    if (code != ErrorCode::duplicate_key || error.where.size() > kLongestKeyShown) {
        return problem(code);
    }
    return problem(code, error.where, "is there twice.");
}

bool is_printable(std::string_view text) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return std::ranges::none_of(text, is_control);
}

// A header is ASCII, so what is beyond comes percent-encoded; a percent sign that begins no such
// thing is itself.
std::string plain_comment(std::string_view given) {
    auto decoded = http::decode_component(given);
    const bool is_text = decoded && characters_in_utf8(*decoded) && is_printable(*decoded);
    return is_text ? std::move(*decoded) : std::string{given};
}

}  // namespace

std::string choose_correlation(const http::Headers& headers, base::Random& random) {
    const auto given = headers.find("x-correlation-id");
    const bool usable = given && !given->empty() && given->size() <= kLongestCorrelation &&
                        headers.count("x-correlation-id") == 1 &&
                        std::ranges::all_of(*given, is_visible);
    return usable ? std::string{*given} : base::make_uuid(random);
}

Refused check_host(const Exchange& exchange, const Options& options) {
    if (!options.known_hosts) return std::nullopt;
    const auto host = exchange.request.headers.find("host");
    if (host && is_known_host(*host, *options.known_hosts)) return std::nullopt;
    return problem(ErrorCode::host_unknown);
}

Refused find_route(Exchange& exchange, const http::Router& router, const Route* routes) {
    auto target = http::parse_target(exchange.request.target);
    if (!target) return problem(ErrorCode::malformed_target);
    exchange.target = std::move(*target);
    auto matched = router.match(exchange.request.method, exchange.target);
    if (matched) {
        exchange.route = routes + matched->index;
        exchange.params = std::move(matched->params);
        return std::nullopt;
    }
    if (matched.error().allowed.empty()) return problem(ErrorCode::route_unknown);
    auto refused = problem(ErrorCode::method_not_allowed);
    refused.headers.set("Allow", fmt::format("{}", fmt::join(matched.error().allowed, ", ")));
    return refused;
}

base::Task<Refused> check_token(Exchange& exchange, const Authenticate& authenticate) {
    const auto& headers = exchange.request.headers;
    if (headers.count("authorization") > 1) {
        exchange.refusal = auth::TokenRefusal::malformed;
        co_return problem(code_of(auth::TokenRefusal::malformed));
    }
    auto verified = co_await authenticate(headers.find("authorization"));
    if (!verified) {
        exchange.refusal = verified.error();
        co_return problem(code_of(verified.error()));
    }
    exchange.principal = std::move(*verified);
    co_return std::nullopt;
}

Refused check_role(const Exchange& exchange, const Options& options) {
    const auto& route = *exchange.route;
    const auto& principal = *exchange.principal;
    if (route.door == Door::primary_token) {
        if (principal.has_role(options.primary_role)) return std::nullopt;
        return problem(ErrorCode::role_missing);
    }
    const bool is_operators = route.door == Door::operator_token;
    const auto lets = [&](const Role& role) {
        return route.right && role.may.contains(*route.right) && principal.has_role(role.name);
    };
    const bool may =
        principal.has_role(is_operators ? options.operator_role : options.admin_role) ||
        (is_operators && std::ranges::any_of(options.roles, lets));
    if (may) return std::nullopt;
    return problem(ErrorCode::role_missing);
}

Refused find_tenant(Exchange& exchange, const Options& options, const Tenants& tenants) {
    const auto& headers = exchange.request.headers;
    const auto header = headers.find("nv-tenant-id");
    const auto& claimed = exchange.principal->tenants;
    Tenants::Tenant found;
    if (header) {
        if (header->empty() || headers.count("nv-tenant-id") > 1) {
            return problem(ErrorCode::tenant_header_invalid, "nv-tenant-id",
                           "must be sent once and not be empty.");
        }
        found = tenants.named(*header);
    } else if (!options.tenant_claim.empty() && claimed.size() == 1) {
        found = tenants.named(claimed.front());
    } else {
        found = tenants.default_one();
        if (found == nullptr) {
            return problem(ErrorCode::tenant_not_named, "nv-tenant-id", "is needed here.");
        }
    }
    if (found == nullptr || !may_use(*exchange.principal, *found, options, tenants)) {
        return problem(ErrorCode::tenant_unknown);
    }
    exchange.tenant_label = found->id.text();
    exchange.tenant = std::move(found);
    return std::nullopt;
}

// Of the settings: what was added belongs to those.
Refused check_all_tenants(const Exchange& exchange, const Options& options,
                          const Tenants& tenants) {
    const bool all = std::ranges::all_of(tenants.settled(), [&](const auto& tenant) {
        return may_use(*exchange.principal, *tenant, options, tenants);
    });
    if (all) return std::nullopt;
    return problem(ErrorCode::tenant_unknown);
}

Refused check_tenant_enabled(const Exchange& exchange) {
    if (exchange.tenant->enabled) return std::nullopt;
    return problem(ErrorCode::tenant_disabled);
}

// What belongs to a tenant counts with it. Who runs Usher is not held up by its callers.
Refused check_rate(const Exchange& exchange, Rates& rates, base::Monotonic now) {
    const auto& tenant = *exchange.tenant;
    const auto door = exchange.route->door;
    const bool counts = door == Door::operator_token || door == Door::primary_token;
    if (!counts || tenant.requests_per_second == 0) return std::nullopt;
    const auto wait =
        rates.take(tenant.primary.value_or(tenant.id), tenant.requests_per_second, now);
    if (!wait) return std::nullopt;
    auto refused = problem(ErrorCode::too_many_requests);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    refused.headers.set("Retry-After", std::to_string(seconds));
    return refused;
}

base::Task<Refused> check_partner(Exchange& exchange, const Options& options,
                                  const Tenants& tenants, const Authenticate& authenticate) {
    const auto& headers = exchange.request.headers;
    const auto given = headers.find("authorization");
    if (headers.count("authorization") > 1 || headers.count("x-api-key") > 1) {
        co_return partner_refused();
    }
    const auto wanted = credentials_for(exchange, options, tenants);
    if (const auto key = headers.find("x-api-key"); key && is_api_key(*key, wanted)) {
        co_return std::nullopt;
    }
    if (const auto pair = after_scheme(given, "Basic "); pair && is_password(*pair, wanted)) {
        co_return std::nullopt;
    }
    const auto bearer = after_scheme(given, "Bearer ");
    if (!bearer) co_return partner_refused();
    if (is_api_key(*bearer, wanted)) co_return std::nullopt;
    if (wanted.client.empty()) co_return partner_refused();
    const auto verified = co_await authenticate(given);
    if (!verified) {
        exchange.refusal = verified.error();
        co_return partner_refused();
    }
    const auto& who = **verified;
    if (who.client != wanted.client || !who.has_role(options.report_role)) {
        co_return partner_refused();
    }
    exchange.principal = *verified;
    co_return std::nullopt;
}

Refused check_media_type(const Exchange& exchange) {
    // A body that is not there is told by the next stage, in better words.
    if (exchange.route->body != BodyRule::object || exchange.request.body.empty()) {
        return std::nullopt;
    }
    const auto& headers = exchange.request.headers;
    const auto type = headers.find("content-type");
    if (type && headers.count("content-type") == 1 && is_json_media_type(*type)) {
        return std::nullopt;
    }
    return problem(ErrorCode::media_type_unsupported);
}

// For people who read the history later: a sentence, and never a way to make a log or a terminal do
// something.
Refused read_comment(Exchange& exchange) {
    constexpr std::string_view kName = "x-usher-comment";
    constexpr std::size_t kLongest = 500;
    const auto door = exchange.route->door;
    if (door != Door::operator_token && door != Door::primary_token) return std::nullopt;
    const auto& headers = exchange.request.headers;
    const auto given = headers.find(kName);
    if (!given) return std::nullopt;
    auto comment = plain_comment(*given);
    const auto characters = characters_in_utf8(comment);
    const bool fits =
        headers.count(kName) == 1 && characters && *characters <= kLongest && is_printable(comment);
    if (!fits) {
        return problem(ErrorCode::comment_invalid, std::string{kName},
                       "must be sent once and be at most 500 characters.");
    }
    exchange.comment = std::move(comment);
    return std::nullopt;
}

Refused read_body(Exchange& exchange, const Options& options) {
    if (exchange.request.body.size() > options.max_body_bytes) {
        return problem(ErrorCode::body_too_large);
    }
    if (exchange.route->body == BodyRule::none) return std::nullopt;
    if (exchange.request.body.empty()) return problem(ErrorCode::body_missing);
    auto value = base::parse_json(exchange.request.body, options.max_json_depth);
    if (!value) return body_problem(value.error());
    if (exchange.route->body == BodyRule::json) return std::nullopt;
    if (!value->is_object()) return problem(ErrorCode::body_not_an_object);
    exchange.body = std::move(value->get_object());
    return std::nullopt;
}

}  // namespace usher::api
