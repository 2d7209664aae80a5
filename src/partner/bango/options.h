// What the Bango client is told: where the partner is, who we are there, and the words and paths
// that Bango's public pages leave open (Bango §9), each with a default that a setting replaces.
// Plain values; the settings are `partner.bango.*` (interface §3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "domain/ids.h"

namespace usher::partner::bango {

// One regional instance and one login (Bango §6): the URL is what comes before "/v1".
struct Route {
    std::string url;
    std::string username;
    base::Secret password;
    // The account's name at Bango. Knows {account} and {tenant}; must hold {tenant} when two
    // tenants share a login, or one tenant's customer could be taken for another's.
    std::string customer_id = "{account}";
};

// Replaces what is set in it for one tenant, one merchant, or one merchant of one tenant.
struct RouteOverride {
    std::optional<domain::TenantId> tenant;      // none: every tenant
    std::optional<domain::MerchantId> merchant;  // none: every merchant
    std::optional<std::string> url;
    std::optional<std::string> username;
    std::optional<base::Secret> password;
    std::optional<std::string> customer_id;
};

// Paths after the URL. "{id}" stands for the partner's id, for echo for the echoed word.
struct Paths {
    std::string echo = "/v1/echo/{id}";
    std::string create = "/v1/entitlement";
    std::string read = "/v1/entitlement/{id}";
    std::string report = "/v1/entitlement/report";
    std::string update = "/v1/entitlement";
    std::string cancel = "/v1/entitlement/cancel/{id}";
    std::string revoke = "/v1/entitlement/revoke/{id}";
    std::string activation_info = "/v1/entitlement/{id}/activationInfo";
    std::string recovery_info = "/v1/entitlement/{id}/recoveryInfo";  // by analogy: not published
};

// The partner's spellings. Compared exactly.
struct Values {
    std::string suspend_benefits = "SUSPENDED";  // entitlementBenefits that suspends
    std::string resume_benefits = "NORMAL";      // the one that resumes
    std::string undo_field = "entitlementBenefits";
    std::string undo_value = "NORMAL";

    std::string report_array = "entitlements";  // key of the records in the answer to a report
    std::string report_reason = "reason";       // key of the reason in a notification

    // Part of the message that tells a reached limit from a bad field (Bango §3). Compared without
    // regard to case.
    std::string limit_message = "Maximum number of subscriptions";

    // responseCode. A word that is none of these is judged by the HTTP status.
    std::string ok = "OK";
    std::string client_action_required = "CLIENT_ACTION_REQUIRED";
    std::string bad_request = "BAD_REQUEST";
    std::string unauthorized = "UNAUTHORIZED";
    std::string not_available = "NOT_AVAILABLE";
    std::string not_found = "NOT_FOUND";
    std::string already_exists = "ALREADY_EXISTS";
    std::string conflict = "CONFLICT";
    std::string too_many_requests = "TOO_MANY_REQUESTS";
    std::string internal_error = "INTERNAL_ERROR";
    std::string service_unavailable = "SERVICE_UNAVAILABLE";
};

struct BangoOptions {
    Route route;
    std::vector<RouteOverride> overrides;
    Paths paths;
    Values values;
    // Where the partner reaches us, without a trailing path. Empty: no notificationUrl is sent and
    // the default set at onboarding counts.
    std::string public_url;
};

// The route for one merchant of one tenant, field by field: what is set for both wins over what is
// set for the tenant, that over what is set for the merchant, that over the default.
Route route_for(const BangoOptions& options, const domain::TenantId& tenant,
                const domain::MerchantId& merchant);

// Whether a tenant that nothing is set for would have customers of its own, whichever the merchant.
bool names_tenants(const BangoOptions& options);

}  // namespace usher::partner::bango
