// What the writer and the readers need of an engine. The rules that every engine shares (groups,
// retries, positions, fairness) are above this line, in writer, changes and due.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/store.h"

namespace usher::store {

enum class ReadProblem {
    damaged,  // this row cannot be read; others can
    ended,    // likewise, and the transaction is gone with it
    broken,   // the engine must be reopened
};

enum class Applied {
    done,
    conflict,  // a place or a name is taken; nothing of this command was written
    failed,    // this command cannot be written; the transaction must be rolled back
    broken,    // the engine must be reopened
};

enum class Commit {
    done,
    nothing,  // certainly nothing is recorded; the engine must be reopened
    unknown,  // all or nothing is recorded; the engine must be reopened
};

// Who is told, from any thread, that there is something to do beside the writer, and that it has
// come to an end; empty: nobody.
struct UpkeepEars {
    std::function<void()> wanted;
    std::function<void()> ended;
};

// One transaction at a time, by one thread at a time.
class WriteEngine {
  public:
    virtual ~WriteEngine() = default;

    virtual bool begin() = 0;  // false: broken
    virtual std::expected<flow::Rows, ReadProblem> read(const flow::Wanted& wanted,
                                                        base::Time now) = 0;
    virtual Applied apply(const flow::Wanted& wanted, const flow::Rows& rows,
                          const flow::Writes& writes) = 0;
    virtual void rollback() = 0;
    virtual Commit commit() = 0;

    // Between two groups: what keeps the engine within its limits. False: broken.
    virtual bool maintain() = 0;

    // What is done beside the writer, by another thread: as much as was wanted.
    virtual void run_upkeep() {}
    // Whether some of it has ended, so that maintain() should be called although there is no group.
    virtual bool upkeep_has_ended() const { return false; }
    virtual void tell_of_upkeep(const UpkeepEars&) {}

    // After anything was broken: nothing is written before this has succeeded. The error is a
    // sentence.
    virtual std::expected<void, std::string> reopen() = 0;

    // Why the last step was broken, for people.
    virtual std::string trouble() const = 0;

    // Whether what was opened is still where it was; a sentence when not. Thread-safe.
    virtual std::expected<void, std::string> present() const = 0;
};

// Committed rows only. By one thread at a time.
class ReadEngine {
  public:
    template <class T>
    using Answer = flow::StoreResult<T>;

    virtual ~ReadEngine() = default;

    // False while nothing can be read, because what it reads cannot be reached.
    virtual bool is_there() const { return true; }

    // Lets go of whatever it kept from one question to the next.
    virtual void rest() {}

    virtual Answer<std::optional<domain::Entitlement>> entitlement(
        const domain::TenantId& tenant, const domain::EntitlementId& id) = 0;
    virtual Answer<std::optional<domain::Product>> product(const domain::TenantId& tenant,
                                                           const domain::ProductId& id) = 0;
    virtual Answer<std::optional<domain::Account>> account(const domain::TenantId& tenant,
                                                           const domain::AccountId& id) = 0;
    virtual Answer<std::vector<domain::Product>> products_by_key(const domain::TenantId& tenant,
                                                                 const domain::MerchantId& merchant,
                                                                 const domain::ProductKey& key,
                                                                 std::size_t limit) = 0;
    virtual Answer<std::vector<domain::Account>> cascades_due(base::Time until,
                                                              std::size_t limit) = 0;
    virtual Answer<std::vector<domain::Product>> products_after(const domain::TenantId& tenant,
                                                                const domain::ProductId& after,
                                                                std::size_t limit) = 0;
    virtual Answer<std::vector<domain::Entitlement>> live_of_account(
        const domain::TenantId& tenant, const domain::AccountId& account, std::size_t limit) = 0;
    virtual Answer<std::vector<domain::Entitlement>> by_partner_id(
        const domain::TenantId& tenant, const domain::PartnerEntitlementId& id) = 0;
    virtual Answer<std::vector<domain::Entitlement>> held_at(
        const domain::TenantId& tenant, const domain::MerchantId& merchant,
        const std::vector<domain::PartnerEntitlementId>& ids) = 0;
    virtual Answer<std::vector<domain::Entitlement>> entitlements_after(
        const domain::TenantId& tenant, const domain::EntitlementId& after, std::size_t limit) = 0;
    virtual Answer<flow::ListPage> list(const flow::ListQuery& query) = 0;
    virtual Answer<std::vector<domain::Call>> calls(const domain::TenantId& tenant,
                                                    const domain::EntitlementId& id) = 0;
    virtual Answer<std::int64_t> last_position(const domain::TenantId& tenant,
                                               const domain::EntitlementId& id) = 0;
    virtual Answer<std::vector<domain::Event>> feed(const domain::TenantId& tenant,
                                                    std::int64_t after, std::size_t limit) = 0;

    // Where there is work, whether due or not. The work of each is kept apart, so that the backlog
    // of one that is down never slows another.
    virtual Answer<std::vector<flow::Route>> routes() = 0;
    // At or before `now` and after `after`, oldest first.
    virtual Answer<std::vector<flow::Due>> due_in(const flow::Route& route, base::Time now,
                                                  const std::optional<flow::Due>& after,
                                                  std::size_t limit) = 0;
    virtual Answer<std::optional<base::Time>> next_in(const flow::Route& route, base::Time now) = 0;

    virtual Answer<flow::SweepStanding> sweep_of(const domain::TenantId& tenant, bool count) = 0;
    virtual Answer<std::vector<flow::SweepStop>> sweep_stops(const domain::TenantId& tenant,
                                                             const domain::EntitlementId& after,
                                                             std::size_t limit) = 0;
    virtual Answer<std::vector<flow::Unsettled>> unsettled(const domain::TenantId& tenant,
                                                           const domain::EntitlementId& after,
                                                           std::optional<domain::Problem> problem,
                                                           std::size_t limit) = 0;
    virtual Answer<std::vector<flow::KeptReport>> reports(const domain::TenantId& tenant,
                                                          const domain::EntitlementId& entitlement,
                                                          std::size_t limit) = 0;
    virtual Answer<std::vector<flow::Comparison>> latest_comparisons(
        const domain::TenantId& tenant) = 0;
    virtual Answer<std::optional<flow::KeptAnswer>> kept_answer(
        const flow::IdempotencyKey& key) = 0;
    virtual Answer<std::vector<domain::TenantId>> answers_due(base::Time until,
                                                              std::size_t limit) = 0;
    virtual Answer<std::vector<flow::SubTenant>> sub_tenants() = 0;
    virtual Answer<std::vector<flow::TenantChange>> tenant_changes(const domain::TenantId& tenant,
                                                                   std::size_t limit) = 0;
    virtual Answer<std::optional<flow::Bulk>> bulk(const domain::TenantId& tenant,
                                                   const std::string& id) = 0;
    // The newest first.
    virtual Answer<std::vector<flow::Bulk>> bulks(const domain::TenantId& tenant,
                                                  std::size_t limit) = 0;
    // Of one route, each kind once.
    virtual Answer<std::vector<flow::BacklogPart>> backlog_of(const flow::Route& route,
                                                              base::Time now,
                                                              base::Time long_ago) = 0;
    virtual Answer<std::vector<flow::Hold>> holds() = 0;
    virtual Answer<std::vector<flow::ActionPin>> pins() = 0;
};

}  // namespace usher::store
