// What writer and readers both look up.
#pragma once

#include <optional>
#include <vector>

#include "domain/entitlement.h"
#include "flow/listing.h"
#include "store/sql/statements.h"
#include "store/sql/watch_statements.h"
#include "store/sqlite/rows.h"

namespace usher::store::sqlite {

// Failure::code of a row whose columns are not what they must be; no code of SQLite's.
inline constexpr int kDamagedRow = -1;

inline Failure damaged_row() {
    return {kDamagedRow, "a stored row cannot be read"};
}

// Binds `keys` to $1, $2, … of `sql`.
template <class... Keys>
Result<Cursor> look_up(Connection& connection, std::string_view sql, const Keys&... keys) {
    auto cursor = connection.prepare(sql);
    if (!cursor) return cursor;
    int last = 0;
    (cursor->bind(++last, keys), ...);
    return cursor;
}

// The row that the cursor stands before, if any.
template <class Row>
Result<std::optional<Row>> read_one(Cursor& cursor) {
    const auto more = cursor.next();
    if (!more) return std::unexpected{more.error()};
    if (!*more) return std::nullopt;
    Row row;
    if (!read_row(cursor, row)) return std::unexpected{damaged_row()};
    return row;
}

template <class Row>
Result<std::vector<Row>> read_all(Cursor& cursor) {
    std::vector<Row> rows;
    while (true) {
        auto row = read_one<Row>(cursor);
        if (!row) return std::unexpected{row.error()};
        if (!*row) return rows;
        rows.push_back(std::move(**row));
    }
}

// With its unsettled calls. Two statements: in a transaction, or a commit may come between.
Result<std::optional<domain::Entitlement>> read_entitlement(Connection& connection, Cursor& cursor);

// All that the cursor stands before.
Result<std::vector<domain::Entitlement>> read_entitlements(Connection& connection, Cursor& cursor);

// In one merchant after the other: there are few, and the index begins with them.
Result<std::vector<domain::Entitlement>> find_by_partner_id(Connection& connection,
                                                            const domain::TenantId& tenant,
                                                            const domain::PartnerEntitlementId& id);

// The total and the page are of the same moment.
Result<flow::ListPage> find_page(Connection& connection, const flow::ListQuery& query);

Result<std::optional<domain::Entitlement>> find_entitlement(Connection& connection,
                                                            const domain::TenantId& tenant,
                                                            const domain::EntitlementId& id);
Result<std::optional<domain::Product>> find_product(Connection& connection,
                                                    const domain::TenantId& tenant,
                                                    const domain::ProductId& id);
Result<std::optional<flow::KeptAnswer>> find_answer(Connection& connection,
                                                    const flow::IdempotencyKey& key);
Result<std::optional<domain::Account>> find_account(Connection& connection,
                                                    const domain::TenantId& tenant,
                                                    const domain::AccountId& id);

}  // namespace usher::store::sqlite
