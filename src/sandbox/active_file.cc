#include "sandbox/active_file.h"

#include <csv.h>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace usher::sandbox {

namespace {

constexpr std::string_view kActiveFileHeader =
    "ResellerCustomerId,BangoEntitlementId,Status,MerchantAccountKey,MerchantEntitlementId,"
    "ProductKey,DisplayName,CreatedDate,ActivatedDate,SuspendedDate,ExpiryDate,LastUpdated,EndDate,"
    "ExtensionDataFormat,ExtensionData\r\n";

std::string quoted(std::string_view text) {
    std::string field(2 * text.size() + 2, '\0');
    field.resize(csv_write(field.data(), field.size(), text.data(), text.size()));
    return field;
}

// "2026-11-23T10:00:00.123Z" as "23/11/2026 10:00:00".
std::string day_first(std::optional<base::Time> time) {
    if (!time) return "";
    const auto text = base::format_time(*time);
    const std::string_view iso{text};
    return fmt::format("{}/{}/{} {}", iso.substr(8, 2), iso.substr(5, 2), iso.substr(0, 4),
                       iso.substr(11, 8));
}

std::string_view word_of(RecordStatus status) {
    switch (status) {
        case RecordStatus::pending:
            return "Pending";
        case RecordStatus::active:
            return "Active";
        case RecordStatus::active_ending:
            return "Active-Ending";
        case RecordStatus::suspended:
            return "Suspended";
        case RecordStatus::cancelled:
            return "Cancelled";
        case RecordStatus::revoked:
            return "Revoked";
    }
    return "";
}

std::string line_of(const Record& record) {
    const bool has_extension = !record.extension.is_null();
    const auto* text = record.extension.if_string();
    const std::string extension = text != nullptr ? std::string{*text}
                                  : has_extension ? boost::json::serialize(record.extension)
                                                  : "";
    const std::vector<std::string> fields{record.customer,
                                          record.id,
                                          std::string{word_of(record.status)},
                                          record.merchant,
                                          fmt::format("merchant-{}", record.number),
                                          record.product,
                                          record.display_name,
                                          day_first(record.created),
                                          day_first(record.activated),
                                          day_first(record.suspended),
                                          day_first(record.expiry),
                                          day_first(record.last_updated),
                                          day_first(record.ended),
                                          has_extension ? "JSON" : "",
                                          extension};
    std::string line;
    for (const auto& field : fields) line += (line.empty() ? "" : ",") + quoted(field);
    return line + "\r\n";
}

}  // namespace

std::string active_file(const std::deque<Record>& records) {
    std::string text{kActiveFileHeader};
    for (const auto& record : records) {
        if (!is_ended(record.status) && record.provisioned) text += line_of(record);
    }
    return text;
}

}  // namespace usher::sandbox
