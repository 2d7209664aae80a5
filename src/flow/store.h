// What flow asks of a store. One verb writes: submit(Command). No open transaction crosses this
// port, so every engine is free to group, retry and split. Thread-safe; answers are posted, never
// inline.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/suspend.h"
#include "base/task.h"
#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/command.h"
#include "flow/comparison.h"
#include "flow/kept_answer.h"
#include "flow/kept_report.h"
#include "flow/listing.h"
#include "flow/sub_tenant.h"
#include "flow/watch_over.h"

namespace usher::flow {

enum class StoreError {
    not_writable,  // full, read-only, failing: nothing was recorded
    unconfirmed,   // the commit's outcome is unknown: repeating is safe
    overloaded,    // the queue is full or too old: nothing was recorded
    contended,     // every retry met a concurrent change: nothing was recorded
    damaged,       // what is stored cannot be read
    closed,        // shutting down: nothing was recorded
};

std::string_view to_text(StoreError error);

struct Due {
    domain::TenantId tenant;
    domain::EntitlementId entitlement;
    base::Time due_at;
    domain::MerchantId merchant;
};

struct DueList {
    std::vector<Due> due;            // at `now` or before, oldest first within each tenant
    std::optional<base::Time> next;  // the earliest that is not due yet
    base::Time now;                  // by the store's clock
};

// A way to the partner that may be left out of the work list while it is in trouble.
struct Route {
    domain::TenantId tenant;
    domain::MerchantId merchant;
    auto operator<=>(const Route&) const = default;
};

struct CallPage {
    std::vector<domain::Call> calls;  // every call of an entitlement, oldest first
};

template <class T>
using StoreResult = std::expected<T, StoreError>;

class Store {
  public:
    virtual ~Store() = default;

    // Completes after the commit is durable, or with the error. The answer says what time the store
    // decided by.
    virtual void submit(Command command, base::Completion<StoreResult<base::Time>> done) = 0;

    virtual base::Task<StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) = 0;
    virtual base::Task<StoreResult<std::optional<domain::Product>>> find_product(
        domain::TenantId tenant, domain::ProductId id) = 0;
    virtual base::Task<StoreResult<std::optional<domain::Account>>> find_account(
        domain::TenantId tenant, domain::AccountId id) = 0;

    // The tenant's products that are this one at the merchant, by their ids.
    virtual base::Task<StoreResult<std::vector<domain::Product>>> products_by_key(
        domain::TenantId tenant, domain::MerchantId merchant, domain::ProductKey key,
        std::size_t limit) = 0;

    // Of every tenant: at most `limit` whose cascade is to go on at `until` or before, the longest
    // due first.
    virtual base::Task<StoreResult<std::vector<domain::Account>>> cascades_due(
        base::Time until, std::size_t limit) = 0;
    // At most `limit` of the tenant's behind `after`, in the order of their ids.
    virtual base::Task<StoreResult<std::vector<domain::Product>>> products_after(
        domain::TenantId tenant, domain::ProductId after, std::size_t limit) = 0;

    // An account's live entitlements, those that count as its one to a product; by product, at most
    // `limit`. Ended ones are found by their id alone.
    virtual base::Task<StoreResult<std::vector<domain::Entitlement>>> live_of_account(
        domain::TenantId tenant, domain::AccountId account, std::size_t limit) = 0;
    // The tenant's that carry this id at the partner: one for each merchant at most.
    virtual base::Task<StoreResult<std::vector<domain::Entitlement>>> find_by_partner_id(
        domain::TenantId tenant, domain::PartnerEntitlementId id) = 0;

    // The tenant's that one of these ids at the merchant belongs to, in no order.
    virtual base::Task<StoreResult<std::vector<domain::Entitlement>>> held_at(
        domain::TenantId tenant, domain::MerchantId merchant,
        std::vector<domain::PartnerEntitlementId> ids) = 0;
    // At most `limit` of the tenant's behind `after`, of any status, in the order of their ids.
    virtual base::Task<StoreResult<std::vector<domain::Entitlement>>> entitlements_after(
        domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) = 0;

    // Answered apart from the questions about one row: a list may take long.
    virtual base::Task<StoreResult<ListPage>> list(ListQuery query) = 0;

    // Every call ever made for it, and its history, oldest first.
    virtual base::Task<StoreResult<CallPage>> calls_of(domain::TenantId tenant,
                                                       domain::EntitlementId id) = 0;
    virtual base::Task<StoreResult<std::vector<domain::Event>>> history_of(domain::TenantId tenant,
                                                                           domain::EntitlementId id,
                                                                           std::size_t limit) = 0;

