// Every statement of the store, one text each, the same for every engine: parameters are $1, $2, …
// and every key begins with the tenant (the partner's own id, unique over all tenants, excepted).
#pragma once

#include <string_view>

namespace usher::store::sql {

// What is read of and inserted into a row, in the order of sqlite/rows.cc.
#define USHER_ENTITLEMENT_COLUMNS                                                                \
    "tenant_id, entitlement_id, account_id, product_id, merchant_id, product_key, customer_id, " \
    "occupies, partner_entitlement_id, created_at, wanted_product_id, wanted_product_key, "      \
    "refused_product_id, "                                                                       \
    "status, partner_status, intent, read_wanted, bound, partner_date, heard_at, last_call, "    \
    "refusal_action, refusal_rejection, refusal_partner_code, "                                  \
    "reason_code, reason_category, cancel_reason_code, cancel_reason_category, "                 \
    "cancel_reason_description, valid_from, expiry_date, ends_at, "                              \
    "activation_url, activation_expiry, "                                                        \
    "last_refusal_asked, last_refusal_rejection, last_refusal_partner_code, last_refusal_at, "   \
    "last_refusal_request, "                                                                     \
    "modified_at, version, request, last_position, sync_due_at, attempts, hints, "               \
    "unsettled_since, last_problem, fence, lease_until, "                                        \
    "asker_subject, asker_client, asker_correlation, problem, partner_said_at, "                 \
    "other_product_key, deleted_at, unsettled_from"

#define USHER_CALL_COLUMNS                                                                     \
    "tenant_id, entitlement_id, number, action, phase, request_id, answer_read, sent_before, " \
    "pushed_back, begun_at, deadline, horizon, body_digest, result"

#define USHER_EVENT_COLUMNS                                                                    \
    "tenant_id, position, entitlement_id, previous, version, happened_at, kind, status_from, " \
    "status_to, partner_from, partner_to, action, rejection, partner_code, initiator, "        \
    "asker_subject, asker_client, asker_correlation, call_number, note, product_id, comment"

#define USHER_PRODUCT_COLUMNS \
    "tenant_id, product_id, name, merchant_id, product_key, created_at, modified_at"

#define USHER_ACCOUNT_COLUMNS                                                            \
    "tenant_id, account_id, status, created_at, modified_at, deleted_at, cascade_kind, " \
    "cascade_subject, cascade_client, cascade_correlation, cascade_comment, "            \
    "cascade_begun_at, cascade_after, cascade_asked, cascade_rounds, cascade_due_at"

inline constexpr std::string_view kFindEntitlement =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE tenant_id = $1 AND entitlement_id = $2";

inline constexpr std::string_view kFindOccupant =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE tenant_id = $1 AND account_id = $2 AND product_id = $3 "
    "AND occupies = 1";

// Of a build for tests alone (base/planted.h): without the tenant in their keys.
inline constexpr std::string_view kFindEntitlementAnywhere =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE tenant_id <> '' AND $1 <> '' AND entitlement_id = $2";
inline constexpr std::string_view kFindOccupantAnywhere =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE $1 <> '' AND account_id = $2 AND product_id = $3 AND occupies = 1";

inline constexpr std::string_view kFindHolder =
    "SELECT tenant_id, entitlement_id FROM entitlement "
    "WHERE merchant_id = $1 AND partner_entitlement_id = $2";

inline constexpr std::string_view kFindLiveOfAccount =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE tenant_id = $1 AND account_id = $2 AND occupies = 1 "
    "ORDER BY product_id LIMIT $3";

inline constexpr std::string_view kFindNextHoldingMerchant =
    "SELECT merchant_id FROM entitlement "
    "WHERE partner_entitlement_id IS NOT NULL AND merchant_id > $1 ORDER BY merchant_id LIMIT 1";

inline constexpr std::string_view kFindByPartnerId =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE merchant_id = $1 AND partner_entitlement_id = $2 AND tenant_id = $3";

inline constexpr std::string_view kFindEntitlementsAfter =
    "SELECT " USHER_ENTITLEMENT_COLUMNS
    " FROM entitlement WHERE tenant_id = $1 AND entitlement_id > $2 "
    "ORDER BY entitlement_id LIMIT $3";

inline constexpr std::string_view kFindLastPosition =
    "SELECT last_position FROM entitlement WHERE tenant_id = $1 AND entitlement_id = $2";

inline constexpr std::string_view kInsertEntitlement =
    "INSERT INTO entitlement (" USHER_ENTITLEMENT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
    "$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, "
    "$37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, "
    "$55, $56, $57, $58)";

// What identifies it to others: rarely changed, and apart, because a column that is set costs a
// write to each index it is in, changed or not.
inline constexpr std::string_view kUpdateIdentity =
    "UPDATE entitlement SET account_id = $3, product_id = $4, merchant_id = $5, product_key = $6, "
    "customer_id = $7, occupies = $8, partner_entitlement_id = $9, created_at = $10, "
    "wanted_product_id = $11, wanted_product_key = $12, refused_product_id = $13 "
    "WHERE tenant_id = $1 AND entitlement_id = $2";

// All that changes often, but for the status.
#define USHER_STATE_OF_ENTITLEMENT                                                                 \
    "partner_status = $4, intent = $5, read_wanted = $6, "                                         \
    "bound = $7, partner_date = $8, heard_at = $9, last_call = $10, refusal_action = $11, "        \
    "refusal_rejection = $12, refusal_partner_code = $13, reason_code = $14, "                     \
    "reason_category = $15, cancel_reason_code = $16, cancel_reason_category = $17, "              \
    "cancel_reason_description = $18, valid_from = $19, expiry_date = $20, ends_at = $21, "        \
    "activation_url = $22, activation_expiry = $23, last_refusal_asked = $24, "                    \
    "last_refusal_rejection = $25, last_refusal_partner_code = $26, last_refusal_at = $27, "       \
    "last_refusal_request = $28, modified_at = $29, version = $30, request = $31, "                \
    "last_position = $32, sync_due_at = $33, attempts = $34, hints = $35, unsettled_since = $36, " \
    "last_problem = $37, fence = $38, lease_until = $39, asker_subject = $40, asker_client = "     \
    "$41, "                                                                                        \
    "asker_correlation = $42, problem = $43, partner_said_at = $44, other_product_key = $45, "     \
    "deleted_at = $46, unsettled_from = $47 "

inline constexpr std::string_view kUpdateEntitlement =
    "UPDATE entitlement SET status = $3, " USHER_STATE_OF_ENTITLEMENT
    "WHERE tenant_id = $1 AND entitlement_id = $2";
// Most changes leave the status as it is, and then its index need not be written.
inline constexpr std::string_view kUpdateWithSameStatus =
    "UPDATE entitlement SET " USHER_STATE_OF_ENTITLEMENT
    "WHERE tenant_id = $1 AND entitlement_id = $2 AND status = $3";

inline constexpr std::string_view kBeginUse =
    "UPDATE store_state SET in_use = 1, touched = touched + 1 WHERE id = 1";
inline constexpr std::string_view kEndUse =
    "UPDATE store_state SET in_use = 0, touched = touched + 1 WHERE id = 1";
inline constexpr std::string_view kTouch =
    "UPDATE store_state SET touched = touched + 1 WHERE id = 1";
inline constexpr std::string_view kIsInUse = "SELECT in_use FROM store_state WHERE id = 1";

inline constexpr std::string_view kCountLeases =
    "SELECT count(*) FROM entitlement WHERE sync_due_at IS NOT NULL AND lease_until IS NOT NULL";

// The leases of a process that is dead: its calls are open, and to be taken over now.
inline constexpr std::string_view kVoidLeases =
    "UPDATE entitlement SET lease_until = NULL, sync_due_at = $1 "
    "WHERE sync_due_at IS NOT NULL AND lease_until IS NOT NULL";

inline constexpr std::string_view kFindUnsettledCalls =
    "SELECT " USHER_CALL_COLUMNS
    " FROM call WHERE tenant_id = $1 AND entitlement_id = $2 AND number >= $3 "
    "AND phase <> 'answered' ORDER BY number";

inline constexpr std::string_view kFindCalls =
    "SELECT " USHER_CALL_COLUMNS
    " FROM call WHERE tenant_id = $1 AND entitlement_id = $2 ORDER BY number";

inline constexpr std::string_view kPutCall =
    "INSERT INTO call (" USHER_CALL_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
    "ON CONFLICT (tenant_id, entitlement_id, number) DO UPDATE SET action = excluded.action, "
    "phase = excluded.phase, request_id = excluded.request_id, "
    "answer_read = excluded.answer_read, sent_before = excluded.sent_before, "
    "pushed_back = excluded.pushed_back, begun_at = excluded.begun_at, "
    "deadline = excluded.deadline, horizon = excluded.horizon, "
    "body_digest = excluded.body_digest, result = excluded.result";

inline constexpr std::string_view kInsertEvent =
    "INSERT INTO event (" USHER_EVENT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
    "$19, $20, $21, $22)";

inline constexpr std::string_view kFindFeed =
    "SELECT " USHER_EVENT_COLUMNS
    " FROM event WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3";

inline constexpr std::string_view kFindFeedEnd =
    "SELECT last FROM tenant_feed WHERE tenant_id = $1";

// The last statement before a commit, once for each tenant of the group.
inline constexpr std::string_view kMoveFeedEnd =
    "INSERT INTO tenant_feed (tenant_id, last) VALUES ($1, $2) "
    "ON CONFLICT (tenant_id) DO UPDATE SET last = excluded.last";

inline constexpr std::string_view kFindProduct =
    "SELECT " USHER_PRODUCT_COLUMNS " FROM product WHERE tenant_id = $1 AND product_id = $2";

inline constexpr std::string_view kFindProductsByKey =
    "SELECT " USHER_PRODUCT_COLUMNS
    " FROM product WHERE tenant_id = $1 AND merchant_id = $2 AND product_key = $3 "
    "ORDER BY product_id LIMIT $4";

inline constexpr std::string_view kFindProductsAfter =
    "SELECT " USHER_PRODUCT_COLUMNS
    " FROM product WHERE tenant_id = $1 AND product_id > $2 ORDER BY product_id LIMIT $3";

inline constexpr std::string_view kPutProduct =
    "INSERT INTO product (" USHER_PRODUCT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7) "
    "ON CONFLICT (tenant_id, product_id) DO UPDATE SET name = excluded.name, "
    "merchant_id = excluded.merchant_id, product_key = excluded.product_key, "
    "created_at = excluded.created_at, modified_at = excluded.modified_at";

