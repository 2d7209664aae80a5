#include "sandbox/partner_fields.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

std::unexpected<std::string> required(std::string_view field) {
    return std::unexpected{fmt::format("{} parameter is required", field)};
}

std::unexpected<std::string> invalid(std::string_view field) {
    return std::unexpected{fmt::format("{} parameter is invalid", field)};
}

// A text, or nothing when the field is absent or null.
Fields<std::optional<std::string>> optional_text(const json::object& body, std::string_view field) {
    const auto* value = base::find_member(body, field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string() || value->get_string().empty()) return invalid(field);
    return std::string{value->get_string()};
}

Fields<std::string> needed_text(const json::object& body, std::string_view field) {
    auto text = optional_text(body, field);
    if (!text) return std::unexpected{text.error()};
    if (!*text) return required(field);
    return **std::move(text);
}

bool is_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const auto rest = text.substr(scheme.size());
        return !rest.empty() && rest.front() != '/' &&
               std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7f'; });
    }
    return false;
}

Fields<std::optional<base::Time>> read_expiry(const json::object& body, base::Time now) {
    const auto text = optional_text(body, "dateExpiry");
    if (!text) return std::unexpected{text.error()};
    if (!*text) return std::nullopt;
    const auto time = base::parse_time(**text);
    if (!time || *time <= now) return invalid("dateExpiry");
    return time;
}

Fields<std::optional<std::string>> read_url(const json::object& body) {
    auto text = optional_text(body, "notificationUrl");
    if (text && *text && !is_url(**text)) return invalid("notificationUrl");
    return text;
}

Fields<json::value> read_extension(const json::object& body) {
    const auto* value = base::find_member(body, "extensionData");
    if (value == nullptr) return nullptr;
    if (!value->is_string() && !value->is_object()) return invalid("extensionData");
    return *value;
}

bool is_product(const PartnerOptions& options, std::string_view key) {
    return std::ranges::find(options.products, key, &PartnerProduct::key) != options.products.end();
}

using Codes = std::pair<std::string_view, std::vector<std::string_view>>;

// The newer list and the older values that are still seen (Bango §2.7).
const std::array<Codes, 4>& ending_codes() {
    static const std::array<Codes, 4> codes{{
        {"CUSTOMER_CANCELLED",
         {"NOT_RENEWED", "CHANGED_SERVICE", "SUBSCRIPTION_CANCELLED", "ADDON_CANCELLED", "EXPIRED",
          "OTHER", "CUSTOMER_CANCELLED"}},
        {"REVOKED",
         {"ACCOUNT_TERMINATED", "SUSPEND_TERMINATED", "ERROR", "FRAUD", "IMMEDIATE_CANCELLATION",
          "OTHER", "SUSPENDED_CANCEL", "ROLLBACK_ERROR", "ROLLBACK_CONNECT_ERROR",
          "PRODUCT_NO_LONGER_AVAILABLE", "PARTNER_RETURN", "CUSTOMER_RETURN"}},
        {"CUSTOMER_CHANGED",
         {"CUSTOMER_CANCELLED_BUNDLE", "CUSTOMER_CANCELLED_ADDON", "CHANGED_SERVICE"}},
        {"ACTIVATION_ROLLBACK",
         {"TEST_ENTITLEMENT", "FRAUD", "FRAUD_CHECK", "CUSTOMER_PAYMENT_DEFAULT",
          "MERCHANT_ACCOUNT_CHANGED"}},
    }};
    return codes;
}

}  // namespace

