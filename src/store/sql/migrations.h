// The schema, one step after another. A step that was released is never changed: append.
#pragma once

#include <array>
#include <string_view>

#include "store/sql/first_schema.h"

namespace usher::store::sql {

// "/* clustered */" after a table stands for: kept in the order of its key, where the engine can.
inline constexpr std::string_view kClustered = "/* clustered */";

// Of the store itself, one row. While it is in use there is a log beside the file, and one that is
// gone then is a loss. `touched` is only counted up, to have written something.
inline constexpr std::string_view kRememberUse = R"sql(
CREATE TABLE store_state (
    id SMALLINT NOT NULL PRIMARY KEY,
    in_use SMALLINT NOT NULL,
    touched BIGINT NOT NULL
);
INSERT INTO store_state (id, in_use, touched) VALUES (1, 0, 0);
)sql";

// Beside the entitlements: how far each tenant's sweep has come, and what was stopped, by whom and
// why. An empty name stands for all.
inline constexpr std::string_view kWatchOver = R"sql(
CREATE TABLE sweep (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    after_id TEXT NOT NULL,
    round_begun BIGINT NOT NULL,
    passed BIGINT NOT NULL,
    missed BIGINT NOT NULL,
    last_round BIGINT NOT NULL,
    fresh_since BIGINT,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL
) /* clustered */;
CREATE TABLE hold (
    tenant_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    since BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT NOT NULL,
    lifted_why TEXT NOT NULL,
    PRIMARY KEY (tenant_id, merchant_id, kind, since)
) /* clustered */;
)sql";

// Why an entitlement is not settled, as a code, and when the partner last said what it has.
inline constexpr std::string_view kNameProblems = R"sql(
ALTER TABLE entitlement ADD COLUMN problem TEXT NOT NULL DEFAULT '';
ALTER TABLE entitlement ADD COLUMN partner_said_at BIGINT;
)sql";

// What the partner told us, beside what came of it; and what it has where the record could not
// follow.
inline constexpr std::string_view kKeepReports = R"sql(
ALTER TABLE entitlement ADD COLUMN other_product_key TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN product_id TEXT NOT NULL DEFAULT '';
CREATE INDEX product_by_key ON product (tenant_id, merchant_id, product_key);
CREATE TABLE report (
    tenant_id TEXT NOT NULL,
    entitlement_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    named TEXT NOT NULL,
    partner_entitlement_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    product_key TEXT NOT NULL,
    status_word TEXT NOT NULL,
    reason TEXT NOT NULL,
    partner_date BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, entitlement_id, digest)
) /* clustered */;
CREATE INDEX report_by_age ON report (tenant_id, received_at);
)sql";

// What comparing with the partner's files found; those without differences are signed off.
inline constexpr std::string_view kCompare = R"sql(
CREATE TABLE comparison (
    tenant_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    finished_at BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    by_subject TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    rows_read BIGINT NOT NULL,
    counts TEXT NOT NULL,
    reads BIGINT NOT NULL,
    differences BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, merchant_id, finished_at)
) /* clustered */;
)sql";

// What a person says that a merchant's product supports, or does not. An empty name stands for all.
inline constexpr std::string_view kPinActions = R"sql(
CREATE TABLE action_pin (
    tenant_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    product_key TEXT NOT NULL,
    action TEXT NOT NULL,
    since BIGINT NOT NULL,
    supported SMALLINT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT NOT NULL,
    lifted_why TEXT NOT NULL,
    PRIMARY KEY (tenant_id, merchant_id, product_key, action, since)
) /* clustered */;
)sql";

// For lists: by account, product and status, of what the operator has not deleted.
inline constexpr std::string_view kListEntitlements = R"sql(
ALTER TABLE entitlement ADD COLUMN deleted_at BIGINT;
CREATE INDEX entitlement_account ON entitlement (tenant_id, account_id, entitlement_id)
    WHERE deleted_at IS NULL;
CREATE INDEX entitlement_product ON entitlement (tenant_id, product_id, entitlement_id)
    WHERE deleted_at IS NULL;
CREATE INDEX entitlement_status ON entitlement (tenant_id, status, entitlement_id)
    WHERE deleted_at IS NULL;
)sql";

