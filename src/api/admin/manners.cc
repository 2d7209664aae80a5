#include "api/admin/manners.h"

#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace usher::api::admin {

http::Response answer(int status, const boost::json::object& body) {
    return http::make_response(status, "application/json", boost::json::serialize(body));
}

boost::json::object hold_json(const flow::Hold& hold) {
    boost::json::object object{{"kind", flow::to_text(hold.kind)},
                               {"since", base::format_time(hold.since)},
                               {"by", hold.by},
                               {"reason", hold.why}};
    if (!hold.tenant.empty()) object["tenant"] = hold.tenant.text();
    if (!hold.merchant.empty()) object["merchant"] = hold.merchant.text();
    return object;
}

void tell_refusal(const http::Response& refused, boost::json::object& told) {
    const auto parsed = base::parse_json(refused.body);
    const auto* body = parsed ? parsed->if_object() : nullptr;
    if (body == nullptr) return;
    if (const auto* code = base::find_member(*body, "errorCode")) told["errorCode"] = *code;
    told["message"] = base::find_string(*body, "message").value_or("");
}

domain::TenantId tenant_of(const Exchange& exchange) {
    return exchange.tenant == nullptr ? domain::TenantId{} : exchange.tenant->id;
}

std::string who(const Exchange& exchange) {
    const auto& principal = *exchange.principal;
    return principal.username.empty() ? principal.subject : principal.username;
}

boost::json::object comparison_json(const flow::Comparison& line) {
    boost::json::object counts;
    for (const auto finding : flow::kFindings) {
        const auto count = line.counts.at(flow::index_of(finding));
        if (count > 0) counts[flow::to_text(finding)] = count;
    }
    const auto differences = flow::differences_in(line.counts);
    return {{"merchant", line.merchant.text()},
            {"at", base::format_time(line.at)},
            {"by", line.by},
            {"subject", line.subject},
            {"file", line.file},
            {"sha256", line.digest},
            {"asOf", base::format_time(line.as_of)},
            {"rows", line.rows},
            {"differences", differences},
            {"signedOff", differences == 0},
            {"counts", std::move(counts)},
            {"reads", line.reads}};
}

}  // namespace usher::api::admin