Fields<NewRecord> read_new_record(const json::object& body, const PartnerOptions& options,
                                  base::Time now) {
    NewRecord wanted;
    auto customer = needed_text(body, "customerIdentifier");
    if (!customer) return std::unexpected{customer.error()};
    wanted.customer = *std::move(customer);
    const auto merchant = needed_text(body, "merchantAccountKey");
    if (!merchant) return std::unexpected{merchant.error()};
    if (*merchant != options.merchant) return invalid("merchantAccountKey");
    auto product = needed_text(body, "productKey");
    if (!product) return std::unexpected{product.error()};
    if (!is_product(options, *product)) return invalid("productKey");
    wanted.product = *std::move(product);

    for (const auto& [field, place] :
         {std::pair{"offerKey", &wanted.offer}, {"externalEntitlementId", &wanted.external_id}}) {
        auto text = optional_text(body, field);
        if (!text) return std::unexpected{text.error()};
        if (*text) *place = **std::move(text);
    }
    auto url = read_url(body);
    if (!url) return std::unexpected{url.error()};
    wanted.notification_url = url->value_or("");
    const auto expiry = read_expiry(body, now);
    if (!expiry) return std::unexpected{expiry.error()};
    wanted.expiry = *expiry;
    auto extension = read_extension(body);
    if (!extension) return std::unexpected{extension.error()};
    wanted.extension = *std::move(extension);
    return wanted;
}

Fields<Filter> read_filter(const json::object& body) {
    auto customer = needed_text(body, "customerIdentifier");
    if (!customer) return std::unexpected{customer.error()};
    auto product = optional_text(body, "productKey");
    if (!product) return std::unexpected{product.error()};
    auto status = optional_text(body, "status");
    if (!status) return std::unexpected{status.error()};
    if (*status && !parse_record_status(**status)) return invalid("status");
    return Filter{*std::move(customer), *std::move(product), *std::move(status)};
}

Fields<Edit> read_edit(const json::object& body, const PartnerOptions& options, base::Time now) {
    Edit edit;
    auto product = optional_text(body, "productKey");
    if (!product) return std::unexpected{product.error()};
    if (*product && !is_product(options, **product)) return invalid("productKey");
    edit.product = *std::move(product);
    auto benefits = optional_text(body, "entitlementBenefits");
    if (!benefits) return std::unexpected{benefits.error()};
    if (*benefits && **benefits != "NORMAL" && **benefits != options.suspend_value) {
        return invalid("entitlementBenefits");
    }
    edit.benefits = *std::move(benefits);

    auto customer = optional_text(body, "customerIdentifier");
    if (!customer) return std::unexpected{customer.error()};
    auto url = read_url(body);
    if (!url) return std::unexpected{url.error()};
    auto expiry = read_expiry(body, now);
    if (!expiry) return std::unexpected{expiry.error()};
    auto extension = read_extension(body);
    if (!extension) return std::unexpected{extension.error()};
    edit.apply = [customer = *std::move(customer), url = *std::move(url), expiry = *expiry,
                  extension = *std::move(extension)](Record& record) {
        if (customer) record.customer = *customer;
        if (url) record.notification_url = *url;
        if (expiry) record.expiry = expiry;
        if (!extension.is_null()) record.extension = extension;
    };
    return edit;
}

Fields<EndingReason> read_reason(const json::object& body) {
    EndingReason reason;
    for (const auto& [field, place] : {std::pair{"cancelReasonCategory", &reason.category},
                                       {"cancelReasonCode", &reason.code},
                                       {"cancelReasonDescription", &reason.description}}) {
        auto text = optional_text(body, field);
        if (!text) return std::unexpected{text.error()};
        if (*text) *place = **std::move(text);
    }
    if (reason.category.empty() && reason.code.empty()) return reason;
    if (reason.category.empty()) return required("cancelReasonCategory");
    if (reason.code.empty()) return required("cancelReasonCode");
    const auto& codes = ending_codes();
    const auto found = std::ranges::find(codes, reason.category, &Codes::first);
    if (found == codes.end()) return invalid("cancelReasonCategory");
    const auto& known = found->second;
    if (std::ranges::find(known, reason.code) == known.end()) return invalid("cancelReasonCode");
    return reason;
}

}  // namespace usher::sandbox
