#include "partner/bango/codec.h"

#include <cstdlib>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "http/target.h"
#include "partner/bango/reasons.h"

namespace usher::partner::bango {

namespace {

namespace json = boost::json;
using domain::Entitlement;
using domain::PartnerAction;

std::string with_id(const std::string& path, std::string_view id) {
    constexpr std::string_view kPlace = "{id}";
    const auto place = path.find(kPlace);
    if (place == std::string::npos) return path;
    auto result = path;
    return result.replace(place, kPlace.size(), http::encode_component(id));
}

std::string create_body(const Entitlement& entitlement, const std::string& notification_url) {
    json::object body{
        {"customerIdentifier", entitlement.customer.text()},
        {"merchantAccountKey", entitlement.merchant.text()},
        {"productKey", entitlement.product_key.text()},
        {"externalEntitlementId", entitlement.id.text()},
    };
    if (!notification_url.empty()) body["notificationUrl"] = notification_url;
    if (entitlement.expiry_date) {
        body["dateExpiry"] = base::format_time(*entitlement.expiry_date);
    }
    return json::serialize(body);
}

std::string patch_body(const Entitlement& entitlement, const std::string& field,
                       const std::string& value) {
    return json::serialize(
        json::object{{"entitlementId", entitlement.partner_id.text()}, {field, value}});
}

std::string ending_body(const Entitlement& entitlement, std::string_view fallback_category) {
    const auto reason = ending_reason(entitlement.reason, fallback_category);
    json::object body{{"cancelReasonCategory", reason.category}, {"cancelReasonCode", reason.code}};
    if (reason.description) body["cancelReasonDescription"] = *reason.description;
    return json::serialize(body);
}

}  // namespace

Codec::Codec(Paths paths, Values values, std::string public_url)
    : paths_{std::move(paths)}, values_{std::move(values)}, public_url_{std::move(public_url)} {
    while (public_url_.ends_with('/')) public_url_.pop_back();
}

std::string Codec::notification_url(const Entitlement& entitlement) const {
    if (public_url_.empty()) return "";
    return fmt::format("{}/bango/v1/reports/{}/{}", public_url_,
                       http::encode_component(entitlement.tenant.text()),
                       http::encode_component(entitlement.id.text()));
}

WireRequest Codec::act(const Entitlement& entitlement, PartnerAction action) const {
    const auto& id = entitlement.partner_id.text();
    constexpr std::string_view kBenefits = "entitlementBenefits";
    const auto patch = [&](std::string_view field, const std::string& value) -> WireRequest {
        return {"PATCH", with_id(paths_.update, id),
                patch_body(entitlement, std::string{field}, value)};
    };
    switch (action) {
        case PartnerAction::create:
            return {"POST", paths_.create, create_body(entitlement, notification_url(entitlement))};
        case PartnerAction::suspend:
            return patch(kBenefits, values_.suspend_benefits);
        case PartnerAction::resume:
            return patch(kBenefits, values_.resume_benefits);
        case PartnerAction::undo_cancel:
            return patch(values_.undo_field, values_.undo_value);
        case PartnerAction::change_product:
            return patch("productKey", entitlement.wanted_product_key.text());
        case PartnerAction::cancel:
            return {"POST", with_id(paths_.cancel, id),
                    ending_body(entitlement, "CUSTOMER_CANCELLED")};
        case PartnerAction::revoke:
            return {"POST", with_id(paths_.revoke, id), ending_body(entitlement, "REVOKED")};
    }
    std::abort();
}

WireRequest Codec::read(const Entitlement& entitlement) const {
    if (!entitlement.partner_id.empty()) {
        return {"GET", with_id(paths_.read, entitlement.partner_id.text()), ""};
    }
    const json::object filter{{"customerIdentifier", entitlement.customer.text()},
                              {"productKey", nullptr},
                              {"status", nullptr}};
    return {"POST", paths_.report, json::serialize(filter)};
}

WireRequest Codec::activation(const Entitlement& entitlement) const {
    return {"GET", with_id(paths_.activation_info, entitlement.partner_id.text()), ""};
}

WireRequest Codec::recovery(const Entitlement& entitlement) const {
    return {"GET", with_id(paths_.recovery_info, entitlement.partner_id.text()), ""};
}

WireRequest Codec::echo(std::string_view word) const {
    return {"GET", with_id(paths_.echo, word), ""};
}

Answer Codec::read_answer(const http::Response& response, base::Time now) const {
    return bango::read_answer(response, values_, now);
}

}  // namespace usher::partner::bango
