// The operator moves an entitlement to another product of the same merchant (OpenTV §2.2 T8); its
// id stays. Recorded durably first, as any request; the record takes the product when the partner
// has it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/task.h"
#include "domain/entitlement.h"
#include "flow/failure.h"
#include "flow/ports.h"
#include "flow/update_status.h"

namespace usher::flow {

struct ProductChanged {
    Updated updated;
    domain::ProductId product;  // the record's, when it was answered
    // PENDING, where the customer must act for the new product.
    std::optional<domain::Activation> activation;
};

struct ChangeProduct {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    domain::ProductId product;
    std::optional<std::uint64_t> if_version;
    domain::Asker asker;
    base::Duration wait{};
    std::optional<Once<ProductChanged>> once{};
};

base::Task<std::expected<ProductChanged, Failure>> change_product(Ports& ports,
                                                                  ChangeProduct request);

}  // namespace usher::flow
