// The schema's first step; migrations.h has the others.
#pragma once

#include <string_view>

namespace usher::store::sql {

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

}  // namespace usher::store::sql
