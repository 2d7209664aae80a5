// Everything in memory, behind one mutex that a transaction holds from begin to commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "store/changes.h"
#include "store/engine.h"

namespace usher::store::memory {

using Key = std::pair<domain::TenantId, domain::EntitlementId>;
using HoldKey = std::tuple<domain::TenantId, domain::MerchantId, flow::HoldKind, base::Time>;
using ComparisonKey = std::tuple<domain::TenantId, domain::MerchantId, base::Time>;
using PinKey = std::tuple<domain::TenantId, domain::MerchantId, domain::ProductKey,
                          domain::PartnerAction, base::Time>;
using Place = std::tuple<domain::TenantId, domain::AccountId, domain::ProductId>;

// The rows and what is found by them.
struct State {
    std::mutex mutex;
    std::map<Key, domain::Entitlement> entitlements;
    std::map<Place, domain::EntitlementId> places;
    std::map<flow::PartnerKey, Key> holders;
    std::map<flow::Route, std::set<std::pair<base::Time, domain::EntitlementId>>> work;
    std::map<Key, std::map<std::uint32_t, domain::Call>> calls;
    std::map<domain::TenantId, std::vector<domain::Event>> feeds;  // position 1 first
    std::map<std::pair<domain::TenantId, domain::AccountId>, domain::Account> accounts;
    std::map<std::pair<domain::TenantId, domain::ProductId>, domain::Product> products;
    std::map<domain::TenantId, flow::Sweep> sweeps;
    std::map<HoldKey, flow::Hold> holds;
    std::map<Key, std::map<std::string, flow::KeptReport>> reports;  // by digest
    std::map<ComparisonKey, flow::Comparison> comparisons;
    std::map<PinKey, flow::ActionPin> pins;
    std::map<flow::IdempotencyKey, flow::KeptAnswer> answers;
    std::map<domain::TenantId, flow::SubTenant> sub_tenants;
    std::vector<flow::TenantChange> tenant_changes;
    std::map<std::pair<domain::TenantId, std::string>, flow::Bulk> bulks;
};

template <class Map, class K>
std::optional<typename Map::mapped_type> find(const Map& map, const K& key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
}

// The reports about one, the newest first. The caller holds the mutex.
std::vector<flow::KeptReport> newest(const State& state, const Key& of);

class MemoryWriter final : public WriteEngine {
  public:
    explicit MemoryWriter(std::shared_ptr<State> state);

    bool begin() override;
    std::expected<flow::Rows, ReadProblem> read(const flow::Wanted& wanted,
                                                base::Time now) override;
    Applied apply(const flow::Wanted& wanted, const flow::Rows& rows,
                  const flow::Writes& writes) override;
    void rollback() override;
    Commit commit() override;
    // As apply(), with the positions behind `last`.
    Applied apply_behind(std::int64_t last, const flow::Wanted& wanted, const flow::Rows& rows,
                         const flow::Writes& writes);
    std::int64_t last_position(const domain::TenantId& tenant) const;
    bool maintain() override { return true; }
    std::expected<void, std::string> reopen() override { return {}; }
    std::string trouble() const override { return {}; }
    std::expected<void, std::string> present() const override { return {}; }

  private:
    bool conflicts(const Changes& changes) const;
    void put_entitlement(const Key& key, const std::optional<domain::Entitlement>& row);
    void put_reports(const flow::Wanted& wanted, const flow::Writes& writes);
    void put_answers(const flow::Wanted& wanted, const flow::Writes& writes);
    void forget_report(const Key& of, const std::string& digest);
    template <class Map>
    void erase(Map& map, const typename Map::key_type& key);
    template <class Map>
    void put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value);

    std::shared_ptr<State> state_;
    std::unique_lock<std::mutex> lock_;
    std::vector<std::function<void()>> undo_;  // last first
};

class MemoryReader : public ReadEngine {
  public:
    explicit MemoryReader(std::shared_ptr<State> state);

