// The operator's calls (OpenTV §2.1, §2.3), each from arguments to answer. The pipeline has checked
// token, role, tenant and body before.
#pragma once

#include "api/exchange.h"

namespace usher::api::opentv {

base::Task<Answer> create_entitlement(Exchange& exchange, const Surroundings& around);  // G1
base::Task<Answer> update_entitlement(Exchange& exchange, const Surroundings& around);  // G3 to G7
base::Task<Answer> read_entitlement(Exchange& exchange, const Surroundings& around);
base::Task<Answer> put_product(Exchange& exchange, const Surroundings& around);  // OpenTV §3.3
base::Task<Answer> add_account(Exchange& exchange, const Surroundings& around);  // OpenTV §2.3

}  // namespace usher::api::opentv
