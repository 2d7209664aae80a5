// Sub-tenants of a primary one (OpenTV §2.3, §6): added, told, enabled and disabled. The page has
// the adding alone; the others follow the manners of the accounts.
#include "api/tenants.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "api/fields.h"
#include "api/opentv/calls.h"
#include "api/opentv/manners.h"
#include "api/text.h"

namespace usher::api::opentv {

namespace {

namespace json = boost::json;

std::optional<bool> read_enabled(Fields& fields, Presence presence) {
    const auto word = fields.text("status", presence);
    if (!word) return std::nullopt;
    if (*word == "ENABLED") return true;
    if (*word == "DISABLED") return false;
    fields.add(ErrorCode::status_unknown, "status", "must be ENABLED or DISABLED.");
    return std::nullopt;
}

// Who shares a system is named after whose it is.
void check_name(const std::string& id, const TenantOptions& primary, Fields& fields) {
    const auto prefix = primary.id.text() + "_";
    if (id.starts_with(prefix) && id.size() > prefix.size()) return;
    fields.add(ErrorCode::sub_tenant_misnamed, "_id",
               fmt::format("must begin with {} and go on behind it.", prefix));
}

// Only one of the settings has others under it.
std::optional<Problem> refuse_sub_tenant(const Exchange& exchange, const Surroundings& around) {
    if (around.tenants.is_settled(exchange.tenant->id)) return std::nullopt;
    return problem(ErrorCode::tenant_not_primary);
}

// Tokens that name no tenant could not be told apart once there are several, nor could customers.
bool are_apart(const Options& options) {
    return options.customers_apart && (!options.tenant_claim.empty() || options.any_tenant);
}

flow::SubTenant as_primary(const TenantOptions& primary) {
    return {.primary = primary.id,
            .settings = {.edition = std::string{to_text(primary.edition)},
                         .wait = primary.wait,
                         .strict_reasons = primary.strict_reasons,
                         .suspend_with_account = primary.suspend_with_account},
            .freshness = primary.freshness};
}

json::object tenant_json(const flow::SubTenant& tenant) {
    return {{"_id", tenant.id.text()},
            {"primaryTenantId", tenant.primary.text()},
            {"status", tenant.enabled ? "ENABLED" : "DISABLED"},
            {"edition", tenant.settings.edition},
            {"created", base::format_time(tenant.created)},
            {"modified", base::format_time(tenant.modified)}};
}

}  // namespace

base::Task<Answer> add_tenant(Exchange& exchange, const Surroundings& around) {
    if (auto refused = refuse_sub_tenant(exchange, around)) co_return std::unexpected{*refused};
    Fields fields{exchange.body};
    flow::AddSubTenant request{.tenant = as_primary(*exchange.tenant), .asker = asker_of(exchange)};
    if (const auto id = fields.id("_id", Presence::mandatory)) {
        check_name(*id, *exchange.tenant, fields);
        request.tenant.id = domain::TenantId{*id};
    }
    request.tenant.enabled = read_enabled(fields, Presence::optional).value_or(true);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    if (!are_apart(around.options)) {
        co_return std::unexpected{problem(ErrorCode::tenants_not_apart)};
    }
    if (around.tenants.is_settled(request.tenant.id)) {
        co_return std::unexpected{problem(ErrorCode::id_taken, "_id", "stands in the settings.")};
    }
    using Added = std::expected<flow::SubTenant, flow::Failure>;
    const auto render = [](const Added& tenant) -> Answer {
        if (!tenant) return std::unexpected{problem(tenant.error())};
        return json_answer(201, {{"_id", tenant->id.text()}});
    };
    co_return co_await answer_once<flow::SubTenant>(exchange, around, {}, render, [&](auto once) {
        request.once = std::move(once);
        return around.operations.add_sub_tenant(std::move(request));
    });
}

base::Task<Answer> change_tenant(Exchange& exchange, const Surroundings& around) {
    if (auto refused = refuse_sub_tenant(exchange, around)) co_return std::unexpected{*refused};
    Fields fields{exchange.body};
    flow::ChangeSubTenant request{
        .primary = exchange.tenant->id,
        .tenant = domain::TenantId{id_in_path("tenantId", exchange.params.at("tenantId"), fields)},
        .enabled = read_enabled(fields, Presence::mandatory),
        .asker = asker_of(exchange),
        .why = exchange.comment};
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    const auto render = [](const std::expected<bool, flow::Failure>& modified) -> Answer {
        if (!modified) return std::unexpected{problem(modified.error())};
        return json_answer(200, {{"matchedCount", 1}, {"modifiedCount", *modified ? 1 : 0}});
    };
    co_return co_await answer_once<bool>(exchange, around, {}, render, [&](auto once) {
        request.once = std::move(once);
        return around.operations.change_sub_tenant(std::move(request));
    });
}

base::Task<Answer> list_tenants(Exchange& exchange, const Surroundings& around) {
    if (auto refused = refuse_sub_tenant(exchange, around)) co_return std::unexpected{*refused};
    const auto tenants = co_await around.operations.list_sub_tenants(exchange.tenant->id);
    if (!tenants) co_return std::unexpected{problem(tenants.error())};
    json::array records;
    for (const auto& tenant : *tenants) records.emplace_back(tenant_json(tenant));
    co_return json_answer(200,
                          {{"totalRecords", tenants->size()}, {"resourceSet", std::move(records)}});
}

}  // namespace usher::api::opentv
