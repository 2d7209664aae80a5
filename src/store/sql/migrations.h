// The schema, one step after another. A step that was released is never changed: append.
#pragma once

#include <array>
#include <string_view>

namespace usher::store::sql {

// "/* clustered */" after a table stands for: kept in the order of its key, where the engine can.
inline constexpr std::string_view kClustered = "/* clustered */";

inline constexpr std::string_view kCreateTables = R"sql(
CREATE TABLE entitlement (
    tenant_id TEXT NOT NULL,
    entitlement_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    product_key TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    occupies SMALLINT NOT NULL,
    partner_entitlement_id TEXT,
    created_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    partner_status TEXT NOT NULL,
    intent SMALLINT NOT NULL,
    read_wanted SMALLINT NOT NULL,
    bound SMALLINT NOT NULL,
    partner_date BIGINT,
    heard_at BIGINT,
    last_call BIGINT NOT NULL,
    refusal_action TEXT,
    refusal_rejection TEXT,
    refusal_partner_code TEXT,
    reason_code TEXT,
    reason_category TEXT,
    cancel_reason_code TEXT,
    cancel_reason_category TEXT,
    cancel_reason_description TEXT,
    valid_from BIGINT,
    expiry_date BIGINT,
    ends_at BIGINT,
    activation_url TEXT,
    activation_expiry BIGINT,
    last_refusal_asked TEXT,
    last_refusal_rejection TEXT,
    last_refusal_partner_code TEXT,
    last_refusal_at BIGINT,
    last_refusal_request BIGINT,
    modified_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    request BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    sync_due_at BIGINT,
    attempts BIGINT NOT NULL,
    hints BIGINT NOT NULL,
    unsettled_since BIGINT,
    last_problem TEXT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until BIGINT,
    asker_subject TEXT NOT NULL,
    asker_client TEXT NOT NULL,
    asker_correlation TEXT NOT NULL,
    unsettled_from BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, entitlement_id)
);
CREATE UNIQUE INDEX entitlement_place ON entitlement (tenant_id, account_id, product_id)
    WHERE occupies = 1;
CREATE UNIQUE INDEX entitlement_holder ON entitlement (merchant_id, partner_entitlement_id)
    WHERE partner_entitlement_id IS NOT NULL;
CREATE INDEX entitlement_due ON entitlement (tenant_id, merchant_id, sync_due_at, entitlement_id)
    WHERE sync_due_at IS NOT NULL;
CREATE TABLE call (
    tenant_id TEXT NOT NULL,
    entitlement_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    action TEXT NOT NULL,
    phase TEXT NOT NULL,
    request_id TEXT NOT NULL,
    answer_read SMALLINT NOT NULL,
    sent_before SMALLINT NOT NULL,
    pushed_back SMALLINT NOT NULL,
    begun_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    horizon BIGINT NOT NULL,
    body_digest TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (tenant_id, entitlement_id, number)
) /* clustered */;
CREATE TABLE event (
    tenant_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    entitlement_id TEXT NOT NULL,
    previous BIGINT NOT NULL,
    version BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status_from TEXT NOT NULL,
    status_to TEXT NOT NULL,
    partner_from TEXT NOT NULL,
    partner_to TEXT NOT NULL,
    action TEXT,
    rejection TEXT,
    partner_code TEXT NOT NULL,
    initiator TEXT NOT NULL,
    asker_subject TEXT NOT NULL,
    asker_client TEXT NOT NULL,
    asker_correlation TEXT NOT NULL,
    call_number BIGINT,
    note TEXT NOT NULL,
    PRIMARY KEY (tenant_id, position)
) /* clustered */;
CREATE TABLE tenant_feed (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) /* clustered */;
CREATE TABLE product (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    name TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    product_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id)
) /* clustered */;
CREATE TABLE account (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
) /* clustered */;
)sql";

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

// Step n brings a schema of version n to version n + 1.
inline constexpr std::array kMigrations{kCreateTables, kRememberUse, kWatchOver, kNameProblems,
                                        kKeepReports,  kCompare,     kPinActions};

}  // namespace usher::store::sql
