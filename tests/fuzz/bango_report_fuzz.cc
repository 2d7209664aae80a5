// Any bytes as a report of Bango's: only one JSON object is one, and it says no more than its
// fields do. Input: the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/json.h"
#include "partner/bango/report.h"

namespace {

using namespace usher;
using domain::PartnerStatus;

void require(bool kept) {
    if (!kept) std::abort();
}

// Whether the body has this text in this place.
bool says(const boost::json::object& body, std::string_view key, std::string_view text) {
    return base::find_string(body, key) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const partner::bango::Values values;
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    const auto parsed = base::parse_json(body);
    const auto report = partner::bango::parse_report(body, values);
    require(report.has_value() == (parsed && parsed->is_object()));
    if (!report) return 0;
    const auto& object = parsed->get_object();
    require(report->partner_id.empty() || says(object, "entitlementId", report->partner_id.text()));
    require(report->external_id.empty() ||
            says(object, "externalEntitlementId", report->external_id.text()));
    require(report->product_key.empty() || says(object, "productKey", report->product_key.text()));
    require(report->reason.empty() || says(object, values.report_reason, report->reason));
    require(report->text.size() <= partner::bango::kReportTextBytes);
    if (report->view) {
        const auto status = report->view->status;
        const auto word = base::find_string(object, "status").value_or("");
        // NONE is our word alone; UNKNOWN stands for a word that is there and says nothing.
        require(status != PartnerStatus::none);
        require(status != PartnerStatus::unknown || !word.empty());
        require(!word.empty() || !report->reason.empty());
        require(!report->view->date ||
                says(object, "dateLastUpdated",
                     base::find_string(object, "dateLastUpdated").value_or("")));
    }
    require(report == partner::bango::parse_report(body, values));
    return 0;
}
