#include "flow/kept_report.h"

#include <algorithm>
#include <array>

namespace usher::flow {

namespace {

constexpr std::array kOutcomes{ReportOutcome::read_wanted, ReportOutcome::nothing_new,
                               ReportOutcome::another_record, ReportOutcome::found_otherwise,
                               ReportOutcome::unknown};

}  // namespace

std::string_view to_text(ReportOutcome outcome) {
    switch (outcome) {
        case ReportOutcome::read_wanted:
            return "read_wanted";
        case ReportOutcome::nothing_new:
            return "nothing_new";
        case ReportOutcome::another_record:
            return "another_record";
        case ReportOutcome::found_otherwise:
            return "found_otherwise";
        case ReportOutcome::unknown:
            return "unknown";
    }
    return "";
}

std::optional<ReportOutcome> parse_report_outcome(std::string_view text) {
    const auto* found =
        std::ranges::find(kOutcomes, text, [](ReportOutcome outcome) { return to_text(outcome); });
    if (found == kOutcomes.end()) return std::nullopt;
    return *found;
}

}  // namespace usher::flow
