// SQLite behind the writer and the readers: one connection that writes, some that read, in WAL
// mode. The log is copied back beside the writer (copier.h), which copies the rest between two
// groups and begins the log anew; without threads it does all of that.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/changes.h"
#include "store/engine.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/file_lock.h"
#include "store/store.h"
#include "store/store_metrics.h"

namespace usher::store::sqlite {

// What both sides share.
struct Shared {
    std::filesystem::path path;
    StoreOptions options;
    std::unique_ptr<FileLock> lock;
    std::atomic<int> opened = 0;  // grows when everybody must open the file anew

    // Which files are open. Somebody may remove or replace them, and what is written then is lost
    // with them: present() tells.
    void remember_files();
    bool file_is_there() const;
    std::expected<void, std::string> present() const;

  private:
    mutable std::mutex mutex_;
    std::optional<FileIdentity> file_;
    std::optional<FileIdentity> log_;
};

class Copier;

class SqliteWriter final : public WriteEngine {
  public:
    SqliteWriter(std::shared_ptr<Shared> shared, std::unique_ptr<Connection> connection);
    ~SqliteWriter() override;  // an orderly end, when nothing is broken

    bool begin() override;
    std::expected<flow::Rows, ReadProblem> read(const flow::Wanted& wanted,
                                                base::Time now) override;
    Applied apply(const flow::Wanted& wanted, const flow::Rows& rows,
                  const flow::Writes& writes) override;
    void rollback() override;
    Commit commit() override;
    bool maintain() override;
    void run_upkeep() override;
    bool upkeep_has_ended() const override;
    void tell_of_upkeep(const UpkeepEars& ears) override;
    std::expected<void, std::string> reopen() override;
    std::string trouble() const override { return trouble_; }
    std::expected<void, std::string> present() const override { return shared_->present(); }

    // The leases of the process that held the file before.
    Result<> void_leases(base::Time now);

  private:
    struct FeedEnd {
        std::int64_t last = 0;
        bool moved = false;  // in this transaction
    };

    Result<> read_rows(const flow::Wanted& wanted, flow::Rows& rows);
    Result<> read_holders(const flow::Wanted& wanted, flow::Rows& rows);
    Result<FeedEnd*> feed_end(const domain::TenantId& tenant);
    void forget_feed_ends();
    Applied put_row(const Changes& changes);
    Result<> put_rest(const flow::Writes& writes, const Changes& changes);
    Result<> put_reports(const flow::Wanted& wanted, const flow::Writes& writes);
    Result<> put_tenant(const flow::Writes& writes);
    Result<> put_answers(const flow::Wanted& wanted, const flow::Writes& writes);
    Result<> put_feed_ends();
    Applied verdict(const Failure& failure);
    bool remember(const Failure& failure);
    bool copy_here(std::int64_t log_bytes);

    std::shared_ptr<Shared> shared_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Copier> copier_;
    std::map<domain::TenantId, FeedEnd> feed_ends_;  // as of the last commit and this transaction
    std::int64_t next_checkpoint_ = 0;               // bytes of log; 0: at the soft limit
    const StoreMetrics metrics_;
    std::string trouble_;
};

class SqliteReader final : public ReadEngine {
  public:
    // How long it sees the same state. Each beginning costs several locks of the file's, about as
    // much as reading a row.
    enum class Sees { what_is, what_was_until_rest };

    // Opens at once; what fails then is tried again with the first question.
    SqliteReader(std::shared_ptr<Shared> shared, Sees sees);

    void rest() override;

