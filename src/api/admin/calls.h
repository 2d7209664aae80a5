// What the admin listener answers beside health (interface §5). The pipeline has checked host,
// token, role and tenant before, as far as the route's door asks for them.
#pragma once

#include "api/exchange.h"

namespace usher::api::admin {

base::Task<Answer> is_live(Exchange& exchange, const Surroundings& around);
base::Task<Answer> is_ready(Exchange& exchange, const Surroundings& around);
base::Task<Answer> read_metrics(Exchange& exchange, const Surroundings& around);

// What is stopped for a while. Without a tenant (the routes for all of them): of all tenants.
base::Task<Answer> list_holds(Exchange& exchange, const Surroundings& around);
base::Task<Answer> place_hold(Exchange& exchange, const Surroundings& around);
base::Task<Answer> lift_hold(Exchange& exchange, const Surroundings& around);

// How everything stands, worst first; likewise.
base::Task<Answer> read_status(Exchange& exchange, const Surroundings& around);

// Which actions a merchant's product supports: what was learnt, and what a person has pinned over
// it; likewise.
base::Task<Answer> list_actions(Exchange& exchange, const Surroundings& around);
base::Task<Answer> clear_actions(Exchange& exchange, const Surroundings& around);
base::Task<Answer> place_pin(Exchange& exchange, const Surroundings& around);
base::Task<Answer> lift_pin(Exchange& exchange, const Surroundings& around);

base::Task<Answer> list_unsettled(Exchange& exchange, const Surroundings& around);
base::Task<Answer> retry_entitlement(Exchange& exchange, const Surroundings& around);
// What the partner reported about one entitlement or, without one in the path, about none.
base::Task<Answer> list_reports(Exchange& exchange, const Surroundings& around);
// Why an entitlement is as it is; of one, or of those that an account or a partner's id leads to.
base::Task<Answer> explain_entitlement(Exchange& exchange, const Surroundings& around);
base::Task<Answer> explain_several(Exchange& exchange, const Surroundings& around);

// The partner's daily file against what is held (flow/compare.h): its rows, what it should have,
// what is to be read again, the line at the end, and the newest lines.
base::Task<Answer> compare_rows(Exchange& exchange, const Surroundings& around);
base::Task<Answer> list_held(Exchange& exchange, const Surroundings& around);
base::Task<Answer> ask_reads(Exchange& exchange, const Surroundings& around);
base::Task<Answer> sign_comparison(Exchange& exchange, const Surroundings& around);
base::Task<Answer> latest_comparisons(Exchange& exchange, const Surroundings& around);

// How a change of the operator's would go.
base::Task<Answer> dry_run(Exchange& exchange, const Surroundings& around);

// A file of changes, row by row (flow/bulk.h): begun, its rows looked at, started, carried out.
base::Task<Answer> begin_bulk(Exchange& exchange, const Surroundings& around);
base::Task<Answer> list_bulks(Exchange& exchange, const Surroundings& around);
base::Task<Answer> read_bulk(Exchange& exchange, const Surroundings& around);
base::Task<Answer> look_at_rows(Exchange& exchange, const Surroundings& around);
base::Task<Answer> start_bulk(Exchange& exchange, const Surroundings& around);
base::Task<Answer> carry_out_rows(Exchange& exchange, const Surroundings& around);

// Entitlements that operator and partner have already (flow/import.h).
base::Task<Answer> import_rows(Exchange& exchange, const Surroundings& around);

// How the tenant is set up, and who changed it.
base::Task<Answer> read_tenant(Exchange& exchange, const Surroundings& around);
base::Task<Answer> change_tenant(Exchange& exchange, const Surroundings& around);

}  // namespace usher::api::admin
