// The rows of tenants that were added, of answers that are kept, and of files of changes.
#include "store/sqlite/columns.h"
#include "store/sqlite/rows.h"

namespace usher::store::sqlite {

namespace {

void tenant_fields(auto& visit, auto& tenant) {
    visit(tenant.id);
    visit(tenant.primary);
    visit(tenant.enabled);
    visit(tenant.settings.edition);
    visit(tenant.settings.wait);
    visit(tenant.settings.strict_reasons);
    visit(tenant.settings.suspend_with_account);
    visit(tenant.freshness);
    visit(tenant.created);
    visit(tenant.modified);
}

void tenant_change_fields(auto& visit, auto& change) {
    visit(change.tenant);
    visit(change.at);
    visit(change.asker.subject);
    visit(change.asker.client);
    visit(change.asker.correlation);
    visit(change.asker.comment);
    visit(change.what);
    visit(change.why);
}

void answer_fields(auto& visit, auto& kept) {
    visit(kept.key.tenant);
    visit(kept.key.subject);
    visit(kept.key.key);
    visit(kept.request);
    visit(kept.owner);
    visit(kept.answer.text);
    visit(kept.answer.without_link);
    visit(kept.answer.link_until);
    visit(kept.begun);
    visit(kept.open_until);
}

void tally_fields(auto& visit, auto& tally) {
    visit(tally.changed);
    visit(tally.unchanged);
    visit(tally.refused);
}

void bulk_fields(auto& visit, auto& bulk) {
    visit(bulk.tenant);
    visit(bulk.id);
    visit(bulk.asker.subject);
    visit(bulk.asker.client);
    visit(bulk.asker.correlation);
    visit(bulk.asker.comment);
    visit(bulk.by);
    visit(bulk.file);
    visit(bulk.digest);
    visit(bulk.rows);
    visit(bulk.begun);
    visit(bulk.looked);
    tally_fields(visit, bulk.foreseen);
    visit(bulk.would_end);
    visit(bulk.live);
    visit(bulk.looked_at);
    visit(bulk.token_digest);
    visit(bulk.started);
    visit(bulk.confirmed);
    visit(bulk.let_through);
    visit(bulk.ends);
    visit(bulk.told);
    tally_fields(visit, bulk.done);
    visit(bulk.finished);
}

}  // namespace

void bind_row(Cursor& cursor, const flow::Bulk& bulk) {
    Binder bind{cursor};
    bulk_fields(bind, bulk);
}

bool read_row(const Cursor& cursor, flow::Bulk& bulk) {
    Reader read{cursor};
    bulk_fields(read, bulk);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::SubTenant& tenant) {
    Binder bind{cursor};
    tenant_fields(bind, tenant);
}

bool read_row(const Cursor& cursor, flow::SubTenant& tenant) {
    Reader read{cursor};
    tenant_fields(read, tenant);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::TenantChange& change) {
    Binder bind{cursor};
    tenant_change_fields(bind, change);
}

bool read_row(const Cursor& cursor, flow::TenantChange& change) {
    Reader read{cursor};
    tenant_change_fields(read, change);
    return read.good();
}

void bind_row(Cursor& cursor, const flow::KeptAnswer& kept) {
    Binder bind{cursor};
    answer_fields(bind, kept);
    bind(flow::due_to_go(kept));
}

bool read_row(const Cursor& cursor, flow::KeptAnswer& kept) {
    Reader read{cursor};
    answer_fields(read, kept);
    return read.good();
}

}  // namespace usher::store::sqlite
