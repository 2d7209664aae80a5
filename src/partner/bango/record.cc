#include "partner/bango/record.h"

#include "base/json.h"

namespace usher::partner::bango {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
    return base::find_string(object, key).value_or("");
}

std::optional<base::Time> time_of(const json::object& object, std::string_view key) {
    const auto text = base::find_string(object, key);
    return text ? base::parse_time(*text) : std::nullopt;
}

// One relay of Bango's answers puts a number there (Bango §2.5).
std::string code_of(const json::object& object) {
    const auto* value = base::find_member(object, "responseCode");
    if (value != nullptr && value->is_int64()) return std::to_string(value->get_int64());
    return text_of(object, "responseCode");
}

std::optional<domain::Activation> activation_of(const json::object& object) {
    const auto* parameters = base::find_member(object, "parameters");
    if (parameters == nullptr || !parameters->is_object()) return std::nullopt;
    const auto& fields = parameters->get_object();
    const auto url = base::find_string(fields, "url");
    if (!url || url->empty()) return std::nullopt;
    return domain::Activation{.url = base::Secret{*url}, .expiry = time_of(fields, "urlExpiry")};
}

}  // namespace

std::optional<domain::PartnerStatus> parse_status(std::string_view word) {
    if (word == "FAILED") return domain::PartnerStatus::unknown;
    const auto status = domain::parse_partner_status(word);
    // NONE and UNKNOWN are our words for what the partner does not say.
    if (status == domain::PartnerStatus::none || status == domain::PartnerStatus::unknown) {
        return std::nullopt;
    }
    return status;
}

Record read_record(const json::object& object) {
    Record record{
        .response_code = code_of(object),
        .response_message = text_of(object, "responseMessage"),
        .id = domain::PartnerEntitlementId{text_of(object, "entitlementId")},
        .external_id = text_of(object, "externalEntitlementId"),
        .merchant = domain::MerchantId{text_of(object, "merchantAccountKey")},
        .product_key = domain::ProductKey{text_of(object, "productKey")},
        .status_word = text_of(object, "status"),
        .created = time_of(object, "dateCreated"),
        .updated = time_of(object, "dateLastUpdated"),
        .ended = time_of(object, "dateEnded"),
        .activation = activation_of(object),
    };
    if (!record.status_word.empty()) {
        record.status = parse_status(record.status_word).value_or(domain::PartnerStatus::unknown);
    }
    return record;
}

flow::PartnerRecord to_partner_record(const Record& record,
                                      const domain::Entitlement& entitlement) {
    const auto status = record.status.value_or(domain::PartnerStatus::unknown);
    const auto& held = entitlement.other_product_key.empty() ? entitlement.product_key
                                                             : entitlement.other_product_key;
    flow::PartnerRecord result{
        .id = record.id.empty() ? entitlement.partner_id : record.id,
        .view = {.status = status, .date = record.updated},
        .status_word = record.status_word,
        .external_id = record.external_id,
        .merchant = record.merchant.empty() ? entitlement.merchant : record.merchant,
        .product_key = record.product_key.empty() ? held : record.product_key,
    };
    if (status == domain::PartnerStatus::active_ending) result.ends_at = record.ended;
    if (status == domain::PartnerStatus::pending) result.activation = record.activation;
    return result;
}

}  // namespace usher::partner::bango
