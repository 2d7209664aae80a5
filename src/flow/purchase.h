// The account buys a product (OpenTV §2.1 G1, T1): a new entitlement, created at the partner. One
// account holds a product once: a repeat while the customer has not activated yet gives the same
// entitlement with a fresh activation URL.
#pragma once

#include <expected>
#include <optional>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/ports.h"
#include "flow/update_status.h"

namespace usher::flow {

struct Purchased {
    domain::EntitlementId id;
    domain::EntitlementStatus status{};
    Propagated propagated{};
    std::optional<domain::Activation> activation;  // when the customer must act
    std::uint64_t version = 0;
};

struct Purchase {
    domain::TenantId tenant;
    domain::AccountId account;
    domain::ProductId product;
    std::optional<domain::EntitlementId> id;  // chosen by the caller; else made
    domain::Reason reason;
    std::optional<base::Time> valid_from;
    std::optional<base::Time> expiry_date;
    domain::Asker asker;
    base::Duration wait{};
    std::optional<Once<Purchased>> once{};
};

// `rejected` when the partner refuses for good inside the wait; the record then ends CANCELLED.
base::Task<std::expected<Purchased, Failure>> purchase(Ports& ports, Purchase request);

}  // namespace usher::flow
