#include "partner/bango/report.h"

#include <algorithm>
#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "partner/bango/record.h"

namespace usher::partner::bango {

namespace {

using domain::PartnerStatus;

// TERMINATION_SUCCESS may mean either ending, and the updates mean no status at all.
std::optional<PartnerStatus> status_of(std::string_view reason) {
    if (reason == "ACTIVATION_SUCCESS" || reason == "RESUMPTION_SUCCESS") {
        return PartnerStatus::active;
    }
    if (reason == "SUSPENSION_SUCCESS") return PartnerStatus::suspended;
    if (reason == "TERMINATION_PENDING") return PartnerStatus::active_ending;
    return std::nullopt;
}

namespace json = boost::json;

constexpr std::string_view kWithheld = "(withheld)";

bool is_secret(std::string_view key) {
    constexpr std::array<std::string_view, 10> kParts{
        "url",  "token", "password", "secret", "authorization",
        "card", "email", "phone",    "msisdn", "financedata"};
    std::string lower{key};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
    });
    return lower == "activationcode" ||
           std::ranges::any_of(kParts, [&](std::string_view part) { return lower.contains(part); });
}

// A link may be the customer's own to activate, wherever it stands.
bool is_link(const json::value& value) {
    return value.is_string() && std::string_view{value.get_string()}.contains("://");
}

void withhold(json::value& value) {
    if (auto* object = value.if_object()) {
        for (auto& member : *object) {
            const bool kept = member.value().is_null() || !is_secret(member.key());
            if (!kept || is_link(member.value())) {
                member.value() = kWithheld;
            } else {
                withhold(member.value());
            }
        }
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array) {
            if (is_link(item)) {
                item = kWithheld;
            } else {
                withhold(item);
            }
        }
    }
}

// At a character's beginning.
std::string cut(std::string text) {
    if (text.size() <= kReportTextBytes) return text;
    auto end = kReportTextBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

}  // namespace

std::optional<flow::ReportNote> parse_report(std::string_view body, const Values& values) {
    auto parsed = base::parse_json(body);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto& object = parsed->get_object();
    const auto record = read_record(object);
    flow::ReportNote note{
        .partner_id = record.id,
        .external_id = domain::EntitlementId{record.external_id},
        .customer =
            domain::CustomerId{base::find_string(object, "customerIdentifier").value_or("")},
        .merchant = record.merchant,
        .product_key = record.product_key,
        .status_word = record.status_word,
        .reason = base::find_string(object, values.report_reason).value_or(""),
    };
    const auto status = record.status ? record.status : status_of(note.reason);
    if (status) note.view = domain::PartnerView{.status = *status, .date = record.updated};
    withhold(*parsed);
    note.text = cut(json::serialize(*parsed));
    return note;
}

}  // namespace usher::partner::bango
