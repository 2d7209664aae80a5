#include "store/sqlite/queries.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "store/sql/answer_statements.h"
#include "store/sql/listing.h"
#include "store/sqlite/columns.h"

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

Result<std::optional<flow::KeptAnswer>> find_answer(Connection& connection,
                                                    const flow::IdempotencyKey& key) {
    auto cursor = look_up(connection, sql::kFindAnswer, key.tenant.text(), key.subject, key.key);
    if (!cursor) return std::unexpected{cursor.error()};
    return read_one<flow::KeptAnswer>(*cursor);
}

namespace {

Result<Connection::Once> ask_once(Connection& connection, const sql::Compiled& compiled) {
    auto cursor = connection.prepare_once(compiled.text);
    if (!cursor) return cursor;
    Binder bind{**cursor};
    for (const auto& value : compiled.values) std::visit(bind, value);
    return cursor;
}

Result<std::uint64_t> count(Connection& connection, const sql::Compiled& compiled) {
    auto cursor = ask_once(connection, compiled);
    if (!cursor) return std::unexpected{cursor.error()};
    const auto more = (*cursor)->next();
    if (!more) return std::unexpected{more.error()};
    return static_cast<std::uint64_t>((*cursor)->integer(0));
}

Result<flow::ListPage> read_page(Connection& connection, const flow::ListQuery& query) {
    if (!flow::wants_everything(query)) {
        const auto cost = count(connection, sql::list_cost(query));
        if (!cost) return std::unexpected{cost.error()};
        if (*cost > query.scan_limit) return flow::ListPage{.too_broad = true};
    }
    flow::ListPage page;
    const auto total = count(connection, sql::list_total(query));
    if (!total) return std::unexpected{total.error()};
    page.total = *total;
    if (query.limit == 0) return page;
    auto cursor = ask_once(connection, sql::list_page(query));
    if (!cursor) return std::unexpected{cursor.error()};
    auto rows = read_entitlements(connection, **cursor);
    if (!rows) return std::unexpected{rows.error()};
    page.rows = std::move(*rows);
    return page;
}

}  // namespace

Result<flow::ListPage> find_page(Connection& connection, const flow::ListQuery& query) {
    if (connection.in_transaction()) return read_page(connection, query);
    if (auto begun = connection.execute("BEGIN"); !begun) return std::unexpected{begun.error()};
    auto page = read_page(connection, query);
    connection.rollback();
    return page;
}

}  // namespace usher::store::sqlite
