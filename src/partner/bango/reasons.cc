#include "partner/bango/reasons.h"

#include <algorithm>
#include <array>
#include <utility>

namespace usher::partner::bango {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kCancelled = "CUSTOMER_CANCELLED";
constexpr std::string_view kRevoked = "REVOKED";
constexpr std::string_view kChanged = "CUSTOMER_CHANGED";
constexpr std::string_view kRollback = "ACTIVATION_ROLLBACK";

constexpr std::array kListed{
    // The newer list.
    Pair{kCancelled, "NOT_RENEWED"},
    Pair{kCancelled, "CHANGED_SERVICE"},
    Pair{kCancelled, "SUBSCRIPTION_CANCELLED"},
    Pair{kCancelled, "ADDON_CANCELLED"},
    Pair{kCancelled, "EXPIRED"},
    Pair{kCancelled, "OTHER"},
    Pair{kRevoked, "ACCOUNT_TERMINATED"},
    Pair{kRevoked, "SUSPEND_TERMINATED"},
    Pair{kRevoked, "ERROR"},
    Pair{kRevoked, "FRAUD"},
    Pair{kRevoked, "IMMEDIATE_CANCELLATION"},
    Pair{kRevoked, "OTHER"},
    // The legacy list.
    Pair{kChanged, "CUSTOMER_CANCELLED_BUNDLE"},
    Pair{kChanged, "CUSTOMER_CANCELLED_ADDON"},
    Pair{kChanged, "CHANGED_SERVICE"},
    Pair{kRollback, "TEST_ENTITLEMENT"},
    Pair{kRollback, "FRAUD"},
    Pair{kRollback, "FRAUD_CHECK"},
    Pair{kRollback, "CUSTOMER_PAYMENT_DEFAULT"},
    Pair{kRollback, "MERCHANT_ACCOUNT_CHANGED"},
    Pair{kCancelled, "CUSTOMER_CANCELLED"},
    Pair{kRevoked, "SUSPENDED_CANCEL"},
    Pair{kRevoked, "ROLLBACK_ERROR"},
    Pair{kRevoked, "ROLLBACK_CONNECT_ERROR"},
    Pair{kRevoked, "PRODUCT_NO_LONGER_AVAILABLE"},
    Pair{kRevoked, "PARTNER_RETURN"},
    Pair{kRevoked, "CUSTOMER_RETURN"},
};

// The first of the two that says something: an empty text is absent.
std::string first_of(const std::optional<std::string>& preferred,
                     const std::optional<std::string>& other) {
    if (preferred && !preferred->empty()) return *preferred;
    return other.value_or("");
}

std::string join(const std::string& left, std::string_view between, const std::string& right) {
    if (left.empty() || right.empty()) return left + right;
    return left + std::string{between} + right;
}

}  // namespace

bool is_listed(std::string_view category, std::string_view code) {
    return std::ranges::find(kListed, Pair{category, code}) != kListed.end();
}

EndingReason ending_reason(const domain::Reason& given, std::string_view fallback_category) {
    const auto category = first_of(given.cancel_category, given.category);
    const auto code = first_of(given.cancel_code, given.code);
    auto description = given.cancel_description.value_or("");
    EndingReason reason{.category = category, .code = code, .description = std::nullopt};
    if (!is_listed(category, code)) {
        reason.category = fallback_category;
        reason.code = "OTHER";
        description = join(join(category, "/", code), ": ", description);
    }
    if (!description.empty()) reason.description = std::move(description);
    return reason;
}

}  // namespace usher::partner::bango
