#include "flow/sub_tenants.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/log.h"

namespace usher::flow {

namespace {

std::string_view word_of(bool enabled) {
    return enabled ? "ENABLED" : "DISABLED";
}

void note(std::string& what, std::string_view name, std::string_view from, std::string_view to) {
    if (from == to) return;
    what += fmt::format("{}{} {} to {}", what.empty() ? "" : ", ", name, from, to);
}

std::string difference(const SubTenant& from, const SubTenant& to) {
    const auto yes = [](bool value) { return value ? "true" : "false"; };
    const auto ms = [](base::Duration wait) {
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    };
    const auto& before = from.settings;
    const auto& after = to.settings;
    std::string what;
    note(what, "status", word_of(from.enabled), word_of(to.enabled));
    note(what, "edition", before.edition, after.edition);
    note(what, "waitMs", ms(before.wait), ms(after.wait));
    note(what, "strictReasons", yes(before.strict_reasons), yes(after.strict_reasons));
    note(what, "suspendWithAccount", yes(before.suspend_with_account),
         yes(after.suspend_with_account));
    return what;
}

void tell(const TenantChange& change) {
    base::log(base::LogLevel::info, "tenant_changed",
              {{"tenant", change.tenant.text()},
               {"what", change.what},
               {"why", change.why},
               {"subject", change.asker.subject},
               {"correlation_id", change.asker.correlation.text()}});
}

using Added = std::variant<SubTenant, Failure>;

std::pair<Writes, Added> decide_addition(const AddSubTenant& request, const Rows& rows) {
    const auto& wanted = request.tenant;
    if (rows.sub_tenant) {
        const bool same = rows.sub_tenant->primary == wanted.primary &&
                          rows.sub_tenant->enabled == wanted.enabled;
        if (same) return {Writes{}, *rows.sub_tenant};
        return {Writes{}, fail(FailureKind::id_taken)};
    }
    auto tenant = wanted;
    tenant.created = rows.now;
    tenant.modified = rows.now;
    TenantChange change{.tenant = tenant.id,
                        .at = rows.now,
                        .asker = request.asker,
                        .what = fmt::format("added, {}", word_of(tenant.enabled)),
                        .why = request.asker.comment};
    return {Writes{.sub_tenant = tenant, .tenant_change = std::move(change)}, tenant};
}

struct ChangedTenant {
    bool modified = false;
    std::optional<TenantChange> change;
};
using TenantDecided = std::variant<ChangedTenant, Failure>;

std::pair<Writes, TenantDecided> decide_tenant(const ChangeSubTenant& request, const Rows& rows) {
    if (!rows.sub_tenant || rows.sub_tenant->primary != request.primary) {
        return {Writes{}, fail(FailureKind::sub_tenant_unknown)};
    }
    auto tenant = *rows.sub_tenant;
    if (request.enabled) tenant.enabled = *request.enabled;
    if (request.settings) tenant.settings = *request.settings;
    if (tenant == *rows.sub_tenant) return {Writes{}, ChangedTenant{}};
    tenant.modified = rows.now;
    TenantChange change{.tenant = tenant.id,
                        .at = rows.now,
                        .asker = request.asker,
                        .what = difference(*rows.sub_tenant, tenant),
                        .why = request.why};
    return {Writes{.sub_tenant = std::move(tenant), .tenant_change = change},
            ChangedTenant{.modified = true, .change = change}};
}

}  // namespace

base::Task<std::expected<SubTenant, Failure>> add_sub_tenant(Ports& ports, AddSubTenant request) {
    auto decided = co_await decide_in<Added>(ports.store,
                                             {.tenant = request.tenant.primary,
                                              .idempotency = key_of(request.once),
                                              .sub_tenant = request.tenant.id},
                                             [request](const Rows& rows) {
                                                 return decide_once<SubTenant, SubTenant>(
                                                     request.once, rows,
                                                     [&] { return decide_addition(request, rows); },
                                                     std::identity{});
                                             });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    auto& tenant = std::get<SubTenant>(*decided);
    base::log(base::LogLevel::info, "tenant_added",
              {{"tenant", tenant.id.text()},
               {"primary", tenant.primary.text()},
               {"subject", request.asker.subject},
               {"correlation_id", request.asker.correlation.text()}});
    co_await load_sub_tenants(ports);
    co_return std::move(tenant);
}

base::Task<std::expected<bool, Failure>> change_sub_tenant(Ports& ports, ChangeSubTenant request) {
    auto decided = co_await decide_in<TenantDecided>(
        ports.store,
        {.tenant = request.primary,
         .idempotency = key_of(request.once),
         .sub_tenant = request.tenant},
        [request](const Rows& rows) {
            return decide_once<bool, ChangedTenant>(
                request.once, rows, [&] { return decide_tenant(request, rows); },
                [](const ChangedTenant& done) { return done.modified; });
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    const auto& done = std::get<ChangedTenant>(*decided);
    if (done.change) tell(*done.change);
    co_await load_sub_tenants(ports);
    co_return done.modified;
}

base::Task<std::expected<std::vector<SubTenant>, Failure>> list_sub_tenants(
    Ports& ports, domain::TenantId primary) {
    auto all = co_await ports.store.sub_tenants();
    if (!all) co_return std::unexpected{fail(all.error())};
    std::erase_if(*all, [&](const SubTenant& tenant) { return tenant.primary != primary; });
    co_return std::move(*all);
}

base::Task<std::expected<std::vector<TenantChange>, Failure>> list_tenant_changes(
    Ports& ports, domain::TenantId tenant, std::size_t limit) {
    auto changes = co_await ports.store.tenant_changes(std::move(tenant), limit);
    if (!changes) co_return std::unexpected{fail(changes.error())};
    co_return std::move(*changes);
}

base::Task<bool> load_sub_tenants(Ports& ports) {
    auto all = co_await ports.store.sub_tenants();
    if (!all) co_return false;
    ports.tenants->take(std::move(*all));
    co_return true;
}

}  // namespace usher::flow
