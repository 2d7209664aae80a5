// The statements about reports of the partner's that are kept; see statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

#define USHER_REPORT_COLUMNS                                                                   \
    "tenant_id, entitlement_id, digest, received_at, outcome, named, partner_entitlement_id, " \
    "customer_id, product_key, status_word, reason, partner_date, body"

// Which reports there are of one entitlement, the newest first.
inline constexpr std::string_view kFindReportMarks =
    "SELECT digest, received_at FROM report WHERE tenant_id = $1 AND entitlement_id = $2 "
    "ORDER BY received_at DESC, digest";

inline constexpr std::string_view kFindReports =
    "SELECT " USHER_REPORT_COLUMNS
    " FROM report WHERE tenant_id = $1 AND entitlement_id = $2 "
    "ORDER BY received_at DESC, digest LIMIT $3";

inline constexpr std::string_view kPutReport =
    "INSERT INTO report (" USHER_REPORT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (tenant_id, entitlement_id, digest) DO UPDATE SET "
    "received_at = excluded.received_at, outcome = excluded.outcome";

inline constexpr std::string_view kForgetReport =
    "DELETE FROM report WHERE tenant_id = $1 AND entitlement_id = $2 AND digest = $3";

// The oldest, a few at a time.
inline constexpr std::string_view kForgetOldReports =
    "DELETE FROM report WHERE tenant_id = $1 AND received_at < $2 AND (entitlement_id, digest) IN "
    "(SELECT entitlement_id, digest FROM report WHERE tenant_id = $1 AND received_at < $2 "
    "ORDER BY received_at LIMIT $3)";

}  // namespace usher::store::sql
