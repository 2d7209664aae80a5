// A store that keeps the contract of flow::Store in a few maps, for the tests of flow.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "flow/fake_rows.h"
#include "flow/store.h"
#include "flow/test_names.h"

namespace usher::flow::test {

// Every decision runs twice, as the contract allows; the last one counts.
class FakeStore final : public Store, public FakeRows {
  public:
    explicit FakeStore(const base::Clock& clock) : clock_{clock} {}

    int counted = 0;                    // how often it was asked for the backlog
    std::optional<StoreError> error;    // of the next submit, which then writes nothing
    std::function<void()> before_next;  // somebody is quicker than the next submit
    std::function<void()> after_next;   // likewise, before its answer is heard

    void submit(Command command, base::Completion<StoreResult<base::Time>> done) override {
        if (before_next) std::exchange(before_next, nullptr)();
        if (error) {
            done(std::unexpected{*std::exchange(error, std::nullopt)});
            return;
        }
        const auto found = read(command.wanted, clock_.now());
        command.decide(found);
        const auto writes = command.decide(found);
        if (!apply(writes)) {
            done(std::unexpected{StoreError::contended});
            return;
        }
        if (after_next) std::exchange(after_next, nullptr)();
        done(found.now);
    }

    base::Task<StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) override {
        co_return find(rows, Key{tenant, id});
    }
    base::Task<StoreResult<std::optional<domain::Product>>> find_product(
        domain::TenantId, domain::ProductId id) override {
        co_return find(products, id);
    }
    base::Task<StoreResult<std::optional<domain::Account>>> find_account(
        domain::TenantId, domain::AccountId id) override {
        co_return find(accounts, id);
    }
    base::Task<StoreResult<std::vector<domain::Account>>> cascades_due(base::Time until,
                                                                       std::size_t) override {
        std::vector<domain::Account> due;
        for (const auto& [id, account] : accounts) {
            const auto& cascade = account.cascade;
            if (cascade && cascade->due_at && *cascade->due_at <= until) due.push_back(account);
        }
        co_return due;
    }
    base::Task<StoreResult<std::vector<domain::Product>>> products_after(
        domain::TenantId, domain::ProductId after, std::size_t limit) override {
        std::vector<domain::Product> found;
        for (auto at = products.upper_bound(after); at != products.end() && found.size() < limit;
             ++at) {
            found.push_back(at->second);
        }
        co_return found;
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> live_of_account(
        domain::TenantId tenant, domain::AccountId account, std::size_t limit) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.account == account && row.occupies;
            },
            limit);
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> find_by_partner_id(
        domain::TenantId tenant, domain::PartnerEntitlementId id) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.partner_id == id;
            },
            rows.size());
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> held_at(
        domain::TenantId tenant, domain::MerchantId merchant,
        std::vector<domain::PartnerEntitlementId> ids) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.merchant == merchant &&
                       std::ranges::find(ids, row.partner_id) != ids.end();
            },
            rows.size());
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> entitlements_after(
        domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) { return row.tenant == tenant && row.id > after; },
            limit);
    }
    base::Task<StoreResult<std::vector<Comparison>>> latest_comparisons(domain::TenantId) override {
        co_return comparisons;
    }
    base::Task<StoreResult<ListPage>> list(ListQuery query) override {
        ListPage page;
        for (const auto& [key, row] : rows) {
            const bool is_meant =
                key.first == query.tenant && !row.deleted_at && matches(query.where, row);
            if (!is_meant) continue;
            ++page.total;
            if (query.behind && !matches(*query.behind, row)) continue;
            if (page.rows.size() < query.limit) page.rows.push_back(row);
        }
        co_return page;
    }
    base::Task<StoreResult<CallPage>> calls_of(domain::TenantId, domain::EntitlementId) override {
        co_return CallPage{.calls = answered};
    }
    base::Task<StoreResult<std::vector<domain::Event>>> history_of(domain::TenantId,
                                                                   domain::EntitlementId,
                                                                   std::size_t) override {
        co_return events;
    }
    base::Task<StoreResult<std::vector<domain::Event>>> feed(domain::TenantId, std::int64_t after,
                                                             std::size_t limit) override {
        std::vector<domain::Event> found;
        for (const auto& event : events) {
            if (event.position > after && found.size() < limit) found.push_back(event);
        }
        co_return found;
    }
    base::Task<StoreResult<DueList>> due(std::size_t, std::vector<Route>) override {
        co_return DueList{};
    }
    base::Task<StoreResult<SweepStanding>> sweep_of(domain::TenantId, bool) override {
        co_return SweepStanding{.sweep = sweep, .entitlements = rows.size()};
    }
    base::Task<StoreResult<std::vector<SweepStop>>> sweep_stops(domain::TenantId tenant,
                                                                domain::EntitlementId after,
                                                                std::size_t limit) override {
        std::vector<SweepStop> stops;
        for (auto at = rows.upper_bound({tenant, after}); at != rows.end() && stops.size() < limit;
             ++at) {
            stops.push_back(
                {at->second.id, at->second.convergence.partner_status, at->second.due_at});
        }
        co_return stops;
    }
    base::Task<StoreResult<std::vector<Unsettled>>> unsettled(domain::TenantId,
                                                              domain::EntitlementId,
                                                              std::optional<domain::Problem>,
                                                              std::size_t) override {
        co_return std::vector<Unsettled>{};
    }
    base::Task<StoreResult<std::vector<domain::Product>>> products_by_key(
        domain::TenantId, domain::MerchantId merchant, domain::ProductKey key,
        std::size_t limit) override {
        std::vector<domain::Product> fitting;
        for (const auto& [id, product] : products) {
            const bool fits = product.merchant == merchant && product.product_key == key;
            if (fits && fitting.size() < limit) fitting.push_back(product);
        }
        co_return fitting;
    }
    base::Task<StoreResult<std::vector<SubTenant>>> sub_tenants() override {
        std::vector<SubTenant> all;
        for (const auto& [id, tenant] : added) all.push_back(tenant);
        co_return all;
    }
    base::Task<StoreResult<std::optional<Bulk>>> find_bulk(domain::TenantId,
                                                           std::string id) override {
        co_return find(bulk_rows, id);
    }
    base::Task<StoreResult<std::vector<Bulk>>> bulks(domain::TenantId, std::size_t limit) override {
        std::vector<Bulk> newest;
        for (auto at = bulk_rows.rbegin(); at != bulk_rows.rend() && newest.size() < limit; ++at) {
            newest.push_back(at->second);
        }
        co_return newest;
    }
    base::Task<StoreResult<std::vector<TenantChange>>> tenant_changes(domain::TenantId,
                                                                      std::size_t) override {
        co_return tenant_changes_made;
    }
    base::Task<StoreResult<std::optional<KeptAnswer>>> find_answer(IdempotencyKey key) override {
        co_return find(answers, key);
    }
    base::Task<StoreResult<std::vector<domain::TenantId>>> answers_due(base::Time until,
                                                                       std::size_t) override {
        std::vector<domain::TenantId> tenants;
        for (const auto& [key, kept] : answers) {
            if (due_to_go(kept) <= until && (tenants.empty() || tenants.back() != key.tenant)) {
                tenants.push_back(key.tenant);
            }
        }
        co_return tenants;
    }
    base::Task<StoreResult<std::vector<KeptReport>>> reports(domain::TenantId,
                                                             domain::EntitlementId entitlement,
                                                             std::size_t) override {
        co_return kept_of(entitlement);
    }
    base::Task<StoreResult<std::vector<Hold>>> holds() override { co_return in_force; }
    base::Task<StoreResult<std::vector<ActionPin>>> pins() override { co_return pinned; }
    base::Task<StoreResult<std::vector<BacklogPart>>> backlog(base::Time) override {
        ++counted;
        co_return waiting;
    }
    std::expected<void, std::string> takes_writes;
    std::expected<void, std::string> writable() const override { return takes_writes; }

    const domain::Entitlement& row(const domain::EntitlementId& id = kEntitlement) const {
        return rows.at({kTenant, id});
    }
    domain::Entitlement& row(const domain::EntitlementId& id = kEntitlement) {
        return rows.at({kTenant, id});
    }

  private:
    template <class Holds>
    std::vector<domain::Entitlement> rows_where(Holds holds, std::size_t limit) const {
        std::vector<domain::Entitlement> found;
        for (const auto& [key, row] : rows) {
            if (holds(row) && found.size() < limit) found.push_back(row);
        }
        return found;
    }

    const base::Clock& clock_;
};

}  // namespace usher::flow::test
