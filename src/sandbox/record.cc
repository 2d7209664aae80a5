#include "sandbox/record.h"

#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace usher::sandbox {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<RecordStatus, std::string_view>, 6> kStatuses{{
    {RecordStatus::pending, "PENDING"},
    {RecordStatus::active, "ACTIVE"},
    {RecordStatus::active_ending, "ACTIVE-ENDING"},
    {RecordStatus::suspended, "SUSPENDED"},
    {RecordStatus::cancelled, "CANCELLED"},
    {RecordStatus::revoked, "REVOKED"},
}};

json::value date_or_null(const std::optional<base::Time>& time) {
    if (!time) return nullptr;
    return json::string{base::format_time(*time)};
}

// The reason of an ending comes back inside extensionData (Bango §2.2, §2.5).
json::value extension_of(const Record& record) {
    if (record.reason.empty()) return record.extension;
    json::object object;
    if (record.extension.is_object()) object = record.extension.get_object();
    if (record.extension.is_string()) object["extensionData"] = record.extension;
    object["cancelReasonCategory"] = record.reason.category;
    object["cancelReasonCode"] = record.reason.code;
    if (!record.reason.description.empty()) {
        object["cancelReasonDescription"] = record.reason.description;
    }
    return object;
}

std::string text(const json::object& row, std::string_view key) {
    return base::find_string(row, key).value_or("");
}

std::optional<base::Time> date(const json::object& row, std::string_view key) {
    const auto found = base::find_string(row, key);
    return found ? base::parse_time(*found) : std::nullopt;
}

json::array links_to_json(const std::vector<ActivationLink>& links) {
    json::array list;
    for (const auto& link : links) {
        list.push_back(
            json::object{{"token", link.token}, {"expires", base::format_time(link.expires)}});
    }
    return list;
}

void read_links(const json::object& row, Record& record) {
    const auto* list = base::find_member(row, "links");
    if (list == nullptr || !list->is_array()) return;
    for (const auto& item : list->get_array()) {
        if (!item.is_object()) continue;
        const auto expires = date(item.get_object(), "expires");
        if (expires) record.links.push_back({text(item.get_object(), "token"), *expires});
    }
}

void read_effects(const json::object& row, Record& record) {
    const auto* effects = base::find_member(row, "effects");
    if (effects == nullptr || !effects->is_object()) return;
    for (const auto& [action, count] : effects->get_object()) {
        if (count.is_int64()) {
            record.effects[std::string{action}] = static_cast<std::uint64_t>(count.get_int64());
        }
    }
}

void read_dates(const json::object& row, Record& record) {
    record.activated = date(row, "dateActivated");
    record.ended = date(row, "dateEnded");
    record.suspended = date(row, "dateSuspended");
    record.resumed = date(row, "dateResumed");
    record.expiry = date(row, "dateExpiry");
}

void read_texts(const json::object& row, Record& record) {
    record.customer = text(row, "customerIdentifier");
    record.merchant = text(row, "merchantAccountKey");
    record.product = text(row, "productKey");
    record.offer = text(row, "offerKey");
    record.external_id = text(row, "externalEntitlementId");
    record.display_name = text(row, "entitlementDisplayName");
    record.notification_url = text(row, "notificationUrl");
    if (const auto* extension = row.if_contains("extension")) record.extension = *extension;
    if (const auto* reason = base::find_member(row, "reason"); reason && reason->is_object()) {
        const auto& fields = reason->get_object();
        record.reason = {text(fields, "category"), text(fields, "code"),
                         text(fields, "description")};
    }
}

}  // namespace

std::string_view to_text(RecordStatus status) {
    for (const auto& [each, name] : kStatuses) {
        if (each == status) return name;
    }
    return "";
}

std::optional<RecordStatus> parse_record_status(std::string_view text) {
    for (const auto& [each, name] : kStatuses) {
        if (name == text) return each;
    }
    return std::nullopt;
}

json::object to_json(const Record& record) {
    json::object object{
        {"entitlementId", record.id},
        {"status", to_text(record.status)},
        {"dateCreated", base::format_time(record.created)},
        {"dateLastUpdated", base::format_time(record.last_updated)},
        {"dateActivated", date_or_null(record.activated)},
        {"dateEnded", date_or_null(record.ended)},
        {"dateSuspended", date_or_null(record.suspended)},
        {"dateResumed", date_or_null(record.resumed)},
        {"dateExpiry", date_or_null(record.expiry)},
        {"customerIdentifier", record.customer},
        {"merchantAccountKey", record.merchant},
        {"productKey", record.product},
        {"offerKey", base::text_or_null(record.offer)},
        {"activationCode", nullptr},
        {"entitlementDisplayName", record.display_name},
        {"extensionData", extension_of(record)},
    };
    if (!record.external_id.empty()) object["externalEntitlementId"] = record.external_id;
    return object;
}

std::string to_row(const Record& record) {
    auto row = to_json(record);
    row.erase("extensionData");
    row["extension"] = record.extension;
    row["notificationUrl"] = record.notification_url;
    row["provisioned"] = record.provisioned;
    row["links"] = links_to_json(record.links);
    row["reason"] = json::object{{"category", record.reason.category},
                                 {"code", record.reason.code},
                                 {"description", record.reason.description}};
    json::object effects;
    for (const auto& [action, count] : record.effects) effects[action] = count;
    row["effects"] = std::move(effects);
    return json::serialize(row);
}

std::optional<Record> record_from_row(std::string_view row) {
    const auto parsed = base::parse_json(row);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto& object = parsed->get_object();
    const auto status = parse_record_status(text(object, "status"));
    const auto created = date(object, "dateCreated");
    const auto updated = date(object, "dateLastUpdated");
    if (!status || !created || !updated) return std::nullopt;

    Record record;
    record.id = text(object, "entitlementId");
    record.status = *status;
    record.created = *created;
    record.last_updated = *updated;
    read_texts(object, record);
    read_dates(object, record);
    read_links(object, record);
    read_effects(object, record);
    const auto* provisioned = base::find_member(object, "provisioned");
    record.provisioned =
        provisioned == nullptr || !provisioned->is_bool() || provisioned->get_bool();
    return record;
}

}  // namespace usher::sandbox
