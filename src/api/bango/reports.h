// What the partner sends us: reports of changes (Bango §5).
#pragma once

#include "api/exchange.h"

namespace usher::api::bango {

// Answers 200 to whatever it cannot do anything with, a tenant or an entitlement that does not
// exist included: the partner would only repeat it, and learns nothing about what there is.
base::Task<Answer> receive_report(Exchange& exchange, const Surroundings& around);

}  // namespace usher::api::bango
