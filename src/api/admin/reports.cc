// What the partner reported, for whoever must know what was said and what came of it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/admin/calls.h"
#include "api/fields.h"

namespace usher::api::admin {

namespace {

namespace json = boost::json;

void add_text(json::object& object, std::string_view name, const std::string& text) {
    if (!text.empty()) object[name] = text;
}

json::object report_json(const flow::KeptReport& report) {
    json::object object{{"received", base::format_time(report.received)},
                        {"outcome", flow::to_text(report.outcome)}};
    add_text(object, "named", report.named);
    add_text(object, "partnerEntitlementId", report.partner_id.text());
    add_text(object, "customer", report.customer.text());
    add_text(object, "productKey", report.product_key.text());
    add_text(object, "status", report.status_word);
    add_text(object, "reason", report.reason);
    if (report.partner_date) object["partnerDate"] = base::format_time(*report.partner_date);
    add_text(object, "body", report.text);
    return object;
}

}  // namespace

base::Task<Answer> list_reports(Exchange& exchange, const Surroundings& around) {
    constexpr std::size_t kMost = 200;  // as many as are kept of either kind
    domain::EntitlementId entitlement;
    if (const auto named = exchange.params.find("entitlementId"); named != exchange.params.end()) {
        Fields fields{exchange.body};
        entitlement = domain::EntitlementId{id_in_path("entitlementId", named->second, fields)};
        if (!fields.ok()) co_return std::unexpected{fields.take_problem()};
        const auto row =
            co_await around.operations.find_entitlement(exchange.tenant->id, entitlement);
        if (!row) co_return std::unexpected{problem(row.error())};
        if (!*row) co_return std::unexpected{problem(ErrorCode::entitlement_unknown)};
    }
    const auto reports =
        co_await around.operations.kept_reports(exchange.tenant->id, entitlement, kMost);
    if (!reports) co_return std::unexpected{problem(reports.error())};
    json::array items;
    for (const auto& report : *reports) items.emplace_back(report_json(report));
    co_return http::make_response(200, "application/json",
                                  json::serialize(json::object{{"reports", std::move(items)}}));
}

}  // namespace usher::api::admin
