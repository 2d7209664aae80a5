#include "partner/bango/reasons.h"

#include <gtest/gtest.h>

namespace usher::partner::bango {
namespace {

TEST(IsListed, KnowsBothListsAndTheirCategories) {
    EXPECT_TRUE(is_listed("CUSTOMER_CANCELLED", "NOT_RENEWED"));
    EXPECT_TRUE(is_listed("REVOKED", "FRAUD"));
    EXPECT_TRUE(is_listed("ACTIVATION_ROLLBACK", "CUSTOMER_PAYMENT_DEFAULT"));
    EXPECT_TRUE(is_listed("CUSTOMER_CHANGED", "CHANGED_SERVICE"));
    EXPECT_FALSE(is_listed("CUSTOMER_CHANGED", "OTHER"));
    EXPECT_FALSE(is_listed("CUSTOMER_CANCELLED", "FRAUD"));
    EXPECT_FALSE(is_listed("customer_cancelled", "OTHER"));
    EXPECT_FALSE(is_listed("", ""));
}

struct Case {
    domain::Reason given;
    EndingReason sent;
};

TEST(EndingReason, SendsListedPairsAsGivenAndTheRestAsOther) {
    const Case cases[] = {
        {{}, {"REVOKED", "OTHER", std::nullopt}},
        {{.code = "", .category = "", .cancel_description = ""},
         {"REVOKED", "OTHER", std::nullopt}},
        {{.cancel_code = "EXPIRED", .cancel_category = "CUSTOMER_CANCELLED"},
         {"CUSTOMER_CANCELLED", "EXPIRED", std::nullopt}},
        {{.code = "FRAUD", .category = "REVOKED", .cancel_description = "stolen card"},
         {"REVOKED", "FRAUD", "stolen card"}},
        // The newer spelling wins.
        {{.code = "ERROR",
          .category = "CUSTOMER_CHANGED",
          .cancel_code = "FRAUD",
          .cancel_category = "REVOKED"},
         {"REVOKED", "FRAUD", std::nullopt}},
        {{.code = "MOVED", .category = "HOUSE", .cancel_description = "to the sea"},
         {"REVOKED", "OTHER", "HOUSE/MOVED: to the sea"}},
        {{.cancel_code = "FRAUD"}, {"REVOKED", "OTHER", "FRAUD"}},
        {{.cancel_description = "only words"}, {"REVOKED", "OTHER", "only words"}},
    };
    for (const auto& [given, sent] : cases) {
        const auto reason = ending_reason(given, "REVOKED");
        EXPECT_EQ(reason, sent) << reason.category << " " << reason.code << " "
                                << reason.description.value_or("(none)");
    }
}

}  // namespace
}  // namespace usher::partner::bango
