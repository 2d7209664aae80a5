// What a tenant's integration expects, and who changed it. That of the settings is only told; that
// of a tenant that was added is changed here, each time with a reason.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/admin/calls.h"
#include "api/admin/manners.h"
#include "api/fields.h"
#include "api/opentv/manners.h"
#include "api/tenants.h"
#include "base/json.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

constexpr std::size_t kChangesTold = 100;

json::object settings_json(const TenantOptions& tenant) {
    json::object told{{"_id", tenant.id.text()},
                      {"status", tenant.enabled ? "ENABLED" : "DISABLED"},
                      {"edition", to_text(tenant.edition)},
                      {"waitMs", tenant.wait.count()},
                      {"strictReasons", tenant.strict_reasons},
                      {"suspendWithAccount", tenant.suspend_with_account},
                      {"source", tenant.primary ? "added" : "settings"}};
    if (tenant.primary) told["primaryTenantId"] = tenant.primary->text();
    return told;
}

json::object change_json(const flow::TenantChange& change) {
    json::object told{{"at", base::format_time(change.at)},
                      {"what", change.what},
                      {"subject", change.asker.subject},
                      {"client", change.asker.client},
                      {"correlationId", change.asker.correlation.text()}};
    if (!change.why.empty()) told["reason"] = change.why;
    return told;
}

const json::value* given(const json::object& body, std::string_view name) {
    const auto* value = base::find_member(body, name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

void read_flag(const json::object& body, std::string_view name, bool& flag, Fields& fields) {
    const auto* value = given(body, name);
    if (value == nullptr) return;
    if (value->is_bool()) {
        flag = value->get_bool();
    } else {
        fields.add(ErrorCode::argument_of_wrong_type, name, "must be true or false.");
    }
}

void read_wait(const json::object& body, const Options& options, base::Duration& wait,
               Fields& fields) {
    const auto* value = given(body, "waitMs");
    if (value == nullptr) return;
    const auto longest =
        std::chrono::duration_cast<std::chrono::milliseconds>(options.longest_wait).count();
    if (!value->is_int64()) {
        fields.add(ErrorCode::argument_of_wrong_type, "waitMs", "must be a whole number.");
    } else if (value->get_int64() < 0 || value->get_int64() > longest) {
        fields.add(ErrorCode::argument_invalid, "waitMs",
                   "must be from 0 to " + std::to_string(longest) + ".");
    } else {
        wait = std::chrono::milliseconds{value->get_int64()};
    }
}

flow::TenantSettings settings_of(const TenantOptions& tenant) {
    return {.edition = std::string{to_text(tenant.edition)},
            .wait = tenant.wait,
            .strict_reasons = tenant.strict_reasons,
            .suspend_with_account = tenant.suspend_with_account};
}

base::Task<Answer> tell(const Exchange& exchange, const Surroundings& around) {
    // As it is now, which may be otherwise than when the request came in.
    const auto tenant = around.tenants.named(exchange.tenant->id.text());
    auto told = settings_json(tenant ? *tenant : *exchange.tenant);
    const auto changes =
        co_await around.operations.list_tenant_changes(exchange.tenant->id, kChangesTold);
    if (!changes) co_return std::unexpected{problem(changes.error())};
    json::array lines;
    for (const auto& change : *changes) lines.emplace_back(change_json(change));
    told["changes"] = std::move(lines);
    co_return answer(200, told);
}

}  // namespace

base::Task<Answer> read_tenant(Exchange& exchange, const Surroundings& around) {
    return tell(exchange, around);
}

base::Task<Answer> change_tenant(Exchange& exchange, const Surroundings& around) {
    Fields fields{exchange.body};
    auto settings = settings_of(*exchange.tenant);
    if (const auto edition = fields.text("edition", Presence::optional)) {
        if (!parse_edition(*edition)) {
            fields.add(ErrorCode::argument_invalid, "edition", "must be A, B or C.");
        }
        settings.edition = *edition;
    }
    read_wait(exchange.body, around.options, settings.wait, fields);
    read_flag(exchange.body, "strictReasons", settings.strict_reasons, fields);
    read_flag(exchange.body, "suspendWithAccount", settings.suspend_with_account, fields);
    const auto why = fields.text("reason", Presence::mandatory, kLongestReason);
    if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
    if (!exchange.tenant->primary) {
        co_return std::unexpected{problem(ErrorCode::tenant_in_settings)};
    }
    const auto changed =
        co_await around.operations.change_sub_tenant({.primary = *exchange.tenant->primary,
                                                      .tenant = exchange.tenant->id,
                                                      .settings = std::move(settings),
                                                      .asker = opentv::asker_of(exchange),
                                                      .why = *why});
    if (!changed) co_return std::unexpected{problem(changed.error())};
    co_return co_await tell(exchange, around);
}

}  // namespace usher::api::admin
