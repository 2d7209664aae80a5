// What the surfaces are told at start. Plain values; the server makes them from the settings.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "auth/refusal.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/task.h"
#include "base/time.h"
#include "domain/ids.h"

namespace usher::api {

// Which of the published editions a tenant's integration was written from (OpenTV §8).
enum class Edition : std::uint8_t { a, b, c };

// What the partner may show when it reports (Bango §5): a name and a password, a key, or an access
// token of this client. What is empty lets nobody in.
struct PartnerCredentials {
    std::string username;
    base::Secret password;
    base::Secret api_key;
    std::string client;

    bool any() const { return !username.empty() || !api_key.reveal().empty() || !client.empty(); }
};

// What a role lets its holder ask, of the operator's calls.
enum class Right : std::uint8_t {
    read,       // records and lists; nothing that changes anything, and no customer's link
    buy,        // purchases
    change,     // statuses, products, and the links that a customer needs
    end,        // deletions, of one entitlement or all of an account's
    catalogue,  // products and accounts
};
inline constexpr std::array kRights{Right::read, Right::buy, Right::change, Right::end,
                                    Right::catalogue};
std::string_view to_text(Right right);

struct Role {
    std::string name;
    std::set<Right> may;
};

struct TenantOptions {
    domain::TenantId id;
    bool is_default = false;  // at most one
    bool enabled = true;
    Edition edition = Edition::a;
    bool strict_reasons = false;            // no ending without one of the published reasons
    bool suspend_with_account = false;      // its entitlements too; resumed with it
    std::chrono::milliseconds wait{2'000};  // for the partner, unless the caller prefers otherwise
    // Of its callers, those of its sub-tenants among them; 0: as many as come.
    std::uint32_t requests_per_second = 0;
    // What is live at the partner is looked at again within this; 0: only when something asks for
    // it.
    std::chrono::seconds freshness{86'400};
    PartnerCredentials reports;  // when there are any, only these count for the tenant's reports
    // Of one that was added while Usher runs: the one of the settings that it belongs to.
    std::optional<domain::TenantId> primary{};
};

struct Options {
    std::vector<TenantOptions> tenants;
    // The claim that must hold the tenant. Empty: tokens name no tenants, and any valid one may use
    // every tenant if `any_tenant` is set or there is only one; else none.
    std::string tenant_claim;
    bool any_tenant = false;
    // Every tenant's customers have names of their own at the partner, whichever the merchant; else
    // none is added.
    bool customers_apart = false;
    std::string operator_role = "operatorRole";
    std::vector<Role> roles{{.name = "operatorReader", .may = {Right::read}}};  // beside that one
    std::string admin_role = "adminRole";
    std::string primary_role = "primaryTenantRole";  // for the sub-tenants of a tenant
    std::vector<std::string> admin_hosts;  // by which the admin listener is asked, beside addresses
    // The names that a request's Host may have; nothing: any. The admin surface sets it.
    std::optional<std::vector<std::string>> known_hosts;
    PartnerCredentials partner;              // for the tenants that have none of their own
    std::string report_role = "reportRole";  // that a token must have to report
    bool reports_apart = false;              // on a listener of their own
    // What is not settled for so long needs a person.
    std::chrono::seconds give_up_after{86'400};
    std::size_t list_default_limit = 100;  // entitlements on a page, unless the caller says
    // So many are looked at for a list that no index answers.
    std::size_t list_scan_limit = 100'000;
    // Of a tenant's live entitlements, what a file of changes may end or suspend unconfirmed.
    std::uint32_t bulk_guard_percent = 5;
    // What is older is not shown to who follows the events; 0: all of it is.
    std::chrono::seconds events_kept{0};
    std::chrono::seconds longest_wait{30};  // however long the caller prefers to wait
    std::size_t max_body_bytes = 256 * 1024;
    std::size_t max_json_depth = base::kJsonMaxDepth;
};

// auth::Authenticator::authenticate; the view must live until the answer.
using Authenticate = std::function<
    base::Task<std::expected<std::shared_ptr<const auth::Principal>, auth::TokenRefusal>>(
        std::optional<std::string_view> authorization)>;

}  // namespace usher::api
