// One entitlement as the partner holds it, and its two text forms: the flat record of the published
// answers (Bango §2.5) and the row in the state file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/time.h"

namespace usher::sandbox {

enum class RecordStatus : std::uint8_t {
    pending,
    active,
    active_ending,
    suspended,
    cancelled,
    revoked,
};

std::string_view to_text(RecordStatus status);  // "ACTIVE-ENDING"
std::optional<RecordStatus> parse_record_status(std::string_view text);

constexpr bool is_ended(RecordStatus status) {
    return status == RecordStatus::cancelled || status == RecordStatus::revoked;
}

// The last part of an activation URL. Works until used or expired (Bango §4).
struct ActivationLink {
    std::string token;
    base::Time expires;
    bool operator==(const ActivationLink&) const = default;
};

struct EndingReason {
    std::string category;
    std::string code;
    std::string description;
    bool empty() const { return category.empty() && code.empty() && description.empty(); }
    bool operator==(const EndingReason&) const = default;
};

struct Record {
    std::uint64_t number = 0;  // in the order of creation, from 1; the row's key
    std::string id;
    RecordStatus status{};
    std::string customer;
    std::string merchant;
    std::string product;
    std::string offer;             // empty: none
    std::string external_id;       // the reseller's own; empty: none
    std::string display_name;      // of the product
    std::string notification_url;  // empty: nobody is told
    boost::json::value extension;  // a string, an object or null, as it came
    EndingReason reason;           // of an ending

    base::Time created;
    base::Time last_updated;  // strictly increasing
    std::optional<base::Time> activated;
    std::optional<base::Time> ended;  // in the future while ACTIVE-ENDING
    std::optional<base::Time> suspended;
    std::optional<base::Time> resumed;
    std::optional<base::Time> expiry;

    // False between a queued create's answer and its effect: there is nothing to activate yet.
    bool provisioned = true;
    std::vector<ActivationLink> links;             // the newest last
    std::map<std::string, std::uint64_t> effects;  // by the action's name (interface §5)

    bool operator==(const Record&) const = default;
};

// The published fields, without the envelope (responseCode, …).
boost::json::object to_json(const Record& record);

std::string to_row(const Record& record);
std::optional<Record> record_from_row(std::string_view row);

}  // namespace usher::sandbox
