#include "api/opentv/reasons.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace usher::api::opentv {

namespace {

constexpr std::string_view kCategory = "cancelReasonCategory";
constexpr std::string_view kCode = "cancelReasonCode";

constexpr auto kCancelled = std::to_array<std::string_view>(
    {"NOT_RENEWED", "CUSTOMER_CANCELLED", "EXPIRED", "CHANGED_SERVICE", "SUBSCRIPTION_CANCELLED",
     "ADDON_CANCELLED", "OTHER"});
constexpr auto kChanged =
    std::to_array<std::string_view>({"CUSTOMER_CANCELLED_BUNDLE", "CHANGED_SERVICE"});
constexpr auto kRollback = std::to_array<std::string_view>(
    {"FRAUD", "CUSTOMER_PAYMENT_DEFAULT", "FRAUD_CHECK", "MERCHANT_ACCOUNT_CHANGED"});
constexpr auto kRevoked = std::to_array<std::string_view>(
    {"OTHER", "ROLLBACK_ERROR", "ROLLBACK_CONNECT_ERROR", "PRODUCT_NO_LONGER_AVAILABLE",
     "PARTNER_RETURN", "CUSTOMER_RETURN", "ACCOUNT_TERMINATED", "SUSPEND_TERMINATED", "ERROR",
     "FRAUD", "IMMEDIATE_CANCELLATION"});

struct Category {
    std::string_view name;
    std::span<const std::string_view> codes;
};

constexpr std::array kTable{
    Category{"CUSTOMER_CANCELLED", kCancelled}, Category{"CUSTOMER_CHANGED", kChanged},
    Category{"ACTIVATION_ROLLBACK", kRollback}, Category{"REVOKED", kRevoked}};

bool lists(const Category& category, std::string_view code) {
    return std::ranges::find(category.codes, code) != category.codes.end();
}

std::string all_categories() {
    std::vector<std::string_view> names;
    for (const auto& category : kTable) names.push_back(category.name);
    return fmt::format("must be one of {}.", fmt::join(names, ", "));
}

void check_code(const Category& category, std::string_view code, Fields& fields) {
    if (lists(category, code)) return;
    fields.add(
        ErrorCode::reason_not_listed, kCode,
        fmt::format("must be one of {} in {}.", fmt::join(category.codes, ", "), category.name));
}

void require(const domain::Reason& reason, Fields& fields) {
    for (const auto& [name, given] :
         {std::pair{kCategory, reason.cancel_category}, std::pair{kCode, reason.cancel_code}}) {
        if (!given) fields.add(ErrorCode::argument_missing, name, "is mandatory.");
    }
}

}  // namespace

void check_reasons(const domain::Reason& reason, Presence presence, Fields& fields) {
    if (presence == Presence::mandatory) require(reason, fields);
    if (!reason.cancel_category) {
        const auto known = [&reason](const Category& one) {
            return lists(one, *reason.cancel_code);
        };
        if (reason.cancel_code && std::ranges::none_of(kTable, known)) {
            fields.add(ErrorCode::reason_not_listed, kCode, "is a code of no category.");
        }
        return;
    }
    const auto* category = std::ranges::find(kTable, *reason.cancel_category, &Category::name);
    if (category == kTable.end()) {
        fields.add(ErrorCode::reason_not_listed, kCategory, all_categories());
    } else if (reason.cancel_code) {
        check_code(*category, *reason.cancel_code, fields);
    }
}

void check_strictly(const Exchange& exchange, const domain::Reason& reason, Fields& fields) {
    if (!exchange.tenant->strict_reasons) return;
    const bool said_in_edition_a = reason.category && reason.code;
    if (!said_in_edition_a) require(reason, fields);
}

}  // namespace usher::api::opentv
