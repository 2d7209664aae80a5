// The statements about answers that are kept under idempotency keys; see statements.h.
#pragma once

#include <string_view>

namespace usher::store::sql {

#define USHER_ANSWER_COLUMNS                                                        \
    "tenant_id, subject, key, request_digest, owner, answer, answer_without_link, " \
    "link_until, begun_at, open_until"

inline constexpr std::string_view kFindAnswer =
    "SELECT " USHER_ANSWER_COLUMNS
    " FROM idempotency WHERE tenant_id = $1 AND subject = $2 AND key = $3";

inline constexpr std::string_view kPutAnswer =
    "INSERT INTO idempotency (" USHER_ANSWER_COLUMNS
    ", due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "ON CONFLICT (tenant_id, subject, key) DO UPDATE SET "
    "request_digest = excluded.request_digest, owner = excluded.owner, answer = excluded.answer, "
    "answer_without_link = excluded.answer_without_link, link_until = excluded.link_until, "
    "begun_at = excluded.begun_at, open_until = excluded.open_until, due_at = excluded.due_at";

inline constexpr std::string_view kFindTenantsWithAnswersDue =
    "SELECT DISTINCT tenant_id FROM idempotency WHERE due_at <= $1 ORDER BY tenant_id LIMIT $2";

// Those that began at $3 or before are too old.
inline constexpr std::string_view kForgetOldAnswers =
    "DELETE FROM idempotency WHERE tenant_id = $1 AND (subject, key) IN "
    "(SELECT subject, key FROM idempotency WHERE tenant_id = $1 AND due_at <= $2 "
    "AND begun_at <= $3 ORDER BY due_at LIMIT $4)";

// What is left is due for its link alone; $3 is how long an answer is kept.
inline constexpr std::string_view kForgetOldLinks =
    "UPDATE idempotency SET answer = answer_without_link, answer_without_link = '', "
    "link_until = NULL, due_at = begun_at + $3 WHERE tenant_id = $1 AND (subject, key) IN "
    "(SELECT subject, key FROM idempotency WHERE tenant_id = $1 AND due_at <= $2 "
    "AND link_until <= $2 ORDER BY due_at LIMIT $4)";

}  // namespace usher::store::sql
