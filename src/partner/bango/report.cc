#include "partner/bango/report.h"

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

}  // namespace

std::optional<Report> parse_report(std::string_view body, const Values& values) {
    const auto parsed = base::parse_json(body);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto record = read_record(parsed->get_object());
    Report report{.reason = base::find_string(parsed->get_object(), values.report_reason)};
    if (!record.id.empty()) report.partner_id = record.id;
    if (!record.external_id.empty()) report.external_id.emplace(record.external_id);
    if (!record.product_key.empty()) report.product_key = record.product_key;
    auto status = record.status;
    if (!status && report.reason) status = status_of(*report.reason);
    if (status) report.view = domain::PartnerView{.status = *status, .date = record.updated};
    return report;
}

}  // namespace usher::partner::bango
