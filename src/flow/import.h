// Takes over an entitlement that the operator and the partner already have between them, with the
// id that the partner gave it. Nothing is sent: what the partner has is asked of it, as of any
// entitlement that is doubted, and where it differs the record follows the partner.
#pragma once

#include <expected>
#include <optional>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/ports.h"

namespace usher::flow {

struct Import {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    domain::AccountId account;
    domain::ProductId product;
    domain::PartnerEntitlementId partner_id;
    domain::EntitlementStatus status{};          // of a live one
    std::optional<domain::CustomerId> customer;  // the account's name at the partner, when it is
                                                 // not the one that the settings make
    std::optional<base::Time> created;
    std::optional<base::Time> valid_from;
    std::optional<base::Time> expiry_date;
    domain::Asker asker;
    bool only_looks = false;  // says what would be, and writes nothing
};

struct Imported {
    domain::Entitlement entitlement;  // as it is now, or would be
    bool is_new = false;              // else it was there before
    bool account_is_new = false;
};

// An account that is not known is made, too. Repeating it is fine: as long as id, account, product
// and the partner's id are the same, nothing is written. With another id of the partner's it
// corrects one that the partner has never said anything of.
base::Task<std::expected<Imported, Failure>> import_entitlement(Ports& ports, Import request);

}  // namespace usher::flow
