// How an entitlement stands between its two sides, in the words of the single GET (interface §4).
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/entitlement.h"

namespace usher::flow {

enum class StandingWord : std::uint8_t { confirmed, pending, attention };

std::string_view to_text(StandingWord word);

struct Standing {
    StandingWord word{};
    std::optional<base::Time> since;  // since when the two sides differ
    std::uint32_t attempts = 0;
    std::optional<base::Time> next;  // when it is tried again
    std::string last_problem;
};

// Not settled for `give_up_after`, or for a reason that no call can settle: it is tried on, rarely,
// and a person should look.
bool needs_attention(const domain::Entitlement& entitlement, base::Duration give_up_after,
                     base::Time now);

Standing standing_of(const domain::Entitlement& entitlement, base::Duration give_up_after,
                     base::Time now);

}  // namespace usher::flow
