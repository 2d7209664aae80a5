// Why an ending is asked for, in Bango's categories and codes (Bango §2.7). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/entitlement.h"

namespace usher::partner::bango {

// True for a pair on the newer or the legacy list. Others may be rejected by Bango.
bool is_listed(std::string_view category, std::string_view code);

struct EndingReason {
    std::string category;
    std::string code;
    std::optional<std::string> description;
    bool operator==(const EndingReason&) const = default;
};

// The reason to send; category and code are always there. What is not on the lists goes as
// `fallback_category`/OTHER with the given words in the description.
EndingReason ending_reason(const domain::Reason& given, std::string_view fallback_category);

}  // namespace usher::partner::bango