// What the change of an account asks of its entitlements.
inline constexpr std::string_view kCascade = R"sql(
ALTER TABLE account ADD COLUMN deleted_at BIGINT;
ALTER TABLE account ADD COLUMN cascade_kind TEXT;
ALTER TABLE account ADD COLUMN cascade_subject TEXT;
ALTER TABLE account ADD COLUMN cascade_client TEXT;
ALTER TABLE account ADD COLUMN cascade_correlation TEXT;
ALTER TABLE account ADD COLUMN cascade_comment TEXT;
ALTER TABLE account ADD COLUMN cascade_begun_at BIGINT;
ALTER TABLE account ADD COLUMN cascade_after TEXT;
ALTER TABLE account ADD COLUMN cascade_asked BIGINT;
ALTER TABLE account ADD COLUMN cascade_rounds BIGINT;
ALTER TABLE account ADD COLUMN cascade_due_at BIGINT;
CREATE INDEX account_cascade ON account (cascade_due_at) WHERE cascade_due_at IS NOT NULL;
)sql";

// Another product that the operator asked for, and one that was refused.
inline constexpr std::string_view kChangeProduct = R"sql(
ALTER TABLE entitlement ADD COLUMN wanted_product_id TEXT NOT NULL DEFAULT '';
ALTER TABLE entitlement ADD COLUMN wanted_product_key TEXT NOT NULL DEFAULT '';
ALTER TABLE entitlement ADD COLUMN refused_product_id TEXT NOT NULL DEFAULT '';
)sql";

// What the caller said about a request, for people.
inline constexpr std::string_view kComment = R"sql(
ALTER TABLE event ADD COLUMN comment TEXT NOT NULL DEFAULT '';
)sql";

// Answers to requests that brought a key of their own.
inline constexpr std::string_view kIdempotency = R"sql(
CREATE TABLE idempotency (
    tenant_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    owner TEXT NOT NULL,
    answer TEXT NOT NULL,
    answer_without_link TEXT NOT NULL,
    link_until BIGINT,
    begun_at BIGINT NOT NULL,
    open_until BIGINT,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject, key)
) /* clustered */;
CREATE INDEX idempotency_due ON idempotency (due_at, tenant_id);
)sql";

// Tenants that were added while Usher runs, and who changed what about them.
inline constexpr std::string_view kSubTenants = R"sql(
CREATE TABLE sub_tenant (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    primary_id TEXT NOT NULL,
    enabled SMALLINT NOT NULL,
    edition TEXT NOT NULL,
    wait BIGINT NOT NULL,
    strict_reasons SMALLINT NOT NULL,
    suspend_with_account SMALLINT NOT NULL,
    freshness BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
) /* clustered */;
CREATE TABLE tenant_change (
    tenant_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    comment TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (tenant_id, number)
) /* clustered */;
)sql";

// Files of changes.
inline constexpr std::string_view kBulks = R"sql(
CREATE TABLE bulk (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    comment TEXT NOT NULL,
    begun_by TEXT NOT NULL,
    file TEXT NOT NULL,
    digest TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    looked BIGINT NOT NULL,
    foreseen_changed BIGINT NOT NULL,
    foreseen_unchanged BIGINT NOT NULL,
    foreseen_refused BIGINT NOT NULL,
    would_end BIGINT NOT NULL,
    live BIGINT NOT NULL,
    looked_at BIGINT,
    token_digest TEXT NOT NULL,
    started_at BIGINT,
    confirmed SMALLINT NOT NULL,
    let_through BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    told BIGINT NOT NULL,
    done_changed BIGINT NOT NULL,
    done_unchanged BIGINT NOT NULL,
    done_refused BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, id)
) /* clustered */;
CREATE INDEX bulk_begun ON bulk (tenant_id, begun_at);
)sql";

// Step n brings a schema of version n to version n + 1.
inline constexpr std::array kMigrations{
    kCreateTables, kRememberUse, kWatchOver,        kNameProblems, kKeepReports,
    kCompare,      kPinActions,  kListEntitlements, kCascade,      kChangeProduct,
    kComment,      kIdempotency, kSubTenants,       kBulks};

}  // namespace usher::store::sql
