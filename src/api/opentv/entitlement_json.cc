#include "api/opentv/entitlement_json.h"

#include "api/errors.h"
#include "flow/standing.h"

namespace usher::api::opentv {

namespace {

void add(boost::json::object& object, std::string_view name,
         const std::optional<std::string>& text) {
    if (text && !text->empty()) object[name] = *text;
}

void add(boost::json::object& object, std::string_view name, std::optional<base::Time> time) {
    if (time) object[name] = base::format_time(*time);
}

void add_reason(boost::json::object& object, const domain::Reason& reason) {
    add(object, "reasonCode", reason.code);
    add(object, "reasonCategory", reason.category);
    add(object, "cancelReasonCode", reason.cancel_code);
    add(object, "cancelReasonCategory", reason.cancel_category);
    add(object, "cancelReasonDescription", reason.cancel_description);
}

boost::json::object refusal_json(const domain::Entitlement& entitlement) {
    const auto& refusal = *entitlement.last_refusal;
    boost::json::object object{{"asked", domain::to_text(refusal.asked)},
                               {"errorCode", number_of(code_of(refusal.rejection))}};
    add(object, "productId", entitlement.refused_product.text());
    add(object, "partnerCode", refusal.partner_code);
    add(object, "at", refusal.at);
    return object;
}

boost::json::object propagation_json(const flow::Standing& standing) {
    boost::json::object object{{"state", flow::to_text(standing.word)},
                               {"attempts", standing.attempts}};
    add(object, "since", standing.since);
    add(object, "next", standing.next);
    add(object, "lastProblem", standing.last_problem);
    return object;
}

}  // namespace

boost::json::object entitlement_json(const domain::Entitlement& entitlement,
                                     const flow::Standing& standing) {
    const auto& sides = entitlement.convergence;
    boost::json::object object{{"_id", entitlement.id.text()},
                               {"entitlementId", entitlement.id.text()},
                               {"status", domain::to_text(sides.status)},
                               {"partnerStatus", domain::to_text(sides.partner_status)},
                               {"productId", entitlement.product.text()},
                               {"accountId", entitlement.account.text()},
                               {"productType", "THIRDPARTY"},
                               {"version", entitlement.version}};
    add(object, "wantedProductId", entitlement.wanted_product.text());
    add(object, "partnerEntitlementId", entitlement.partner_id.text());
    add_reason(object, entitlement.reason);
    add(object, "validFrom", entitlement.valid_from);
    add(object, "expiryDate", entitlement.expiry_date);
    add(object, "endsAt", entitlement.ends_at);
    if (entitlement.activation) add(object, "activationUrlExpiry", entitlement.activation->expiry);
    if (entitlement.last_refusal) object["lastRefusal"] = refusal_json(entitlement);
    add(object, "created", entitlement.created);
    add(object, "modified", entitlement.modified);
    object["propagation"] = propagation_json(standing);
    return object;
}

}  // namespace usher::api::opentv
