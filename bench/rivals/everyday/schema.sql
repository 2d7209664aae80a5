-- The rows that Usher keeps for an entitlement, as a team would lay them out in PostgreSQL.
CREATE TABLE entitlement (
    tenant_id text NOT NULL,
    entitlement_id text NOT NULL,
    account_id text NOT NULL,
    product_id text NOT NULL,
    merchant_id text NOT NULL,
    product_key text NOT NULL,
    customer_id text NOT NULL,
    partner_entitlement_id text,
    status text NOT NULL,
    partner_status text NOT NULL,
    intent boolean NOT NULL DEFAULT false,
    reason_code text,
    reason_category text,
    valid_from timestamptz,
    expiry_date timestamptz,
    ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    modified_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    request bigint NOT NULL DEFAULT 1,
    last_call bigint NOT NULL DEFAULT 0,
    sync_due_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    unsettled_since timestamptz,
    fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    asker_subject text,
    asker_client text,
    asker_correlation text,
    PRIMARY KEY (tenant_id, entitlement_id)
) WITH (fillfactor = 70);
CREATE INDEX entitlement_due ON entitlement (tenant_id, merchant_id, sync_due_at)
    WHERE sync_due_at IS NOT NULL;
CREATE TABLE event (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    entitlement_id text NOT NULL,
    version bigint NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    status_from text NOT NULL,
    status_to text NOT NULL,
    partner_from text NOT NULL,
    partner_to text NOT NULL,
    initiator text NOT NULL,
    asker_subject text,
    asker_client text,
    asker_correlation text,
    note text NOT NULL DEFAULT ''
);
CREATE INDEX event_of ON event (tenant_id, entitlement_id, version);
CREATE TABLE call (
    tenant_id text NOT NULL,
    entitlement_id text NOT NULL,
    number bigint NOT NULL,
    action text NOT NULL,
    phase text NOT NULL,
    request_id text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    deadline timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, entitlement_id, number)
);