    Answer<std::optional<domain::Entitlement>> entitlement(
        const domain::TenantId& tenant, const domain::EntitlementId& id) override;
    Answer<std::optional<domain::Product>> product(const domain::TenantId& tenant,
                                                   const domain::ProductId& id) override;
    Answer<std::optional<domain::Account>> account(const domain::TenantId& tenant,
                                                   const domain::AccountId& id) override;
    Answer<std::vector<domain::Account>> cascades_due(base::Time until, std::size_t limit) override;
    Answer<std::vector<domain::Product>> products_after(const domain::TenantId& tenant,
                                                        const domain::ProductId& after,
                                                        std::size_t limit) override;
    Answer<std::vector<domain::Entitlement>> live_of_account(const domain::TenantId& tenant,
                                                             const domain::AccountId& account,
                                                             std::size_t limit) override;
    Answer<std::vector<domain::Entitlement>> by_partner_id(
        const domain::TenantId& tenant, const domain::PartnerEntitlementId& id) override;
    Answer<std::vector<domain::Entitlement>> held_at(
        const domain::TenantId& tenant, const domain::MerchantId& merchant,
        const std::vector<domain::PartnerEntitlementId>& ids) override;
    Answer<std::vector<domain::Entitlement>> entitlements_after(const domain::TenantId& tenant,
                                                                const domain::EntitlementId& after,
                                                                std::size_t limit) override;
    Answer<flow::ListPage> list(const flow::ListQuery& query) override;
    Answer<std::vector<domain::Call>> calls(const domain::TenantId& tenant,
                                            const domain::EntitlementId& id) override;
    Answer<std::int64_t> last_position(const domain::TenantId& tenant,
                                       const domain::EntitlementId& id) override;
    Answer<std::vector<domain::Event>> feed(const domain::TenantId& tenant, std::int64_t after,
                                            std::size_t limit) override;
    Answer<std::vector<flow::Route>> routes() override;
    Answer<std::vector<flow::Due>> due_in(const flow::Route& route, base::Time now,
                                          const std::optional<flow::Due>& after,
                                          std::size_t limit) override;
    Answer<std::optional<base::Time>> next_in(const flow::Route& route, base::Time now) override;
    Answer<flow::SweepStanding> sweep_of(const domain::TenantId& tenant, bool count) override;
    Answer<std::vector<flow::SweepStop>> sweep_stops(const domain::TenantId& tenant,
                                                     const domain::EntitlementId& after,
                                                     std::size_t limit) override;
    Answer<std::vector<flow::Unsettled>> unsettled(const domain::TenantId& tenant,
                                                   const domain::EntitlementId& after,
                                                   std::optional<domain::Problem> problem,
                                                   std::size_t limit) override;
    Answer<std::vector<domain::Product>> products_by_key(const domain::TenantId& tenant,
                                                         const domain::MerchantId& merchant,
                                                         const domain::ProductKey& key,
                                                         std::size_t limit) override;
    Answer<std::vector<flow::KeptReport>> reports(const domain::TenantId& tenant,
                                                  const domain::EntitlementId& entitlement,
                                                  std::size_t limit) override;
    Answer<std::vector<flow::SubTenant>> sub_tenants() override;
    Answer<std::optional<flow::Bulk>> bulk(const domain::TenantId& tenant,
                                           const std::string& id) override;
    Answer<std::vector<flow::Bulk>> bulks(const domain::TenantId& tenant,
                                          std::size_t limit) override;
    Answer<std::vector<flow::TenantChange>> tenant_changes(const domain::TenantId& tenant,
                                                           std::size_t limit) override;
    Answer<std::optional<flow::KeptAnswer>> kept_answer(const flow::IdempotencyKey& key) override;
    Answer<std::vector<domain::TenantId>> answers_due(base::Time until, std::size_t limit) override;
    Answer<std::vector<flow::Comparison>> latest_comparisons(
        const domain::TenantId& tenant) override;
    Answer<std::vector<flow::BacklogPart>> backlog_of(const flow::Route& route, base::Time now,
                                                      base::Time long_ago) override;
    Answer<std::vector<flow::Hold>> holds() override;
    Answer<std::vector<flow::ActionPin>> pins() override;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace usher::store::memory
