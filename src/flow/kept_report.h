// A report of the partner's as it is kept, for whoever must know what was said. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "domain/ids.h"

namespace usher::flow {

// What came of a report.
enum class ReportOutcome : std::uint8_t {
    read_wanted,      // it may tell something new: the partner is asked
    nothing_new,      // it says what is known already
    another_record,   // it names another id at the partner than ours: the partner is asked
    found_otherwise,  // its path or body names none of ours, but the rest of it fits one
    unknown,          // it fits nothing that there is
};

struct KeptReport {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;  // whose it is; empty: nobody's
    std::string digest;                 // of the whole body: the same one is kept once
    base::Time received;                // the last time
    ReportOutcome outcome{};
    std::string named;  // the id in the path or the body, whether there is one or not
    domain::PartnerEntitlementId partner_id;
    domain::CustomerId customer;
    domain::ProductKey product_key;
    std::string status_word;
    std::string reason;
    std::optional<base::Time> partner_date;
    std::string text;  // bounded and without secrets

    bool operator==(const KeptReport&) const = default;
};

// Which reports there are.
struct ReportMark {
    std::string digest;
    base::Time received;
    bool operator==(const ReportMark&) const = default;
};

std::string_view to_text(ReportOutcome outcome);
std::optional<ReportOutcome> parse_report_outcome(std::string_view text);

}  // namespace usher::flow
