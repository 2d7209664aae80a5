// A tenant that was added while Usher runs, under a primary one of the settings (OpenTV §6), and
// the history of its changes. Plain values.
#pragma once

#include <string>

#include "base/time.h"
#include "domain/entitlement.h"
#include "domain/ids.h"

namespace usher::flow {

// What its integration expects; taken from the primary one when it is added.
struct TenantSettings {
    std::string edition;  // "A", "B" or "C"
    base::Duration wait{};
    bool strict_reasons = false;
    bool suspend_with_account = false;

    bool operator==(const TenantSettings&) const = default;
};

struct SubTenant {
    domain::TenantId id;
    domain::TenantId primary;
    bool enabled = true;  // else its callers are refused; its open work goes on
    TenantSettings settings;
    base::Duration freshness{};  // as the primary's
    base::Time created;
    base::Time modified;

    bool operator==(const SubTenant&) const = default;
};

// One line of its history, written with the change.
struct TenantChange {
    domain::TenantId tenant;
    base::Time at;
    domain::Asker asker;
    std::string what;  // in a few words, from and to
    std::string why;   // as whoever changed it said

    bool operator==(const TenantChange&) const = default;
};

}  // namespace usher::flow