inline constexpr std::string_view kFindAccount =
    "SELECT " USHER_ACCOUNT_COLUMNS " FROM account WHERE tenant_id = $1 AND account_id = $2";

inline constexpr std::string_view kPutAccount =
    "INSERT INTO account (" USHER_ACCOUNT_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
    "ON CONFLICT (tenant_id, account_id) DO UPDATE SET status = excluded.status, "
    "created_at = excluded.created_at, modified_at = excluded.modified_at, "
    "deleted_at = excluded.deleted_at, cascade_kind = excluded.cascade_kind, "
    "cascade_subject = excluded.cascade_subject, cascade_client = excluded.cascade_client, "
    "cascade_correlation = excluded.cascade_correlation, "
    "cascade_comment = excluded.cascade_comment, "
    "cascade_begun_at = excluded.cascade_begun_at, cascade_after = excluded.cascade_after, "
    "cascade_asked = excluded.cascade_asked, cascade_rounds = excluded.cascade_rounds, "
    "cascade_due_at = excluded.cascade_due_at";

inline constexpr std::string_view kFindCascadesDue =
    "SELECT " USHER_ACCOUNT_COLUMNS
    " FROM account WHERE cascade_due_at <= $1 "
    "ORDER BY cascade_due_at, tenant_id, account_id LIMIT $2";

