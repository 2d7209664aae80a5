// The operator's calls (OpenTV §2.1 to §2.3), each from arguments to answer. The pipeline has
// checked token, role, tenant and body before.
#pragma once

#include "api/exchange.h"

namespace usher::api::opentv {

base::Task<Answer> create_entitlement(Exchange& exchange, const Surroundings& around);  // G1, T1
base::Task<Answer> list_entitlements(Exchange& exchange, const Surroundings& around);   // G2
base::Task<Answer> delete_entitlement(Exchange& exchange, const Surroundings& around);  // G8
base::Task<Answer> delete_of_account(Exchange& exchange, const Surroundings& around);   // G9
base::Task<Answer> update_entitlement(Exchange& exchange, const Surroundings& around);  // G3 to G7
base::Task<Answer> read_entitlement(Exchange& exchange, const Surroundings& around);

base::Task<Answer> read_activation(Exchange& exchange, const Surroundings& around);  // T2
base::Task<Answer> recover(Exchange& exchange, const Surroundings& around);          // T3
base::Task<Answer> cancel(Exchange& exchange, const Surroundings& around);           // T4
base::Task<Answer> revoke(Exchange& exchange, const Surroundings& around);           // T5
base::Task<Answer> suspend(Exchange& exchange, const Surroundings& around);          // T6
base::Task<Answer> resume(Exchange& exchange, const Surroundings& around);           // T7
base::Task<Answer> change_product(Exchange& exchange, const Surroundings& around);   // T8

// OpenTV §2.3, §3.3
base::Task<Answer> put_product(Exchange& exchange, const Surroundings& around);
base::Task<Answer> read_product(Exchange& exchange, const Surroundings& around);
base::Task<Answer> rename_product(Exchange& exchange, const Surroundings& around);
base::Task<Answer> list_products(Exchange& exchange, const Surroundings& around);

// OpenTV §2.3
base::Task<Answer> add_account(Exchange& exchange, const Surroundings& around);
base::Task<Answer> read_account(Exchange& exchange, const Surroundings& around);
base::Task<Answer> change_account(Exchange& exchange, const Surroundings& around);
base::Task<Answer> change_account_by_old_path(Exchange& exchange, const Surroundings& around);
base::Task<Answer> delete_account(Exchange& exchange, const Surroundings& around);

// OpenTV §2.3, §6
base::Task<Answer> add_tenant(Exchange& exchange, const Surroundings& around);
base::Task<Answer> change_tenant(Exchange& exchange, const Surroundings& around);
base::Task<Answer> list_tenants(Exchange& exchange, const Surroundings& around);

// Beside what is published, under the gateway's own path.
base::Task<Answer> read_events(Exchange& exchange, const Surroundings& around);

}  // namespace usher::api::opentv
