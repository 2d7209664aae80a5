// What Bango tells us unasked (Bango §5). A hint: at least once, in any order, and its body is only
// partly published. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/convergence.h"
#include "domain/ids.h"
#include "flow/partner.h"
#include "partner/bango/options.h"

namespace usher::partner::bango {

// Every field is absent when the body lacks it or has it in another type.
struct Report {
    std::optional<domain::PartnerEntitlementId> partner_id;
    std::optional<domain::EntitlementId> external_id;  // ours
    // The status, or what the reason stands for when there is none; the date is Bango's own.
    std::optional<domain::PartnerView> view;
    std::optional<std::string> reason;  // any word
    std::optional<domain::ProductKey> product_key;
    bool operator==(const Report&) const = default;
};

// Nothing for a body that is not one JSON object. Unknown fields and reasons are accepted.
std::optional<Report> parse_report(std::string_view body, const Values& values);

// What is kept of a report at most, in bytes.
inline constexpr std::size_t kReportTextBytes = 4096;

// In flow's words, with the text that is kept: the body without what whoever reads it could use
// (links, keys, payment data), cut to kReportTextBytes. A body that is no JSON object is not kept.
flow::ReportNote read_report(std::string_view body, const Values& values);

}  // namespace usher::partner::bango
