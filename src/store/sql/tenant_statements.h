// The statements about tenants that were added while Usher runs; see statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

#define USHER_TENANT_COLUMNS                                                                \
    "tenant_id, primary_id, enabled, edition, wait, strict_reasons, suspend_with_account, " \
    "freshness, created_at, modified_at"

#define USHER_TENANT_CHANGE_COLUMNS \
    "tenant_id, at, subject, client, correlation_id, comment, what, why"

inline constexpr std::string_view kFindSubTenant =
    "SELECT " USHER_TENANT_COLUMNS " FROM sub_tenant WHERE tenant_id = $1";

inline constexpr std::string_view kFindSubTenants =
    "SELECT " USHER_TENANT_COLUMNS " FROM sub_tenant ORDER BY tenant_id";

inline constexpr std::string_view kPutSubTenant =
    "INSERT INTO sub_tenant (" USHER_TENANT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
    "ON CONFLICT (tenant_id) DO UPDATE SET enabled = excluded.enabled, "
    "edition = excluded.edition, wait = excluded.wait, strict_reasons = excluded.strict_reasons, "
    "suspend_with_account = excluded.suspend_with_account, freshness = excluded.freshness, "
    "modified_at = excluded.modified_at";

inline constexpr std::string_view kFindTenantChanges =
    "SELECT " USHER_TENANT_CHANGE_COLUMNS
    " FROM tenant_change WHERE tenant_id = $1 ORDER BY number DESC LIMIT $2";

inline constexpr std::string_view kInsertTenantChange =
    "INSERT INTO tenant_change (number, " USHER_TENANT_CHANGE_COLUMNS
    ") SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 "
    "FROM tenant_change WHERE tenant_id = $1";

}  // namespace usher::store::sql
