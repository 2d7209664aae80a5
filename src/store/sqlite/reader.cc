#include <utility>

#include <sqlite3.h>

#include "base/log.h"
#include "base/planted.h"
#include "store/reading.h"
#include "store/sql/answer_statements.h"
#include "store/sql/bulk_statements.h"
#include "store/sql/comparison_statements.h"
#include "store/sql/report_statements.h"
#include "store/sql/tenant_statements.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/open.h"
#include "store/sqlite/queries.h"

namespace usher::store::sqlite {

namespace {

std::int64_t micros(base::Time time) {
    return base::to_micros(time);
}

Result<std::optional<flow::Route>> read_route(Result<Cursor> cursor) {
    if (!cursor) return std::unexpected{cursor.error()};
    const auto more = cursor->next();
    if (!more) return std::unexpected{more.error()};
    if (!*more) return std::nullopt;
    return flow::Route{domain::TenantId{cursor->text(0)}, domain::MerchantId{cursor->text(1)}};
}

// All else may pass: a lock, too few descriptors, a disk that does not answer.
bool is_damage(const Failure& failure) {
    const int kind = failure.code & 0xff;
    return failure.code == kDamagedRow || failure.code == SQLITE_IOERR_DATA ||
           kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

}  // namespace

SqliteReader::SqliteReader(std::shared_ptr<Shared> shared, Sees sees)
    : shared_{std::move(shared)}, sees_{sees} {
    (void)open();
}

void SqliteReader::rest() {
    if (connection_) connection_->rollback();
}

Result<> SqliteReader::open() {
    const int opened = shared_->opened;
    auto made = open_reader(shared_->path, shared_->options);
    if (!made) return std::unexpected{made.error()};
    connection_ = std::move(*made);
    opened_ = opened;
    return {};
}

Result<> SqliteReader::begin() {
    auto cursor = look_up(*connection_, "BEGIN");
    if (!cursor) return std::unexpected{cursor.error()};
    return cursor->run();
}

template <class T, class Ask>
ReadEngine::Answer<T> SqliteReader::ask(Ask question) {
    if (shared_->opened != opened_) connection_.reset();
    Result<> ready;
    if (!connection_) ready = open();
    if (ready && sees_ == Sees::what_was_until_rest && !connection_->in_transaction()) {
        ready = begin();
    }
    auto answer = ready ? question(*connection_) : Result<T>{std::unexpected{ready.error()}};
    if (answer) return std::move(*answer);
    base::log(base::LogLevel::error, "store_read_failed",
              {{"reason", sentence_for(answer.error(), shared_->path)}});
    if (answer.error().code != kDamagedRow) connection_.reset();
    return std::unexpected{is_damage(answer.error()) ? flow::StoreError::damaged
                                                     : flow::StoreError::overloaded};
}

ReadEngine::Answer<std::optional<domain::Entitlement>> SqliteReader::entitlement(
    const domain::TenantId& tenant, const domain::EntitlementId& id) {
    return ask<std::optional<domain::Entitlement>>(
        [&](Connection& connection) -> Result<std::optional<domain::Entitlement>> {
            if (!base::planted(base::Planted::lookup_without_tenant)) {
                return find_entitlement(connection, tenant, id);
            }
            auto cursor =
                look_up(connection, sql::kFindEntitlementAnywhere, tenant.text(), id.text());
            if (!cursor) return std::unexpected{cursor.error()};
            return read_entitlement(connection, *cursor);
        });
}

ReadEngine::Answer<std::optional<domain::Product>> SqliteReader::product(
    const domain::TenantId& tenant, const domain::ProductId& id) {
    return ask<std::optional<domain::Product>>(
        [&](Connection& connection) { return find_product(connection, tenant, id); });
}

ReadEngine::Answer<std::optional<domain::Account>> SqliteReader::account(
    const domain::TenantId& tenant, const domain::AccountId& id) {
    return ask<std::optional<domain::Account>>(
        [&](Connection& connection) { return find_account(connection, tenant, id); });
}

ReadEngine::Answer<std::vector<domain::Account>> SqliteReader::cascades_due(base::Time until,
                                                                            std::size_t limit) {
    return ask<std::vector<domain::Account>>(
        [&](Connection& connection) -> Result<std::vector<domain::Account>> {
            auto cursor = look_up(connection, sql::kFindCascadesDue, base::to_micros(until),
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<domain::Account>(*cursor);
        });
}

ReadEngine::Answer<std::vector<domain::Product>> SqliteReader::products_after(
    const domain::TenantId& tenant, const domain::ProductId& after, std::size_t limit) {
    return ask<std::vector<domain::Product>>(
        [&](Connection& connection) -> Result<std::vector<domain::Product>> {
            auto cursor = look_up(connection, sql::kFindProductsAfter, tenant.text(), after.text(),
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<domain::Product>(*cursor);
        });
}

ReadEngine::Answer<std::vector<domain::Entitlement>> SqliteReader::live_of_account(
    const domain::TenantId& tenant, const domain::AccountId& account, std::size_t limit) {
    return ask<std::vector<domain::Entitlement>>(
        [&](Connection& connection) -> Result<std::vector<domain::Entitlement>> {
            auto cursor = look_up(connection, sql::kFindLiveOfAccount, tenant.text(),
                                  account.text(), static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_entitlements(connection, *cursor);
        });
}

ReadEngine::Answer<std::vector<domain::Entitlement>> SqliteReader::by_partner_id(
    const domain::TenantId& tenant, const domain::PartnerEntitlementId& id) {
    return ask<std::vector<domain::Entitlement>>(
        [&](Connection& connection) { return find_by_partner_id(connection, tenant, id); });
}

ReadEngine::Answer<std::vector<domain::Entitlement>> SqliteReader::held_at(
    const domain::TenantId& tenant, const domain::MerchantId& merchant,
    const std::vector<domain::PartnerEntitlementId>& ids) {
    return ask<std::vector<domain::Entitlement>>(
        [&](Connection& connection) -> Result<std::vector<domain::Entitlement>> {
            std::vector<domain::Entitlement> rows;
            for (const auto& id : ids) {
                auto cursor = look_up(connection, sql::kFindByPartnerId, merchant.text(), id.text(),
                                      tenant.text());
                if (!cursor) return std::unexpected{cursor.error()};
                auto row = read_entitlement(connection, *cursor);
                if (!row) return std::unexpected{row.error()};
                if (*row) rows.push_back(std::move(**row));
            }
            return rows;
        });
}

ReadEngine::Answer<flow::ListPage> SqliteReader::list(const flow::ListQuery& query) {
    return ask<flow::ListPage>(
        [&](Connection& connection) { return find_page(connection, query); });
}

ReadEngine::Answer<std::vector<domain::Entitlement>> SqliteReader::entitlements_after(
    const domain::TenantId& tenant, const domain::EntitlementId& after, std::size_t limit) {
    return ask<std::vector<domain::Entitlement>>(
        [&](Connection& connection) -> Result<std::vector<domain::Entitlement>> {
            auto cursor = look_up(connection, sql::kFindEntitlementsAfter, tenant.text(),
                                  after.text(), static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_entitlements(connection, *cursor);
        });
}

ReadEngine::Answer<std::vector<domain::Call>> SqliteReader::calls(const domain::TenantId& tenant,
                                                                  const domain::EntitlementId& id) {
    return ask<std::vector<domain::Call>>(
        [&](Connection& connection) -> Result<std::vector<domain::Call>> {
            auto cursor = look_up(connection, sql::kFindCalls, tenant.text(), id.text());
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<domain::Call>(*cursor);
        });
}

ReadEngine::Answer<std::int64_t> SqliteReader::last_position(const domain::TenantId& tenant,
                                                             const domain::EntitlementId& id) {
    return ask<std::int64_t>([&](Connection& connection) -> Result<std::int64_t> {
        auto cursor = look_up(connection, sql::kFindLastPosition, tenant.text(), id.text());
        if (!cursor) return std::unexpected{cursor.error()};
        const auto more = cursor->next();
        if (!more) return std::unexpected{more.error()};
        return *more ? cursor->integer(0) : 0;
    });
}

ReadEngine::Answer<std::vector<domain::Event>> SqliteReader::feed(const domain::TenantId& tenant,
                                                                  std::int64_t after,
                                                                  std::size_t limit) {
    return ask<std::vector<domain::Event>>(
        [&](Connection& connection) -> Result<std::vector<domain::Event>> {
            auto cursor = look_up(connection, sql::kFindFeed, tenant.text(), after,
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<domain::Event>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::Route>> SqliteReader::routes() {
    return ask<std::vector<flow::Route>>(
        [](Connection& connection) -> Result<std::vector<flow::Route>> {
            std::vector<flow::Route> routes;
            flow::Route last;
            while (true) {
                auto next = read_route(look_up(connection, sql::kFindNextMerchant,
                                               last.tenant.text(), last.merchant.text()));
                if (next && !*next) {
                    next =
                        read_route(look_up(connection, sql::kFindNextTenant, last.tenant.text()));
                }
                if (!next) return std::unexpected{next.error()};
                if (!*next) return routes;
                last = **next;
                routes.push_back(last);
            }
        });
}

ReadEngine::Answer<std::vector<flow::Due>> SqliteReader::due_in(
    const flow::Route& route, base::Time now, const std::optional<flow::Due>& after,
    std::size_t limit) {
    return ask<std::vector<flow::Due>>(
        [&](Connection& connection) -> Result<std::vector<flow::Due>> {
            const auto start = after ? *after : flow::Due{.due_at = base::Time::min()};
            auto cursor = look_up(connection, sql::kFindDue, route.tenant.text(),
                                  route.merchant.text(), micros(now), micros(start.due_at),
                                  start.entitlement.text(), static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            std::vector<flow::Due> due;
            while (true) {
                const auto more = cursor->next();
                if (!more) return std::unexpected{more.error()};
                if (!*more) return due;
                due.push_back({route.tenant, domain::EntitlementId{cursor->text(0)},
                               base::from_micros(cursor->integer(1)), route.merchant});
            }
        });
}

ReadEngine::Answer<std::optional<base::Time>> SqliteReader::next_in(const flow::Route& route,
                                                                    base::Time now) {
    return ask<std::optional<base::Time>>(
        [&](Connection& connection) -> Result<std::optional<base::Time>> {
            auto cursor = look_up(connection, sql::kFindNextDue, route.tenant.text(),
                                  route.merchant.text(), micros(now));
            if (!cursor) return std::unexpected{cursor.error()};
            const auto more = cursor->next();
            if (!more) return std::unexpected{more.error()};
            if (!*more) return std::nullopt;
            return base::from_micros(cursor->integer(0));
        });
}

ReadEngine::Answer<flow::SweepStanding> SqliteReader::sweep_of(const domain::TenantId& tenant,
                                                               bool count) {
    return ask<flow::SweepStanding>([&](Connection& connection) -> Result<flow::SweepStanding> {
        flow::SweepStanding standing;
        auto cursor = look_up(connection, sql::kFindSweep, tenant.text());
        if (!cursor) return std::unexpected{cursor.error()};
        auto sweep = read_one<flow::Sweep>(*cursor);
        if (!sweep) return std::unexpected{sweep.error()};
        standing.sweep = std::move(*sweep);
        if (!count) return standing;
        auto counting = look_up(connection, sql::kCountEntitlements, tenant.text());
        if (!counting) return std::unexpected{counting.error()};
        if (const auto more = counting->next(); !more) return std::unexpected{more.error()};
        standing.entitlements = static_cast<std::uint64_t>(counting->integer(0));
        return standing;
    });
}

ReadEngine::Answer<std::vector<flow::SweepStop>> SqliteReader::sweep_stops(
    const domain::TenantId& tenant, const domain::EntitlementId& after, std::size_t limit) {
    return ask<std::vector<flow::SweepStop>>(
        [&](Connection& connection) -> Result<std::vector<flow::SweepStop>> {
            auto cursor = look_up(connection, sql::kFindSweepStops, tenant.text(), after.text(),
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::SweepStop>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::Unsettled>> SqliteReader::unsettled(
    const domain::TenantId& tenant, const domain::EntitlementId& after,
    std::optional<domain::Problem> problem, std::size_t limit) {
    return ask<std::vector<flow::Unsettled>>(
        [&](Connection& connection) -> Result<std::vector<flow::Unsettled>> {
            auto cursor = look_up(connection, sql::kFindUnsettled, tenant.text(), after.text(),
                                  std::int64_t{problem.has_value()},
                                  problem ? domain::to_text(*problem) : std::string_view{},
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::Unsettled>(*cursor);
        });
}

ReadEngine::Answer<std::vector<domain::Product>> SqliteReader::products_by_key(
    const domain::TenantId& tenant, const domain::MerchantId& merchant,
    const domain::ProductKey& key, std::size_t limit) {
    return ask<std::vector<domain::Product>>(
        [&](Connection& connection) -> Result<std::vector<domain::Product>> {
            auto cursor = look_up(connection, sql::kFindProductsByKey, tenant.text(),
                                  merchant.text(), key.text(), static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<domain::Product>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::KeptReport>> SqliteReader::reports(
    const domain::TenantId& tenant, const domain::EntitlementId& entitlement, std::size_t limit) {
    return ask<std::vector<flow::KeptReport>>(
        [&](Connection& connection) -> Result<std::vector<flow::KeptReport>> {
            auto cursor = look_up(connection, sql::kFindReports, tenant.text(), entitlement.text(),
                                  static_cast<std::int64_t>(limit));
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::KeptReport>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::SubTenant>> SqliteReader::sub_tenants() {
    using Tenants = std::vector<flow::SubTenant>;
    return ask<Tenants>([](Connection& connection) -> Result<Tenants> {
        auto cursor = look_up(connection, sql::kFindSubTenants);
        if (!cursor) return std::unexpected{cursor.error()};
        return read_all<flow::SubTenant>(*cursor);
    });
}

ReadEngine::Answer<std::optional<flow::Bulk>> SqliteReader::bulk(const domain::TenantId& tenant,
                                                                 const std::string& id) {
    return ask<std::optional<flow::Bulk>>(
        [&](Connection& connection) -> Result<std::optional<flow::Bulk>> {
            auto cursor = look_up(connection, sql::kFindBulk, tenant.text(), id);
            if (!cursor) return std::unexpected{cursor.error()};
            return read_one<flow::Bulk>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::Bulk>> SqliteReader::bulks(const domain::TenantId& tenant,
                                                                std::size_t limit) {
    using Bulks = std::vector<flow::Bulk>;
    return ask<Bulks>([&](Connection& connection) -> Result<Bulks> {
        auto cursor =
            look_up(connection, sql::kFindBulks, tenant.text(), static_cast<std::int64_t>(limit));
        if (!cursor) return std::unexpected{cursor.error()};
        return read_all<flow::Bulk>(*cursor);
    });
}

ReadEngine::Answer<std::vector<flow::TenantChange>> SqliteReader::tenant_changes(
    const domain::TenantId& tenant, std::size_t limit) {
    using Changes = std::vector<flow::TenantChange>;
    return ask<Changes>([&](Connection& connection) -> Result<Changes> {
        auto cursor = look_up(connection, sql::kFindTenantChanges, tenant.text(),
                              static_cast<std::int64_t>(limit));
        if (!cursor) return std::unexpected{cursor.error()};
        return read_all<flow::TenantChange>(*cursor);
    });
}

ReadEngine::Answer<std::optional<flow::KeptAnswer>> SqliteReader::kept_answer(
    const flow::IdempotencyKey& key) {
    return ask<std::optional<flow::KeptAnswer>>(
        [&](Connection& connection) { return find_answer(connection, key); });
}

ReadEngine::Answer<std::vector<domain::TenantId>> SqliteReader::answers_due(base::Time until,
                                                                            std::size_t limit) {
    using Tenants = std::vector<domain::TenantId>;
    return ask<Tenants>([&](Connection& connection) -> Result<Tenants> {
        auto cursor =
            look_up(connection, sql::kFindTenantsWithAnswersDue,
                    std::int64_t{base::to_micros(until)}, static_cast<std::int64_t>(limit));
        if (!cursor) return std::unexpected{cursor.error()};
        Tenants tenants;
        while (true) {
            const auto more = cursor->next();
            if (!more) return std::unexpected{more.error()};
            if (!*more) return tenants;
            tenants.emplace_back(cursor->text(0));
        }
    });
}

ReadEngine::Answer<std::vector<flow::Hold>> SqliteReader::holds() {
    return ask<std::vector<flow::Hold>>(
        [](Connection& connection) -> Result<std::vector<flow::Hold>> {
            auto cursor = look_up(connection, sql::kFindHolds);
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::Hold>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::Comparison>> SqliteReader::latest_comparisons(
    const domain::TenantId& tenant) {
    return ask<std::vector<flow::Comparison>>(
        [&](Connection& connection) -> Result<std::vector<flow::Comparison>> {
            auto cursor = look_up(connection, sql::kFindLatestComparisons, tenant.text());
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::Comparison>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::ActionPin>> SqliteReader::pins() {
    return ask<std::vector<flow::ActionPin>>(
        [](Connection& connection) -> Result<std::vector<flow::ActionPin>> {
            auto cursor = look_up(connection, sql::kFindPins);
            if (!cursor) return std::unexpected{cursor.error()};
            return read_all<flow::ActionPin>(*cursor);
        });
}

ReadEngine::Answer<std::vector<flow::BacklogPart>> SqliteReader::backlog_of(
    const flow::Route& route, base::Time now, base::Time long_ago) {
    using Parts = std::vector<flow::BacklogPart>;
    return ask<Parts>([&](Connection& connection) -> Result<Parts> {
        auto cursor =
            look_up(connection, sql::kFindBacklog, route.tenant.text(), route.merchant.text());
        if (!cursor) return std::unexpected{cursor.error()};
        Parts parts;
        while (true) {
            const auto one = read_one<Waiting>(*cursor);
            if (!one) return std::unexpected{one.error()};
            if (!*one) return parts;
            const auto& row = **one;
            count_in(parts,
                     {.tenant = route.tenant,
                      .merchant = route.merchant,
                      .problem = row.problem,
                      .due = row.due_at <= now,
                      .claimed = row.lease_until && *row.lease_until > now},
                     row.since, long_ago);
        }
    });
}

}  // namespace usher::store::sqlite
