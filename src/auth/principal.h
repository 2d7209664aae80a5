// Who asked, as a verified access token says. A value; immutable once shared.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace usher::auth {

struct Principal {
    std::string subject;                       // sub; never empty
    std::string username;                      // preferred_username; may be empty
    std::string client;                        // azp; may be empty
    std::set<std::string, std::less<>> roles;  // realm_access.roles
    // The tenant claim, each once and in its order. Empty when no claim is configured or the token
    // has none: which of the two it is, and whether that means "any", the configuration knows.
    std::vector<std::string> tenants;
    base::Time expires;  // exp, without skew

    bool has_role(std::string_view role) const { return roles.contains(role); }
};

}  // namespace usher::auth
