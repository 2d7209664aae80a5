// Why a request of the operator's was not carried out. `api` gives each its error code.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/rejection.h"
#include "flow/store.h"
#include "flow/tried.h"

namespace usher::flow {

enum class FailureKind : std::uint8_t {
    entitlement_unknown,  // in this tenant
    account_unknown,      // what a purchase names
    account_not_there,    // what a call is about
    account_ended,        // CANCELLED is an account's last status
    product_unknown,
    product_not_there,
    account_not_active,  // a purchase for an account that is not ACTIVE
    account_mismatch,    // an argument that must match the record does not
    product_mismatch,
    product_type_mismatch,
    version_mismatch,  // If-Match
    id_taken,          // a caller-chosen id that means something else already
    partner_id_taken,  // another entitlement has this id of the partner's (see `existing`)
    already_entitled,  // the account holds this product (see `existing`)
    product_of_another_merchant,
    product_in_use,       // its partner names cannot change any more
    rejected,             // by the lifecycle or the partner (see `rejection`)
    not_pending,          // nothing to activate
    not_recoverable,      // the customer has no access that could be recovered
    partner_unavailable,  // and without it there is no answer
    budget_spent,         // too many of these for now
    key_under_way,        // another request with the same idempotency key; see `again_after`
    sub_tenant_unknown,   // of this primary tenant
    bulk_unknown,         // of this subject in this tenant
    bulk_out_of_turn,     // not looked at, rows before these missing, or over
    bulk_guarded,         // too much would end
    bulk_token_refused,   // not of this file, tenant and subject; used; too old
    only_tried,           // see `tried`
    feed_place_unknown,   // no place in this tenant's feed
    feed_place_too_old,   // what follows is not kept any more
    key_of_another,       // what was asked under this idempotency key was something else
    store,                // see `store`
};

struct Failure {
    FailureKind kind{};
    std::optional<domain::Rejection> rejection;
    std::string partner_code;  // of a refusal by the partner
    std::optional<StoreError> store;
    std::optional<domain::EntitlementId> existing;    // of already_entitled
    std::optional<domain::EntitlementStatus> status;  // the record's, where it explains
    std::optional<std::uint64_t> version;             // the record's, of version_mismatch
    std::optional<base::Duration> again_after;
    std::shared_ptr<const Tried> tried;
};

inline Failure fail(FailureKind kind) {
    return {.kind = kind};
}
inline Failure fail(StoreError error) {
    return {.kind = FailureKind::store, .store = error};
}

}  // namespace usher::flow
