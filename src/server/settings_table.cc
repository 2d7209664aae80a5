#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/settings.h"

namespace usher::server {

namespace {

// `field` gives the place in Settings; const or not, as it is asked.
template <class Field>
Setting text(const std::string& name, Field field, const std::string& sentence) {
    return {.name = name,
            .sentence = sentence,
            .get = [field](const Settings& s) { return Value{field(s)}; },
            .set = [field](Settings& s, Value v) { field(s) = std::get<std::string>(v); }};
}

template <class Field>
Setting secret(const std::string& name, Field field, const std::string& sentence) {
    return {.name = name,
            .secret = true,
            .sentence = sentence,
            .get = [field](const Settings& s) { return Value{field(s).reveal()}; },
            .set = [field](Settings& s,
                           Value v) { field(s) = base::Secret{std::get<std::string>(v)}; }};
}

template <class Field>
Setting flag(const std::string& name, Field field, const std::string& sentence) {
    return {.name = name,
            .sentence = sentence,
            .get = [field](const Settings& s) { return Value{field(s)}; },
            .set = [field](Settings& s, Value v) { field(s) = std::get<bool>(v); }};
}

template <class Field>
Setting list(const std::string& name, Field field, const std::string& sentence) {
    return {
        .name = name,
        .sentence = sentence,
        .get = [field](const Settings& s) { return Value{field(s)}; },
        .set = [field](Settings& s, Value v) { field(s) = std::get<std::vector<std::string>>(v); }};
}

template <class Field>
Setting number(const std::string& name, const std::string& unit, std::int64_t least, Field field,
               const std::string& sentence) {
    return {
        .name = name,
        .unit = unit,
        .sentence = sentence,
        .get = [field](const Settings& s) { return Value{static_cast<std::int64_t>(field(s))}; },
        .set =
            [field](Settings& s, Value v) {
                using Number = std::remove_reference_t<decltype(field(s))>;
                field(s) = static_cast<Number>(std::get<std::int64_t>(v));
            },
        .least = least};
}

// A span of time. The name ends in _ms or _s and says so.
template <class Field>
Setting span(const std::string& name, std::int64_t least, Field field,
             const std::string& sentence) {
    const bool in_ms = name.ends_with("_ms");
    const auto scale = in_ms ? std::int64_t{1} : std::int64_t{1000};
    return {.name = name,
            .unit = in_ms ? "ms" : "s",
            .sentence = sentence,
            .get =
                [field, scale](const Settings& s) {
                    using std::chrono::milliseconds;
                    const auto ms = std::chrono::duration_cast<milliseconds>(field(s)).count();
                    return Value{static_cast<std::int64_t>(ms / scale)};
                },
            .set =
                [field, scale](Settings& s, Value v) {
                    using Span = std::remove_reference_t<decltype(field(s))>;
                    const std::chrono::milliseconds ms{std::get<std::int64_t>(v) * scale};
                    field(s) = std::chrono::duration_cast<Span>(ms);
                },
            .least = least};
}

// A path of members cannot stand in parentheses.
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define USHER_AT(place) [](auto& s) -> auto& { return s.place; }

// Of what the operator's people may ask for.
void add_limits(std::vector<Setting>& t) {
    t.push_back(number("operator.list_default_limit", "", 1, USHER_AT(api.list_default_limit),
                       "So many entitlements are on a page, unless the caller says."));
    t.push_back(number("operator.list_scan_limit", "", 100, USHER_AT(api.list_scan_limit),
                       "So many entitlements are looked at for a list that no index answers; what "
                       "would need more is refused."));
    t.push_back(
        number("operator.bulk_guard_percent", "%", 0, USHER_AT(api.bulk_guard_percent),
               "When a file of changes (`usher bulk`) would end or suspend more of a "
               "tenant's live entitlements, it needs the token of its preview; 100: never."));
    t.push_back(span("operator.events_kept_s", 0, USHER_AT(api.events_kept),
                     "Events that are older are not shown to who follows them; 0: all are. The "
                     "history of an entitlement keeps them."));
    t.push_back(span("operator.longest_wait_s", 0, USHER_AT(api.longest_wait),
                     "The most that `Prefer: wait=N` can ask for."));
}

void add_listeners(std::vector<Setting>& t) {
    t.push_back(text("operator.listen", USHER_AT(operator_server.listen),
                     "Address and port for portals and the CRM, and for the partner's reports "
                     "unless reports.listen is set."));
    t.push_back(text("operator.tls_certificate", USHER_AT(operator_server.tls.certificate),
                     "PEM file with the server's certificate and its authorities' after it; empty: "
                     "plain http. Read again at SIGHUP."));
    t.push_back(text("operator.tls_key", USHER_AT(operator_server.tls.key),
                     "PEM file with the certificate's private key, without a passphrase."));
    t.push_back(text("operator.tls_client_ca", USHER_AT(operator_server.tls.client_authorities),
                     "PEM file with the authorities whose client certificates are let in; empty: "
                     "callers need none. The partner's reports need one too, unless reports.listen "
                     "is set."));
    t.push_back(number("operator.threads", "", 0, USHER_AT(threads),
                       "I/O threads; 0 is one for each core."));
    t.push_back(number("operator.max_header_bytes", "bytes", 1024,
                       USHER_AT(operator_server.max_header_bytes),
                       "Longest request head; beyond it the answer is 431."));
    t.push_back(number("operator.max_target_bytes", "bytes", 256,
                       USHER_AT(operator_server.max_target_bytes),
                       "Longest path with query; beyond it the answer is 414."));
    t.push_back(number("operator.max_body_bytes", "bytes", 256,
                       USHER_AT(operator_server.max_body_bytes),
                       "Longest request body; beyond it the answer is 413."));
    t.push_back(number("operator.max_connections", "", 1, USHER_AT(operator_server.max_connections),
                       "Connections at once; further ones are answered 503 and closed."));
    t.push_back(number("operator.max_in_flight", "", 1, USHER_AT(operator_server.max_in_flight),
                       "Requests worked on at once; further ones are answered 503."));
    t.push_back(span("operator.idle_timeout_ms", 100, USHER_AT(operator_server.idle_timeout),
                     "How long a connection may be idle between two requests."));
    t.push_back(span("operator.request_timeout_ms", 100, USHER_AT(operator_server.request_timeout),
                     "How long a request may take from its first to its last byte."));
    add_limits(t);
    t.push_back(text("reports.listen", USHER_AT(report_server.listen),
                     "Address and port for the partner's reports alone; empty: they come in at "
                     "operator.listen."));
    t.push_back(text("reports.tls_certificate", USHER_AT(report_server.tls.certificate),
                     "PEM file with the certificate that the partner sees; empty: plain http. "
                     "Read again at SIGHUP."));
    t.push_back(text("reports.tls_key", USHER_AT(report_server.tls.key),
                     "PEM file with its private key, without a passphrase."));
    t.push_back(text("reports.tls_client_ca", USHER_AT(report_server.tls.client_authorities),
                     "PEM file with the authorities whose client certificates are let in; empty: "
                     "the partner needs none."));
    t.push_back(text("admin.listen", USHER_AT(admin_server.listen),
                     "Address and port for health, metrics and administration; keep it inside."));
    t.push_back(list("admin.hosts", USHER_AT(api.admin_hosts),
                     "Names by which the admin listener is asked, beside its address and "
                     "localhost; others are refused."));
    t.push_back(span("drain_ms", 0, USHER_AT(drain),
                     "How long requests in flight may take to finish at a stop."));
    t.push_back(text("log_level", USHER_AT(log_level), "debug, info, warning or error."));
    t.push_back(
        text("ca_file", USHER_AT(client.ca_file),
             "PEM file with the authorities that outgoing TLS trusts; empty: the system's."));
    t.push_back(text("public_url", USHER_AT(bango.public_url),
                     "Where the partner reaches this server; empty: it is told no address and "
                     "uses the one agreed at onboarding."));
}

void add_store(std::vector<Setting>& t) {
    t.push_back(text("store.url", USHER_AT(store_url), "Where everything is kept: sqlite:PATH."));
    t.push_back(number("store.queue_limit", "", 1, USHER_AT(store.queue_limit),
                       "Changes that may wait for the writer; beyond it the answer is 503."));
    t.push_back(number("store.group_limit", "", 1, USHER_AT(store.group_limit),
                       "Changes in one transaction at most."));
    t.push_back(number("store.readers", "", 1, USHER_AT(store.readers),
                       "Read-only connections, a thread each."));
    t.push_back(
        flag("store.accept_lost_log", USHER_AT(store.accept_lost_log),
             "Starts although the store was not closed in order and its log is gone, and "
             "with it changes that were answered; for one start, when no backup has them."));
}

void add_auth(std::vector<Setting>& t) {
    t.push_back(text("auth.issuer", USHER_AT(auth.issuer),
                     "Issuer of the access tokens, as in their `iss`; its keys are found by OpenID "
                     "discovery."));
    t.push_back(text("auth.discovery_url", USHER_AT(auth.discovery_url),
                     "The issuer's address when this server reaches it by another name; empty: the "
                     "issuer."));
    t.push_back(text("auth.audience", USHER_AT(auth.audience),
                     "Must be in the tokens' `aud`; empty: not checked."));
    t.push_back(
        list("auth.azp", USHER_AT(auth.azp), "Clients whose tokens are accepted; empty: all."));
    t.push_back(
        text("auth.primary_tenant_role", USHER_AT(api.primary_role),
             "The role of those who add and disable the tenants under one of the settings."));
    t.push_back(text("auth.operator_role", USHER_AT(api.operator_role),
                     "Realm role that operator calls need."));
    t.push_back(text("auth.admin_role", USHER_AT(api.admin_role),
                     "Realm role that administrative calls need."));
    t.push_back(text("auth.tenant_claim", USHER_AT(auth.tenant_claim),
                     "Claim, a string or a list, that must hold the tenant."));
    t.push_back(
        flag("auth.any_tenant", USHER_AT(api.any_tenant),
             "Lets every valid token use every tenant; only where one party owns them all."));
    t.push_back(span("auth.skew_ms", 0, USHER_AT(auth.skew),
                     "How far the issuer's clock may be from ours."));
    t.push_back(span("auth.jwks_refresh_ms", 1000, USHER_AT(auth.jwks_refresh),
                     "How often the issuer's keys are fetched."));
    t.push_back(span("auth.jwks_min_interval_ms", 100, USHER_AT(auth.jwks_min_interval),
                     "The least time between two fetches for keys that are not known."));
    t.push_back(span("auth.fetch_timeout_ms", 100, USHER_AT(auth.fetch_timeout),
                     "How long a fetch of the keys may take."));
    t.push_back(number("auth.cache_entries", "", 0, USHER_AT(auth.cache_entries),
                       "Verified tokens kept until they expire."));
}

void add_bango(std::vector<Setting>& t) {
    t.push_back(text("partner.bango.url", USHER_AT(bango.route.url),
                     "What comes before /v1 in the partner's addresses."));
    t.push_back(text("partner.bango.username", USHER_AT(bango.route.username),
                     "Our user name at the partner."));
    t.push_back(secret("partner.bango.password", USHER_AT(bango.route.password),
                       "Our password at the partner."));
    t.push_back(
        text("partner.bango.customer_id", USHER_AT(bango.route.customer_id),
             "How an account is named at the partner: {account} and {tenant} are filled in. "
             "Must hold {tenant} when two enabled tenants share a login."));
    t.push_back(text(
        "partner.bango.report_username", USHER_AT(api.partner.username),
        "User name that the partner shows when it reports, with the password; also per tenant. "
        "Without any of name, key and client no report gets in."));
    t.push_back(secret("partner.bango.report_password", USHER_AT(api.partner.password),
                       "Password that the partner shows when it reports."));
    t.push_back(secret("partner.bango.report_api_key", USHER_AT(api.partner.api_key),
                       "Key that the partner shows when it reports, as x-api-key or as bearer; "
                       "also per tenant."));
    t.push_back(text("partner.bango.report_client", USHER_AT(api.partner.client),
                     "Client of the issuer (azp) whose access tokens let the partner report; also "
                     "per tenant."));
    t.push_back(text("partner.bango.report_role", USHER_AT(api.report_role),
                     "Role that such a token must have; it opens nothing else."));
    t.push_back(span("partner.bango.report_read_min_interval_ms", 0,
                     USHER_AT(converge.limits.reports.read_min_interval),
                     "Between what the partner last said of an entitlement and a read that a "
                     "report asks for; a flood of reports costs no more than that."));
    t.push_back(number("partner.bango.report_unnamed_per_minute", "", 1,
                       USHER_AT(converge.limits.reports.unnamed_per_minute),
                       "Reports that name none of a tenant's entitlements and are looked into; "
                       "further ones are answered 429."));
    t.push_back(span("partner.bango.report_kept_s", 3600,
                     USHER_AT(converge.limits.reports.kept_for),
                     "How long a report is kept, without its secrets, for `usher reports`."));
    t.push_back(span("partner.bango.call_timeout_ms", 100, USHER_AT(converge.limits.calls.call),
                     "How long one call to the partner may take."));
    t.push_back(span("partner.bango.accepted_timeout_s", 1, USHER_AT(converge.limits.calls.awaited),
                     "How long a call that the partner accepted may stay without effect before it "
                     "counts as lost."));
    t.push_back(number("partner.bango.max_in_flight", "", 1, USHER_AT(converge.routes.in_flight),
                       "Calls at once for each tenant and merchant."));
    t.push_back(span("partner.bango.backoff_first_ms", 10,
                     USHER_AT(converge.limits.schedule.backoff_first),
                     "The first pause after a call that got nowhere; it doubles from there."));
    t.push_back(span("partner.bango.backoff_longest_ms", 10,
                     USHER_AT(converge.limits.schedule.backoff_longest),
                     "The longest such pause."));
    t.push_back(span("partner.bango.pending_read_s", 1,
                     USHER_AT(converge.limits.schedule.pending_read),
                     "How often an entitlement that waits for its customer is looked at when no "
                     "report comes."));
    t.push_back(span("partner.bango.ending_read_s", 1,
                     USHER_AT(converge.limits.schedule.ending_read),
                     "How often an entitlement that is ending is looked at when no report comes."));
    t.push_back(span("partner.bango.give_up_after_s", 60,
                     USHER_AT(converge.limits.schedule.give_up_after),
                     "What is not settled for so long is shown as needing attention, and is tried "
                     "less often."));
    t.push_back(number("partner.bango.endings_guard_percent", "%", 1,
                       USHER_AT(converge.endings.percent),
                       "When more of a tenant's reads within an hour show an ending that nobody "
                       "asked for, no more are taken over until a person confirms; 100: always."));
    t.push_back(number("partner.bango.endings_guard_least", "", 1, USHER_AT(converge.endings.least),
                       "Fewer such endings within an hour never stop anything."));
    t.push_back(span("partner.bango.breaker_longest_pause_ms", 100,
                     USHER_AT(converge.routes.breaker.longest_pause),
                     "The longest pause before a partner in trouble is tried again."));
}

void add_bango_words(std::vector<Setting>& t) {
    const std::string path = "Path of this call; {id} is filled in.";
    t.push_back(text("partner.bango.paths.echo", USHER_AT(bango.paths.echo), path));
    t.push_back(text("partner.bango.paths.create", USHER_AT(bango.paths.create), path));
    t.push_back(text("partner.bango.paths.read", USHER_AT(bango.paths.read), path));
    t.push_back(text("partner.bango.paths.report", USHER_AT(bango.paths.report), path));
    t.push_back(text("partner.bango.paths.update", USHER_AT(bango.paths.update), path));
    t.push_back(text("partner.bango.paths.cancel", USHER_AT(bango.paths.cancel), path));
    t.push_back(text("partner.bango.paths.revoke", USHER_AT(bango.paths.revoke), path));
    t.push_back(
        text("partner.bango.paths.activation_info", USHER_AT(bango.paths.activation_info), path));
    t.push_back(
        text("partner.bango.paths.recovery_info", USHER_AT(bango.paths.recovery_info), path));
    t.push_back(text("partner.bango.values.suspend_benefits",
                     USHER_AT(bango.values.suspend_benefits),
                     "entitlementBenefits that suspends."));
    t.push_back(text("partner.bango.values.resume_benefits", USHER_AT(bango.values.resume_benefits),
                     "entitlementBenefits that resumes."));
    t.push_back(text("partner.bango.values.undo_field", USHER_AT(bango.values.undo_field),
                     "Field of the update that takes a soft ending back."));
    t.push_back(
        text("partner.bango.values.undo_value", USHER_AT(bango.values.undo_value), "Its value."));
    t.push_back(text("partner.bango.values.report_array", USHER_AT(bango.values.report_array),
                     "Key of the records in the answer to a report call."));
    t.push_back(text("partner.bango.values.report_reason", USHER_AT(bango.values.report_reason),
                     "Key of the reason in a notification."));
    t.push_back(text("partner.bango.values.limit_message", USHER_AT(bango.values.limit_message),
                     "Part of the message that says that the customer has the product already."));
}

#undef USHER_AT

}  // namespace

const std::vector<Setting>& settings_table() {
    static const auto table = [] {
        std::vector<Setting> t;
        add_listeners(t);
        add_store(t);
        add_auth(t);
        add_bango(t);
        add_bango_words(t);
        return t;
    }();
    return table;
}

std::string environment_name(const Setting& setting) {
    std::string name = "USHER_" + setting.name;
    std::ranges::replace(name, '.', '_');
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
}

std::string type_name(const Setting& setting) {
    switch (setting.get(Settings{}).index()) {
        case 0:
            return "text";
        case 1:
            return "number";
        case 2:
            return "true or false";
        default:
            return "list";
    }
}

std::string to_text(const Value& value) {
    struct Render {
        std::string operator()(const std::string& v) const { return v; }
        std::string operator()(std::int64_t v) const { return std::to_string(v); }
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(const std::vector<std::string>& v) const {
            return fmt::format("{}", fmt::join(v, ","));
        }
    };
    return std::visit(Render{}, value);
}

}  // namespace usher::server
