// The product converges like the status: what the partner has there becomes the record's, when it
// is a product of the platform's (Bango §5, PRODUCT_UPDATE).
#pragma once

#include "base/task.h"
#include "flow/ports.h"
#include "flow/recording.h"

namespace usher::flow {

// Moves the record to `rows.product`, which the partner has there; or it says why it cannot, and a
// person must look. `rows.occupant` is who holds that product.
void move_or_tell_why(Recording& recording, const Rows& rows, domain::Initiator initiator);

// For an entitlement with an `other_product_key`: the record follows, with an event of the
// partner's; or it says why it cannot, and a person must look. Gives the row when it was changed.
base::Task<StoreResult<std::shared_ptr<const domain::Entitlement>>> follow_product(
    Ports& ports, domain::Entitlement entitlement);

}  // namespace usher::flow
