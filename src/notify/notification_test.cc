#include "notify/notification.h"

#include <map>
#include <set>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "domain/convergence.h"
#include "flow/feed.h"

namespace usher::notify {
namespace {

using domain::ChangeKind;
using domain::EntitlementStatus;
using domain::PartnerStatus;

int number_of(domain::Rejection rejection) {
    return rejection == domain::Rejection::refused_by_partner ? 40052 : 1;
}

domain::Event event(ChangeKind kind, EntitlementStatus from, EntitlementStatus to) {
    domain::Event event{.tenant = domain::TenantId{"demo"},
                        .position = 12,
                        .entitlement = domain::EntitlementId{"e-1"},
                        .previous = 9,
                        .version = 4,
                        .at = base::Time{std::chrono::seconds{1'764'201'600}}};
    event.change = {.kind = kind,
                    .status_from = from,
                    .status_to = to,
                    .partner_from = PartnerStatus::active,
                    .partner_to = PartnerStatus::unknown};
    return event;
}

const domain::Entitlement& row() {
    static const domain::Entitlement kRow{.account = domain::AccountId{"account-1"},
                                          .product = domain::ProductId{"SHOP_MUSIC"}};
    return kRow;
}

TEST(Notification, IsNamedAfterWhatBecameOfTheStatus) {
    using enum EntitlementStatus;
    const std::map<std::pair<EntitlementStatus, EntitlementStatus>, NotificationKind> moves{
        {{pending, active}, NotificationKind::activated},
        {{suspended, active}, NotificationKind::resumed},
        {{suspended, subscribed}, NotificationKind::resumed},
        {{active_ending, active}, NotificationKind::activated},
        {{active, suspended}, NotificationKind::suspended},
        {{active, active_ending}, NotificationKind::ending},
        {{subscribed, unsubscribed}, NotificationKind::cancelled},
        {{active_ending, cancelled}, NotificationKind::cancelled},
        {{active, revoked}, NotificationKind::revoked},
        {{active, pending}, NotificationKind::pending},
    };
    for (const auto& [move, kind] : moves) {
        for (const auto cause : {ChangeKind::requested, ChangeKind::confirmed,
                                 ChangeKind::partner_moved, ChangeKind::learnt}) {
            EXPECT_EQ(kind_of(event(cause, move.first, move.second)), kind) << to_text(kind);
        }
    }
}

TEST(Notification, WithTheSameMeaningIsNamedAfterItsCause) {
    using enum EntitlementStatus;
    EXPECT_EQ(kind_of(event(ChangeKind::requested, active, subscribed)),
              NotificationKind::requested);
    EXPECT_EQ(kind_of(event(ChangeKind::confirmed, suspended, suspended)),
              NotificationKind::confirmed);
    EXPECT_EQ(kind_of(event(ChangeKind::accepted, active, active)), NotificationKind::accepted);
    EXPECT_EQ(kind_of(event(ChangeKind::lost, active, active)), NotificationKind::unconfirmed);
    EXPECT_EQ(kind_of(event(ChangeKind::learnt, active, active)), NotificationKind::observed);
    EXPECT_EQ(kind_of(event(ChangeKind::pushed_back, active, active)),
              NotificationKind::pushed_back);
    EXPECT_EQ(kind_of(event(ChangeKind::retried, active, active)), NotificationKind::retried);
}

// A refusal moves the status back, and must not look as if the customer had been suspended anew.
TEST(Notification, OfARefusalOrAnotherProductIsThatWhateverTheStatusDid) {
    using enum EntitlementStatus;
    EXPECT_EQ(kind_of(event(ChangeKind::refused, active, suspended)), NotificationKind::refused);
    EXPECT_EQ(kind_of(event(ChangeKind::product_moved, pending, active)),
              NotificationKind::product_changed);
    EXPECT_EQ(kind_of(event(ChangeKind::imported, active, active)), NotificationKind::imported);
}

TEST(Notification, OfThePurchaseIsTheFirst) {
    auto first =
        event(ChangeKind::requested, EntitlementStatus::pending, EntitlementStatus::active);
    first.previous = 0;
    EXPECT_EQ(kind_of(first), NotificationKind::purchased);
    const auto told = notification_json(first, row(), number_of);
    EXPECT_FALSE(told.contains("previousStatus"));
    EXPECT_FALSE(told.contains("previousPartnerStatus"));
}

TEST(Notification, HasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (const auto kind : kNotificationKinds) {
        EXPECT_TRUE(to_text(kind).starts_with("entitlement."));
        names.insert(to_text(kind));
    }
    EXPECT_EQ(names.size(), kNotificationKinds.size());
}

TEST(Notification, TellsAllThatTheCrmNeeds) {
    auto one =
        event(ChangeKind::requested, EntitlementStatus::active, EntitlementStatus::suspended);
    one.initiator = domain::Initiator::op;
    one.asker = {.subject = "sub-1",
                 .client = "operator-portal",
                 .correlation = domain::CorrelationId{"order-7"},
                 .comment = "for our own people"};
    EXPECT_EQ(boost::json::serialize(notification_json(one, row(), number_of)),
              R"({"id":")" + flow::to_text(flow::place_of(one)) +
                  R"(","kind":"entitlement.suspended","time":"2025-11-27T00:00:00.000Z",)"
                  R"("tenantId":"demo","entitlementId":"e-1","accountId":"account-1",)"
                  R"("productId":"SHOP_MUSIC","version":4,"status":"SUSPENDED",)"
                  R"("partnerStatus":"UNKNOWN","cause":"requested",)"
                  R"("initiator":{"party":"operator","client":"operator-portal"},)"
                  R"("previousStatus":"ACTIVE","previousPartnerStatus":"ACTIVE",)"
                  R"("correlationId":"order-7"})");
}

TEST(Notification, SaysWhatWasRefusedAndWhy) {
    auto one = event(ChangeKind::refused, EntitlementStatus::suspended, EntitlementStatus::active);
    one.initiator = domain::Initiator::partner;
    one.change.rejection = domain::Rejection::refused_by_partner;
    one.change.partner_code = "NOT_AVAILABLE";
    const auto told = notification_json(one, row(), number_of);
    EXPECT_EQ(boost::json::serialize(told.at("refusal")),
              R"({"asked":"SUSPENDED","errorCode":40052,"partnerCode":"NOT_AVAILABLE"})");
    EXPECT_EQ(boost::json::serialize(told.at("initiator")), R"({"party":"partner"})");
}

// Not even where the row has it, and the event a sentence with it.
TEST(Notification, NeverTellsWhereACustomerActivates) {
    auto one = event(ChangeKind::confirmed, EntitlementStatus::pending, EntitlementStatus::pending);
    one.note = "https://secret.example/activate";
    auto waiting = row();
    waiting.activation = domain::Activation{.url = base::Secret{"https://secret.example/activate"}};
    const auto text = boost::json::serialize(notification_json(one, waiting, number_of));
    EXPECT_EQ(text.find("secret.example"), std::string::npos);
}

}  // namespace
}  // namespace usher::notify
