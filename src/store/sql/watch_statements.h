// What is kept beside the entitlements, and what looks at many of them: sweeps, holds, pins, what
// is not settled. As statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

#define USHER_SWEEP_COLUMNS                                                               \
    "tenant_id, after_id, round_begun, passed, missed, last_round, fresh_since, holder, " \
    "lease_until"

#define USHER_HOLD_COLUMNS \
    "tenant_id, merchant_id, kind, since, by_whom, why, lifted_at, lifted_by, lifted_why"

#define USHER_PIN_COLUMNS                                                                      \
    "tenant_id, merchant_id, product_key, action, since, supported, by_whom, why, lifted_at, " \
    "lifted_by, lifted_why"

inline constexpr std::string_view kFindSweep =
    "SELECT " USHER_SWEEP_COLUMNS " FROM sweep WHERE tenant_id = $1";

inline constexpr std::string_view kPutSweep =
    "INSERT INTO sweep (" USHER_SWEEP_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "ON CONFLICT (tenant_id) DO UPDATE SET after_id = excluded.after_id, "
    "round_begun = excluded.round_begun, passed = excluded.passed, missed = excluded.missed, "
    "last_round = excluded.last_round, fresh_since = excluded.fresh_since, "
    "holder = excluded.holder, lease_until = excluded.lease_until";

inline constexpr std::string_view kCountEntitlements =
    "SELECT count(*) FROM entitlement WHERE tenant_id = $1";

inline constexpr std::string_view kFindSweepStops =
    "SELECT entitlement_id, partner_status, sync_due_at FROM entitlement "
    "WHERE tenant_id = $1 AND entitlement_id > $2 ORDER BY entitlement_id LIMIT $3";

inline constexpr std::string_view kFindUnsettled =
    "SELECT entitlement_id, status, partner_status, problem, unsettled_since, attempts, "
    "sync_due_at FROM entitlement "
    "WHERE tenant_id = $1 AND entitlement_id > $2 AND sync_due_at IS NOT NULL "
    "AND unsettled_since IS NOT NULL AND ($3 = 0 OR problem = $4) "
    "ORDER BY entitlement_id LIMIT $5";

inline constexpr std::string_view kFindHolds =
    "SELECT " USHER_HOLD_COLUMNS
    " FROM hold WHERE lifted_at IS NULL ORDER BY tenant_id, merchant_id, kind, since";

inline constexpr std::string_view kPutHold =
    "INSERT INTO hold (" USHER_HOLD_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "ON CONFLICT (tenant_id, merchant_id, kind, since) DO UPDATE SET by_whom = excluded.by_whom, "
    "why = excluded.why, lifted_at = excluded.lifted_at, lifted_by = excluded.lifted_by, "
    "lifted_why = excluded.lifted_why";

inline constexpr std::string_view kFindPins =
    "SELECT " USHER_PIN_COLUMNS
    " FROM action_pin WHERE lifted_at IS NULL "
    "ORDER BY tenant_id, merchant_id, product_key, action, since";

inline constexpr std::string_view kPutPin =
    "INSERT INTO action_pin (" USHER_PIN_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "ON CONFLICT (tenant_id, merchant_id, product_key, action, since) DO UPDATE SET "
    "supported = excluded.supported, by_whom = excluded.by_whom, why = excluded.why, "
    "lifted_at = excluded.lifted_at, lifted_by = excluded.lifted_by, "
    "lifted_why = excluded.lifted_why";

// Everything that there is work for on one route and that is not settled.
inline constexpr std::string_view kFindBacklog =
    "SELECT problem, sync_due_at, lease_until, unsettled_since FROM entitlement "
    "WHERE tenant_id = $1 AND merchant_id = $2 AND sync_due_at IS NOT NULL "
    "AND unsettled_since IS NOT NULL";

}  // namespace usher::store::sql
