// What a store is asked to do in one transaction: the rows that it reads, a pure decision, and what
// that writes. Plain values but for the decision.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/bulk_row.h"
#include "flow/comparison.h"
#include "flow/kept_answer.h"
#include "flow/kept_report.h"
#include "flow/sub_tenant.h"
#include "flow/watch_over.h"

namespace usher::flow {

struct PartnerKey {
    domain::MerchantId merchant;
    domain::PartnerEntitlementId id;
    auto operator<=>(const PartnerKey&) const = default;
};

// The rows that a command reads before it decides; all in one tenant, all optional.
struct Wanted {
    domain::TenantId tenant;
    std::optional<domain::EntitlementId> entitlement;
    std::optional<domain::AccountId> account;
    std::optional<domain::ProductId> product;
    bool occupant = false;                 // who occupies (account, product)
    std::vector<PartnerKey> partner_keys;  // whose are these, in any tenant
    bool sweep = false;
    std::optional<domain::EntitlementId> reports_of;  // empty: nobody's
    std::optional<IdempotencyKey> idempotency;
    std::optional<domain::TenantId> sub_tenant;  // of any primary one
    std::optional<std::string> bulk;             // by its id
};

struct Rows {
    std::optional<domain::Entitlement> entitlement;  // its unsettled calls included
    std::optional<domain::Account> account;
    std::optional<domain::Product> product;
    std::optional<domain::Entitlement> occupant;
    std::map<PartnerKey, std::pair<domain::TenantId, domain::EntitlementId>> holders;
    std::optional<Sweep> sweep;
    std::vector<ReportMark> reports;  // the newest first
    std::optional<KeptAnswer> kept;   // under the idempotency key
    std::optional<SubTenant> sub_tenant;
    std::optional<Bulk> bulk;
    base::Time now;  // by the store's clock: leases and due times are judged by it

    bool operator==(const Rows&) const = default;
};

struct Writes {
    // The whole row, inserted or replaced. The unsettled calls in it are stored as rows of their
    // own.
    std::optional<domain::Entitlement> entitlement;
    std::vector<domain::Call> answered;  // of that entitlement: calls that ended
    // Of that entitlement, oldest first. The store gives position and previous, and the row its
    // last_position.
    std::vector<domain::Event> events;
    std::optional<domain::Account> account;
    std::optional<domain::Product> product;
    std::optional<Sweep> sweep;
    std::optional<Hold> hold;  // the one with the same tenant, merchant, kind and time is replaced
    std::optional<KeptReport> report;            // one with the same digest only gets the new time
    std::vector<std::string> forgotten_reports;  // digests, of what `reports_of` named
    // The tenant's older reports go, some hundred at a time.
    std::optional<base::Time> reports_until;
    std::optional<Comparison> comparison;  // likewise with the same tenant, merchant and time
    std::optional<ActionPin> pin;          // likewise, with the same product and action
    std::optional<KeptAnswer> kept;        // the one under the same key is replaced
    // Of the tenant's answers those go that were due to go then, and links that were; some hundred
    // at a time.
    std::optional<base::Time> answers_until;
    std::optional<SubTenant> sub_tenant;  // of this primary one; the one with its id is replaced
    std::optional<TenantChange> tenant_change;  // of that
    std::optional<Bulk> bulk;                   // the one with its id is replaced

    bool empty() const {
        return !entitlement && answered.empty() && events.empty() && !account && !product &&
               !sweep && !hold && !comparison && !pin && !report && forgotten_reports.empty() &&
               !reports_until && !kept && !answers_until && !sub_tenant && !tenant_change && !bulk;
    }
};

// `decide` is pure and may run more than once, on any thread; what its last run returned is what
// was written. Writing nothing is fine.
struct Command {
    Wanted wanted;
    std::function<Writes(const Rows&)> decide;
};

}  // namespace usher::flow
