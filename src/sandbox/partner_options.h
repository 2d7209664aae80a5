// What the partner is set up to do. Everything that Bango's pages leave open is a value here, with
// the default of Bango §9.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "sandbox/record.h"

namespace usher::sandbox {

struct PartnerProduct {
    std::string key;
    std::string name;
    bool needs_customer = false;  // create answers 202 PENDING with an activation URL
    bool ends_later = false;      // cancel gives ACTIVE-ENDING until the paid period is over
};

// Bango's test merchant and one product more, for soft endings (Bango §7, interface §5).
inline std::vector<PartnerProduct> bango_music_products() {
    return {{.key = "MUSIC", .name = "Bango Music", .needs_customer = true},
            {.key = "MUSIC_PREMIUM", .name = "Bango Music Premium"},
            {.key = "MUSIC_MONTHLY", .name = "Bango Music Monthly", .ends_later = true}};
}

struct PartnerOptions {
    std::string username = "usher";  // of both directions
    base::Secret password{"usher"};
    std::string merchant = "BANGO_US";
    std::vector<PartnerProduct> products = bango_music_products();
    // One live entitlement per customer and product, so that all products can be held side by side;
    // true: one per customer and merchant, which is Bango's default for a route (Bango §1).
    bool one_per_merchant = false;
    base::Duration replay_retention = std::chrono::hours{24};  // of request ids; 0: no replay
    base::Duration activation_ttl = std::chrono::hours{24};
    base::Duration paid_period = std::chrono::days{30};    // from a soft ending to its end
    RecordStatus expiry_status = RecordStatus::cancelled;  // when dateExpiry passes
    std::string report_key = "entitlements";               // of the array in a read of many
    std::string reason_key = "reason";                     // of the reason in a notification
    std::string suspend_value = "SUSPENDED";               // of entitlementBenefits
    std::string queued_code = "ACCEPTED";                  // responseCode of a queued change
    // Pauses after a notification that was not taken; after the last one it is given up.
    std::vector<base::Duration> notification_pauses{
        std::chrono::seconds{1}, std::chrono::seconds{5}, std::chrono::seconds{30},
        std::chrono::minutes{2}, std::chrono::minutes{10}};
    std::size_t max_calls = 100'000;  // in the list of calls; the oldest are dropped
};

}  // namespace usher::sandbox
