// What a request would have led to that was only tried out: nothing of it is recorded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/entitlement.h"

namespace usher::flow {

struct Tried {
    std::string answer;  // as it would be rendered if nobody waited
    bool changes = false;
    std::vector<domain::Entitlement> rows;  // as they would be
    std::optional<domain::Account> account;
};

}  // namespace usher::flow
