// The statements about comparisons with the partner's files; see statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

// The last one is for choosing by.
#define USHER_COMPARISON_COLUMNS                                                         \
    "tenant_id, merchant_id, finished_at, by_whom, by_subject, file_name, file_digest, " \
    "as_of, rows_read, counts, reads, differences"

inline constexpr std::string_view kFindLatestComparisons =
    "SELECT " USHER_COMPARISON_COLUMNS
    " FROM comparison WHERE tenant_id = $1 AND finished_at = (SELECT max(other.finished_at) "
    "FROM comparison AS other WHERE other.tenant_id = comparison.tenant_id "
    "AND other.merchant_id = comparison.merchant_id "
    "AND (other.differences = 0) = (comparison.differences = 0)) "
    "ORDER BY merchant_id, finished_at";

inline constexpr std::string_view kPutComparison =
    "INSERT INTO comparison (" USHER_COMPARISON_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
    "ON CONFLICT (tenant_id, merchant_id, finished_at) DO UPDATE SET by_whom = excluded.by_whom, "
    "by_subject = excluded.by_subject, file_name = excluded.file_name, "
    "file_digest = excluded.file_digest, as_of = excluded.as_of, rows_read = excluded.rows_read, "
    "counts = excluded.counts, reads = excluded.reads, differences = excluded.differences";

}  // namespace usher::store::sql
