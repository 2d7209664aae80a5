#include "api/admin/manners.h"

#include <boost/json/serialize.hpp>

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

domain::TenantId tenant_of(const Exchange& exchange) {
    return exchange.tenant == nullptr ? domain::TenantId{} : exchange.tenant->id;
}

std::string who(const Exchange& exchange) {
    const auto& principal = *exchange.principal;
    return principal.username.empty() ? principal.subject : principal.username;
}

}  // namespace usher::api::admin
