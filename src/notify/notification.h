// What the CRM is told of one event, in the one form that is published. Pure; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>

#include "domain/entitlement.h"

namespace usher::notify {

// What the event means to the customer's record. `cause` in the body says how it came to it.
enum class NotificationKind : std::uint8_t {
    purchased,        // it is there now
    imported,         // likewise, from a file of what operator and partner had already
    pending,          // the status became PENDING, and likewise the next six
    activated,        // not from SUSPENDED
    resumed,          // from SUSPENDED
    suspended,        //
    ending,           // ACTIVE until its end
    cancelled,        //
    revoked,          //
    refused,          // what was asked last did not come true; the status is back, if it had moved
    product_changed,  // it is another product now
    requested,        // the operator asked for something that leaves the status as it is
    accepted,         // the partner has taken it on and will report
    confirmed,        // the partner has it as the record does
    unconfirmed,      // an answer was lost: what the partner has is not known
    observed,         // what the partner has became known
    pushed_back,      // the partner moved late to what nobody wants any more, and is asked again
    retried,          // a person asked to try once more
};
inline constexpr std::array kNotificationKinds{
    NotificationKind::purchased, NotificationKind::imported,        NotificationKind::pending,
    NotificationKind::activated, NotificationKind::resumed,         NotificationKind::suspended,
    NotificationKind::ending,    NotificationKind::cancelled,       NotificationKind::revoked,
    NotificationKind::refused,   NotificationKind::product_changed, NotificationKind::requested,
    NotificationKind::accepted,  NotificationKind::confirmed,       NotificationKind::unconfirmed,
    NotificationKind::observed,  NotificationKind::pushed_back,     NotificationKind::retried};

// "entitlement.activated"
std::string_view to_text(NotificationKind kind);

NotificationKind kind_of(const domain::Event& event);

// `row` is the event's entitlement as it is now, which its account and product are told from. The
// number that a refusal has towards callers comes from whoever has that table. Never holds where a
// customer activates, nor what a person wrote for people who run Usher.
boost::json::object notification_json(const domain::Event& event, const domain::Entitlement& row,
                                      int (*number_of)(domain::Rejection));

}  // namespace usher::notify
