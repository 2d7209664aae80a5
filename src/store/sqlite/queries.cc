#include "store/sqlite/queries.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace usher::store::sqlite {

namespace {

Result<> add_calls(Connection& connection, domain::Entitlement& row, std::uint32_t from) {
    auto cursor = look_up(connection, sql::kFindUnsettledCalls, row.tenant.text(), row.id.text(),
                          std::int64_t{from});
    if (!cursor) return std::unexpected{cursor.error()};
    auto calls = read_all<domain::Call>(*cursor);
    if (!calls) return std::unexpected{calls.error()};
    row.convergence.calls = std::move(*calls);
    return {};
}

}  // namespace

Result<std::optional<domain::Entitlement>> read_entitlement(Connection& connection,
                                                            Cursor& cursor) {
    const auto more = cursor.next();
    if (!more) return std::unexpected{more.error()};
    if (!*more) return std::nullopt;
    domain::Entitlement row;
    std::uint32_t unsettled_from = 0;
    if (!read_row(cursor, row, unsettled_from)) return std::unexpected{damaged_row()};
    if (unsettled_from == 0) return row;
    // The row's statement is not done yet, so both see one state of the store.
    if (const auto added = add_calls(connection, row, unsettled_from); !added) {
        return std::unexpected{added.error()};
    }
    return row;
}

Result<std::vector<domain::Entitlement>> read_entitlements(Connection& connection, Cursor& cursor) {
    std::vector<domain::Entitlement> rows;
    while (true) {
        auto row = read_entitlement(connection, cursor);
        if (!row) return std::unexpected{row.error()};
        if (!*row) return rows;
        rows.push_back(std::move(**row));
    }
}

Result<std::vector<domain::Entitlement>> find_by_partner_id(
    Connection& connection, const domain::TenantId& tenant,
    const domain::PartnerEntitlementId& id) {
    std::vector<domain::Entitlement> rows;
    std::string merchant;
    while (true) {
        auto next = look_up(connection, sql::kFindNextHoldingMerchant, merchant);
        if (!next) return std::unexpected{next.error()};
        const auto more = next->next();
        if (!more) return std::unexpected{more.error()};
        if (!*more) return rows;
        merchant = next->text(0);
        auto cursor =
            look_up(connection, sql::kFindByPartnerId, merchant, id.text(), tenant.text());
        if (!cursor) return std::unexpected{cursor.error()};
        auto found = read_entitlements(connection, *cursor);
        if (!found) return std::unexpected{found.error()};
        std::ranges::move(*found, std::back_inserter(rows));
    }
}

Result<std::optional<domain::Entitlement>> find_entitlement(Connection& connection,
                                                            const domain::TenantId& tenant,
                                                            const domain::EntitlementId& id) {
    auto cursor = look_up(connection, sql::kFindEntitlement, tenant.text(), id.text());
    if (!cursor) return std::unexpected{cursor.error()};
    return read_entitlement(connection, *cursor);
}

Result<std::optional<domain::Product>> find_product(Connection& connection,
                                                    const domain::TenantId& tenant,
                                                    const domain::ProductId& id) {
    auto cursor = look_up(connection, sql::kFindProduct, tenant.text(), id.text());
    if (!cursor) return std::unexpected{cursor.error()};
    return read_one<domain::Product>(*cursor);
}

Result<std::optional<domain::Account>> find_account(Connection& connection,
                                                    const domain::TenantId& tenant,
                                                    const domain::AccountId& id) {
    auto cursor = look_up(connection, sql::kFindAccount, tenant.text(), id.text());
    if (!cursor) return std::unexpected{cursor.error()};
    return read_one<domain::Account>(*cursor);
}

}  // namespace usher::store::sqlite