// Every entitlement of every tenant, a page at a time.
inline constexpr std::string_view kFindKeys =
    "SELECT tenant_id, entitlement_id FROM entitlement WHERE (tenant_id, entitlement_id) > ($1, "
    "$2) "
    "ORDER BY tenant_id, entitlement_id LIMIT $3";

// The work list, one step along its index at a time: the next route that has work, in the same
// tenant or in the next one. In one statement, (tenant_id, merchant_id) > ($1, $2), SQLite would
// pass everything that is due on the route before.
inline constexpr std::string_view kFindNextMerchant =
    "SELECT tenant_id, merchant_id FROM entitlement "
    "WHERE sync_due_at IS NOT NULL AND tenant_id = $1 AND merchant_id > $2 "
    "ORDER BY merchant_id LIMIT 1";
inline constexpr std::string_view kFindNextTenant =
    "SELECT tenant_id, merchant_id FROM entitlement "
    "WHERE sync_due_at IS NOT NULL AND tenant_id > $1 "
    "ORDER BY tenant_id, merchant_id LIMIT 1";

// … what is due on it, …
inline constexpr std::string_view kFindDue =
    "SELECT entitlement_id, sync_due_at FROM entitlement "
    "WHERE tenant_id = $1 AND merchant_id = $2 AND sync_due_at IS NOT NULL "
    "AND (sync_due_at, entitlement_id) > ($4, $5) AND sync_due_at <= $3 "
    "ORDER BY sync_due_at, entitlement_id LIMIT $6";

// … and when it next has something.
inline constexpr std::string_view kFindNextDue =
    "SELECT sync_due_at FROM entitlement "
    "WHERE tenant_id = $1 AND merchant_id = $2 AND sync_due_at > $3 "
    "ORDER BY sync_due_at LIMIT 1";

}  // namespace usher::store::sql
