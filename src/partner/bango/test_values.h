// Values that the tests of this folder share.
#pragma once

#include <string>
#include <utility>

#include "domain/entitlement.h"
#include "http/message.h"

namespace usher::partner::bango {

inline base::Time noon() {
    return *base::parse_time("2026-03-01T12:00:00Z");
}

// Held by us as `status`; with the partner's id unless it was never created.
inline domain::Entitlement an_entitlement(domain::PartnerStatus status) {
    domain::Entitlement entitlement{
        .tenant = domain::TenantId{"demo"},
        .id = domain::EntitlementId{"ent-1"},
        .account = domain::AccountId{"account-1"},
        .product = domain::ProductId{"BANGO_US_MUSIC"},
        .merchant = domain::MerchantId{"BANGO_US"},
        .product_key = domain::ProductKey{"MUSIC"},
        .customer = domain::CustomerId{"demo-account-1"},
    };
    entitlement.convergence.partner_status = status;
    if (status != domain::PartnerStatus::none) {
        entitlement.partner_id = domain::PartnerEntitlementId{"b-77"};
        entitlement.convergence.bound = true;
    }
    return entitlement;
}

// A status that the action applies in.
inline domain::PartnerStatus before(domain::PartnerAction action) {
    switch (action) {
        case domain::PartnerAction::create:
            return domain::PartnerStatus::none;
        case domain::PartnerAction::suspend:
        case domain::PartnerAction::cancel:
        case domain::PartnerAction::revoke:
        case domain::PartnerAction::change_product:
            return domain::PartnerStatus::active;
        case domain::PartnerAction::resume:
            return domain::PartnerStatus::suspended;
        case domain::PartnerAction::undo_cancel:
            return domain::PartnerStatus::active_ending;
    }
    return domain::PartnerStatus::none;
}

inline http::Response a_response(int status, std::string body) {
    return http::make_response(status, "application/json", std::move(body));
}

}  // namespace usher::partner::bango