    ReadEngine::Answer<std::optional<domain::Entitlement>> entitlement(
        const domain::TenantId& tenant, const domain::EntitlementId& id) override;
    ReadEngine::Answer<std::optional<domain::Product>> product(
        const domain::TenantId& tenant, const domain::ProductId& id) override;
    ReadEngine::Answer<std::optional<domain::Account>> account(
        const domain::TenantId& tenant, const domain::AccountId& id) override;
    ReadEngine::Answer<std::vector<domain::Account>> cascades_due(base::Time until,
                                                                  std::size_t limit) override;
    ReadEngine::Answer<std::vector<domain::Product>> products_after(const domain::TenantId& tenant,
                                                                    const domain::ProductId& after,
                                                                    std::size_t limit) override;
    ReadEngine::Answer<std::vector<domain::Entitlement>> live_of_account(
        const domain::TenantId& tenant, const domain::AccountId& account,
        std::size_t limit) override;
    ReadEngine::Answer<std::vector<domain::Entitlement>> by_partner_id(
        const domain::TenantId& tenant, const domain::PartnerEntitlementId& id) override;
    ReadEngine::Answer<std::vector<domain::Entitlement>> held_at(
        const domain::TenantId& tenant, const domain::MerchantId& merchant,
        const std::vector<domain::PartnerEntitlementId>& ids) override;
    ReadEngine::Answer<std::vector<domain::Entitlement>> entitlements_after(
        const domain::TenantId& tenant, const domain::EntitlementId& after,
        std::size_t limit) override;
    ReadEngine::Answer<flow::ListPage> list(const flow::ListQuery& query) override;
    ReadEngine::Answer<std::vector<domain::Call>> calls(const domain::TenantId& tenant,
                                                        const domain::EntitlementId& id) override;
    ReadEngine::Answer<std::int64_t> last_position(const domain::TenantId& tenant,
                                                   const domain::EntitlementId& id) override;
    ReadEngine::Answer<std::vector<domain::Event>> feed(const domain::TenantId& tenant,
                                                        std::int64_t after,
                                                        std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::Route>> routes() override;
    ReadEngine::Answer<std::vector<flow::Due>> due_in(const flow::Route& route, base::Time now,
                                                      const std::optional<flow::Due>& after,
                                                      std::size_t limit) override;
    ReadEngine::Answer<std::optional<base::Time>> next_in(const flow::Route& route,
                                                          base::Time now) override;
    ReadEngine::Answer<flow::SweepStanding> sweep_of(const domain::TenantId& tenant,
                                                     bool count) override;
    ReadEngine::Answer<std::vector<flow::SweepStop>> sweep_stops(const domain::TenantId& tenant,
                                                                 const domain::EntitlementId& after,
                                                                 std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::Unsettled>> unsettled(
        const domain::TenantId& tenant, const domain::EntitlementId& after,
        std::optional<domain::Problem> problem, std::size_t limit) override;
    ReadEngine::Answer<std::vector<domain::Product>> products_by_key(
        const domain::TenantId& tenant, const domain::MerchantId& merchant,
        const domain::ProductKey& key, std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::KeptReport>> reports(
        const domain::TenantId& tenant, const domain::EntitlementId& entitlement,
        std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::SubTenant>> sub_tenants() override;
    ReadEngine::Answer<std::optional<flow::Bulk>> bulk(const domain::TenantId& tenant,
                                                       const std::string& id) override;
    ReadEngine::Answer<std::vector<flow::Bulk>> bulks(const domain::TenantId& tenant,
                                                      std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::TenantChange>> tenant_changes(
        const domain::TenantId& tenant, std::size_t limit) override;
    ReadEngine::Answer<std::optional<flow::KeptAnswer>> kept_answer(
        const flow::IdempotencyKey& key) override;
    ReadEngine::Answer<std::vector<domain::TenantId>> answers_due(base::Time until,
                                                                  std::size_t limit) override;
    ReadEngine::Answer<std::vector<flow::Comparison>> latest_comparisons(
        const domain::TenantId& tenant) override;
    ReadEngine::Answer<std::vector<flow::BacklogPart>> backlog_of(const flow::Route& route,
                                                                  base::Time now,
                                                                  base::Time long_ago) override;
    ReadEngine::Answer<std::vector<flow::Hold>> holds() override;
    ReadEngine::Answer<std::vector<flow::ActionPin>> pins() override;

  private:
    Result<> open();
    Result<> begin();

    // Asks on an open connection; a failing one is closed, so that the next question opens it anew.
    template <class T, class Ask>
    ReadEngine::Answer<T> ask(Ask question);

    std::shared_ptr<Shared> shared_;
    const Sees sees_;
    std::unique_ptr<Connection> connection_;
    int opened_ = 0;
};

}  // namespace usher::store::sqlite
