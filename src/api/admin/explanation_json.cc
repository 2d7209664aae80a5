#include "api/admin/explanation_json.h"

#include <boost/json/array.hpp>

namespace usher::api::admin {

namespace {

namespace json = boost::json;

void add(json::object& object, std::string_view name, const std::string& text) {
    if (!text.empty()) object[name] = text;
}

void add(json::object& object, std::string_view name, std::optional<base::Time> time) {
    if (time) object[name] = base::format_time(*time);
}

json::object cause_json(flow::Cause cause) {
    const auto& entry = flow::describe(cause);
    return {{"code", entry.name}, {"meaning", entry.meaning}};
}

json::object asked_json(const flow::AskedFor& asked) {
    json::object object{{"status", domain::to_text(asked.status)},
                        {"at", base::format_time(asked.at)}};
    add(object, "productId", asked.product.text());
    add(object, "by", asked.by.subject);
    add(object, "client", asked.by.client);
    add(object, "correlationId", asked.by.correlation.text());
    return object;
}

json::object partner_json(const flow::Explanation& told) {
    json::object object{{"status", domain::to_text(told.partner_status)}};
    add(object, "entitlementId", told.partner_id.text());
    if (told.partner_said) object["lastSaid"] = domain::to_text(*told.partner_said);
    add(object, "lastSaidAt", told.partner_said_at);
    return object;
}

json::object fact_json(const flow::Fact& fact) {
    json::object object{{"text", fact.text}};
    add(object, "at", fact.at);
    if (fact.event) object["event"] = *fact.event;
    if (fact.call) object["call"] = *fact.call;
    if (fact.request_id) object["requestId"] = fact.request_id->text();
    return object;
}

}  // namespace

json::object explanation_json(const flow::Explanation& told) {
    json::object object{{"customer", told.customer},
                        {"entitlementId", told.entitlement.text()},
                        {"accountId", told.account.text()},
                        {"productId", told.product.text()},
                        {"at", base::format_time(told.at)}};
    if (told.asked) object["asked"] = asked_json(*told.asked);
    json::object held{{"status", domain::to_text(told.status)}, {"version", told.version}};
    add(held, "unsettledSince", told.unsettled_since);
    object["held"] = std::move(held);
    object["partner"] = partner_json(told);
    object["agree"] = told.agree;
    object["cause"] = cause_json(told.cause);
    if (!told.also.empty()) {
        auto& also = object["also"].emplace_array();
        for (const auto cause : told.also) also.push_back(cause_json(cause));
    }
    auto& evidence = object["evidence"].emplace_array();
    for (const auto& fact : told.evidence) evidence.push_back(fact_json(fact));
    json::object next{{"what", told.next}};
    add(next, "at", told.next_at);
    object["next"] = std::move(next);
    object["safeAction"] = flow::describe(told.cause).safe_action;
    add(object, "caveat", told.caveat);
    return object;
}

}  // namespace usher::api::admin
