// What Bango tells us unasked (Bango §5). A hint: at least once, in any order, and its body is only
// partly published. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "flow/partner.h"
#include "partner/bango/options.h"

namespace usher::partner::bango {

// What is kept of a report at most, in bytes.
inline constexpr std::size_t kReportTextBytes = 4096;

// In flow's words: a field is empty when the body lacks it or has it in another type; the status is
// what the reason stands for when there is none, and the date Bango's own. With the text that is
// kept: the body without what whoever reads it could use (links, keys, payment data), cut to
// kReportTextBytes. Nothing for a body that is not one JSON object. Unknown fields and reasons are
// accepted.
std::optional<flow::ReportNote> parse_report(std::string_view body, const Values& values);

}  // namespace usher::partner::bango
