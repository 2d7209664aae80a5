// The statements about files of changes; see statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

#define USHER_BULK_COLUMNS                                                             \
    "tenant_id, id, subject, client, correlation_id, comment, begun_by, file, "        \
    "digest, row_count, begun_at, looked, foreseen_changed, foreseen_unchanged, "      \
    "foreseen_refused, would_end, live, looked_at, token_digest, started_at, "         \
    "confirmed, let_through, ends, told, done_changed, done_unchanged, done_refused, " \
    "finished_at"

inline constexpr std::string_view kFindBulk =
    "SELECT " USHER_BULK_COLUMNS " FROM bulk WHERE tenant_id = $1 AND id = $2";

inline constexpr std::string_view kFindBulks =
    "SELECT " USHER_BULK_COLUMNS
    " FROM bulk WHERE tenant_id = $1 ORDER BY begun_at DESC, id DESC LIMIT $2";

inline constexpr std::string_view kPutBulk =
    "INSERT INTO bulk (" USHER_BULK_COLUMNS
    ") VALUES ("
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
    "$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28"
    ") ON CONFLICT (tenant_id, id) DO UPDATE SET "
    "looked = excluded.looked, foreseen_changed = excluded.foreseen_changed, "
    "foreseen_unchanged = excluded.foreseen_unchanged, "
    "foreseen_refused = excluded.foreseen_refused, would_end = excluded.would_end, "
    "live = excluded.live, looked_at = excluded.looked_at, "
    "token_digest = excluded.token_digest, started_at = excluded.started_at, "
    "confirmed = excluded.confirmed, let_through = excluded.let_through, "
    "ends = excluded.ends, told = excluded.told, "
    "done_changed = excluded.done_changed, done_unchanged = excluded.done_unchanged, "
    "done_refused = excluded.done_refused, finished_at = excluded.finished_at, "
    "comment = excluded.comment";

}  // namespace usher::store::sql