    // A tenant's feed in commit order, without gaps: positions after `after`.
    virtual base::Task<StoreResult<std::vector<domain::Event>>> feed(domain::TenantId tenant,
                                                                     std::int64_t after,
                                                                     std::size_t limit) = 0;

    // The work list: at most `limit` due entitlements, round-robin over tenants, without those
    // whose tenant and merchant are left out (an empty name stands for all).
    virtual base::Task<StoreResult<DueList>> due(std::size_t limit,
                                                 std::vector<Route> left_out) = 0;

    // How far a tenant's sweep has come; `count` also counts its entitlements, which costs a look
    // at an index of all of them.
    virtual base::Task<StoreResult<SweepStanding>> sweep_of(domain::TenantId tenant,
                                                            bool count) = 0;
    // At most `limit` of a tenant's entitlements behind `after`, in the order of their ids.
    virtual base::Task<StoreResult<std::vector<SweepStop>>> sweep_stops(domain::TenantId tenant,
                                                                        domain::EntitlementId after,
                                                                        std::size_t limit) = 0;

    // What is not settled behind `after`, in the order of their ids: at most `limit`, those with
    // this problem alone when one is given. Costs a look at everything there is work for.
    virtual base::Task<StoreResult<std::vector<Unsettled>>> unsettled(
        domain::TenantId tenant, domain::EntitlementId after,
        std::optional<domain::Problem> problem, std::size_t limit) = 0;

    // What the partner reported about one entitlement, or about none (an empty id), the newest
    // first.
    virtual base::Task<StoreResult<std::vector<KeptReport>>> reports(
        domain::TenantId tenant, domain::EntitlementId entitlement, std::size_t limit) = 0;
    virtual base::Task<StoreResult<std::optional<KeptAnswer>>> find_answer(IdempotencyKey key) = 0;
    // At most `limit` tenants of whose answers something is due to go at `until` or before.
    virtual base::Task<StoreResult<std::vector<domain::TenantId>>> answers_due(
        base::Time until, std::size_t limit) = 0;

    // All that were added while Usher runs, by their ids, and what was changed about one.
    virtual base::Task<StoreResult<std::vector<SubTenant>>> sub_tenants() = 0;
    virtual base::Task<StoreResult<std::vector<TenantChange>>> tenant_changes(
        domain::TenantId tenant, std::size_t limit) = 0;

    virtual base::Task<StoreResult<std::optional<Bulk>>> find_bulk(domain::TenantId tenant,
                                                                   std::string id) = 0;
    // At most `limit` of the tenant's, the newest first.
    virtual base::Task<StoreResult<std::vector<Bulk>>> bulks(domain::TenantId tenant,
                                                             std::size_t limit) = 0;

    // How much is not settled, of every tenant, merchant by merchant; `long_ago`: since then or
    // before. Costs a look at everything there is work for, so it is asked seldom.
    virtual base::Task<StoreResult<std::vector<BacklogPart>>> backlog(base::Time long_ago) = 0;

    // Those in force, of every tenant.
    virtual base::Task<StoreResult<std::vector<Hold>>> holds() = 0;
    virtual base::Task<StoreResult<std::vector<ActionPin>>> pins() = 0;

    // For each merchant of the tenant's that was compared, the newest without and the newest with
    // differences; in the order of merchants, the older of the two first.
    virtual base::Task<StoreResult<std::vector<Comparison>>> latest_comparisons(
        domain::TenantId tenant) = 0;

    // False with a sentence why, when it does not take writes.
    virtual std::expected<void, std::string> writable() const = 0;
};

// submit() as a coroutine with a typed answer: `decide` returns the writes and the answer.
template <class Answer, class Decide>
base::Task<StoreResult<Answer>> decide_in(Store& store, Wanted wanted, Decide decide) {
    auto answer = std::make_shared<std::optional<Answer>>();
    Command command{.wanted = std::move(wanted),
                    .decide = [answer, decide = std::move(decide)](const Rows& rows) {
                        auto [writes, value] = decide(rows);
                        *answer = std::move(value);
                        return std::move(writes);
                    }};
    const auto committed = co_await base::suspend<StoreResult<base::Time>>(
        [&store, command = std::move(command)](auto done) mutable {
            store.submit(std::move(command), std::move(done));
        });
    if (!committed) co_return std::unexpected{committed.error()};
    co_return std::move(**answer);
}

}  // namespace usher::flow
