#include "notify/notification.h"

#include <cstdlib>
#include <optional>

#include "domain/convergence.h"
#include "domain/words.h"
#include "flow/feed.h"

namespace usher::notify {

namespace {

namespace json = boost::json;

// What became of the status; nothing where it means the same as before.
std::optional<NotificationKind> move_of(const domain::Change& change) {
    using domain::PartnerStatus;
    const auto from = domain::meaning(change.status_from);
    const auto to = domain::meaning(change.status_to);
    if (from == to) return std::nullopt;
    switch (to) {
        case PartnerStatus::pending:
            return NotificationKind::pending;
        case PartnerStatus::active:
            return from == PartnerStatus::suspended ? NotificationKind::resumed
                                                    : NotificationKind::activated;
        case PartnerStatus::suspended:
            return NotificationKind::suspended;
        case PartnerStatus::active_ending:
            return NotificationKind::ending;
        case PartnerStatus::cancelled:
            return NotificationKind::cancelled;
        case PartnerStatus::revoked:
            return NotificationKind::revoked;
        case PartnerStatus::none:
        case PartnerStatus::unknown:
            return std::nullopt;
    }
    return std::nullopt;
}

// Of an event that leaves the status as it is.
NotificationKind kind_by_cause(domain::ChangeKind cause) {
    using domain::ChangeKind;
    switch (cause) {
        case ChangeKind::requested:
            return NotificationKind::requested;
        case ChangeKind::confirmed:
            return NotificationKind::confirmed;
        case ChangeKind::accepted:
            return NotificationKind::accepted;
        case ChangeKind::lost:
            return NotificationKind::unconfirmed;
        case ChangeKind::learnt:
        case ChangeKind::partner_moved:
            return NotificationKind::observed;
        case ChangeKind::refused:
            return NotificationKind::refused;
        case ChangeKind::pushed_back:
            return NotificationKind::pushed_back;
        case ChangeKind::retried:
            return NotificationKind::retried;
        case ChangeKind::product_moved:
            return NotificationKind::product_changed;
        case ChangeKind::imported:
            return NotificationKind::imported;
    }
    std::abort();
}

json::object initiator_json(const domain::Event& event) {
    json::object initiator{{"party", domain::to_text(event.initiator)}};
    if (event.initiator == domain::Initiator::op && !event.asker.client.empty()) {
        initiator["client"] = event.asker.client;
    }
    return initiator;
}

json::object refusal_json(const domain::Change& change, int (*number_of)(domain::Rejection)) {
    json::object refusal{{"asked", domain::to_text(change.status_from)}};
    if (change.rejection) refusal["errorCode"] = number_of(*change.rejection);
    if (!change.partner_code.empty()) refusal["partnerCode"] = change.partner_code;
    return refusal;
}

}  // namespace

std::string_view to_text(NotificationKind kind) {
    switch (kind) {
        case NotificationKind::purchased:
            return "entitlement.purchased";
        case NotificationKind::imported:
            return "entitlement.imported";
        case NotificationKind::pending:
            return "entitlement.pending";
        case NotificationKind::activated:
            return "entitlement.activated";
        case NotificationKind::resumed:
            return "entitlement.resumed";
        case NotificationKind::suspended:
            return "entitlement.suspended";
        case NotificationKind::ending:
            return "entitlement.ending";
        case NotificationKind::cancelled:
            return "entitlement.cancelled";
        case NotificationKind::revoked:
            return "entitlement.revoked";
        case NotificationKind::refused:
            return "entitlement.refused";
        case NotificationKind::product_changed:
            return "entitlement.product_changed";
        case NotificationKind::requested:
            return "entitlement.requested";
        case NotificationKind::accepted:
            return "entitlement.accepted";
        case NotificationKind::confirmed:
            return "entitlement.confirmed";
        case NotificationKind::unconfirmed:
            return "entitlement.unconfirmed";
        case NotificationKind::observed:
            return "entitlement.observed";
        case NotificationKind::pushed_back:
            return "entitlement.pushed_back";
        case NotificationKind::retried:
            return "entitlement.retried";
    }
    std::abort();
}

NotificationKind kind_of(const domain::Event& event) {
    const auto cause = event.change.kind;
    if (event.previous == 0 && cause == domain::ChangeKind::requested) {
        return NotificationKind::purchased;
    }
    // Whatever the status did: these are what the event is about.
    const bool speaks_for_itself = cause == domain::ChangeKind::refused ||
                                   cause == domain::ChangeKind::imported ||
                                   cause == domain::ChangeKind::product_moved;
    if (!speaks_for_itself) {
        if (const auto moved = move_of(event.change)) return *moved;
    }
    return kind_by_cause(cause);
}

json::object notification_json(const domain::Event& event, const domain::Entitlement& row,
                               int (*number_of)(domain::Rejection)) {
    const auto& change = event.change;
    json::object told{{"id", flow::to_text(flow::place_of(event))},
                      {"kind", to_text(kind_of(event))},
                      {"time", base::format_time(event.at)},
                      {"tenantId", event.tenant.text()},
                      {"entitlementId", event.entitlement.text()},
                      {"accountId", row.account.text()},
                      {"productId", row.product.text()},
                      {"version", event.version},
                      {"status", domain::to_text(change.status_to)},
                      {"partnerStatus", domain::to_text(change.partner_to)},
                      {"cause", domain::to_text(change.kind)},
                      {"initiator", initiator_json(event)}};
    if (event.previous != 0) {
        told["previousStatus"] = domain::to_text(change.status_from);
        told["previousPartnerStatus"] = domain::to_text(change.partner_from);
    }
    if (!event.asker.correlation.empty()) told["correlationId"] = event.asker.correlation.text();
    if (change.kind == domain::ChangeKind::refused) {
        told["refusal"] = refusal_json(change, number_of);
    }
    return told;
}

}  // namespace usher::notify
