// A store made of one writing engine and some reading ones: what all engines share.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/worker.h"
#include "store/engine.h"
#include "store/store.h"
#include "store/write_side.h"

namespace usher::store {

class EngineStore : public SteppedStore {
  public:
    EngineStore(std::unique_ptr<WriteEngine> writer,
                std::vector<std::unique_ptr<ReadEngine>> readers,
                std::vector<std::unique_ptr<ReadEngine>> spares, base::Clock& clock,
                StoreOptions options);
    // With another writing side. `clock` must tell the store's time.
    EngineStore(std::unique_ptr<WriteSide> writer, std::vector<std::unique_ptr<ReadEngine>> readers,
                base::Clock& clock, StoreOptions options);
    ~EngineStore() override;

    void submit(flow::Command command,
                base::Completion<flow::StoreResult<base::Time>> done) override;
    base::Task<flow::StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) override;
    base::Task<flow::StoreResult<std::optional<domain::Product>>> find_product(
        domain::TenantId tenant, domain::ProductId id) override;
    base::Task<flow::StoreResult<std::optional<domain::Account>>> find_account(
        domain::TenantId tenant, domain::AccountId id) override;
    base::Task<flow::StoreResult<std::vector<domain::Account>>> cascades_due(
        base::Time until, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<domain::Product>>> products_after(
        domain::TenantId tenant, domain::ProductId after, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> live_of_account(
        domain::TenantId tenant, domain::AccountId account, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> find_by_partner_id(
        domain::TenantId tenant, domain::PartnerEntitlementId id) override;
    base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> held_at(
        domain::TenantId tenant, domain::MerchantId merchant,
        std::vector<domain::PartnerEntitlementId> ids) override;
    base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> entitlements_after(
        domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) override;
    base::Task<flow::StoreResult<flow::ListPage>> list(flow::ListQuery query) override;
    base::Task<flow::StoreResult<flow::CallPage>> calls_of(domain::TenantId tenant,
                                                           domain::EntitlementId id) override;
    base::Task<flow::StoreResult<std::vector<domain::Event>>> history_of(
        domain::TenantId tenant, domain::EntitlementId id, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<domain::Event>>> feed(domain::TenantId tenant,
                                                                   std::int64_t after,
                                                                   std::size_t limit) override;
    base::Task<flow::StoreResult<flow::DueList>> due(std::size_t limit,
                                                     std::vector<flow::Route> left_out) override;
    base::Task<flow::StoreResult<flow::SweepStanding>> sweep_of(domain::TenantId tenant,
                                                                bool count) override;
    base::Task<flow::StoreResult<std::vector<flow::SweepStop>>> sweep_stops(
        domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<flow::Unsettled>>> unsettled(
        domain::TenantId tenant, domain::EntitlementId after,
        std::optional<domain::Problem> problem, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<domain::Product>>> products_by_key(
        domain::TenantId tenant, domain::MerchantId merchant, domain::ProductKey key,
        std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<flow::SubTenant>>> sub_tenants() override;
    base::Task<flow::StoreResult<std::optional<flow::Bulk>>> find_bulk(domain::TenantId tenant,
                                                                       std::string id) override;
    base::Task<flow::StoreResult<std::vector<flow::Bulk>>> bulks(domain::TenantId tenant,
                                                                 std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<flow::TenantChange>>> tenant_changes(
        domain::TenantId tenant, std::size_t limit) override;
    base::Task<flow::StoreResult<std::optional<flow::KeptAnswer>>> find_answer(
        flow::IdempotencyKey key) override;
    base::Task<flow::StoreResult<std::vector<domain::TenantId>>> answers_due(
        base::Time until, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<flow::KeptReport>>> reports(
        domain::TenantId tenant, domain::EntitlementId entitlement, std::size_t limit) override;
    base::Task<flow::StoreResult<std::vector<flow::Comparison>>> latest_comparisons(
        domain::TenantId tenant) override;
    base::Task<flow::StoreResult<std::vector<flow::BacklogPart>>> backlog(
        base::Time long_ago) override;
    base::Task<flow::StoreResult<std::vector<flow::Hold>>> holds() override;
    base::Task<flow::StoreResult<std::vector<flow::ActionPin>>> pins() override;
    std::expected<void, std::string> writable() const override;

    bool run_group() override;
    void run_upkeep() override;
    bool run_reads() override;
    void close() override;

  private:
    // Asked on a reader's thread; without an engine when there is none to ask any more.
    using Question = std::move_only_function<void(ReadEngine* engine)>;

    // A question of a few pages is answered on the asking thread when a connection is free: waking
    // another thread would cost several times what the answer does.
    template <class T, class Ask>
    base::Task<flow::StoreResult<T>> read_row(Ask ask);
    template <class T, class Ask>
    base::Task<flow::StoreResult<T>> read(Ask ask);

    // A reader that is nobody's at the moment. It may go on with what it saw last until the writer
    // works, and then sees anew.
    class Spare {
      public:
        explicit Spare(EngineStore& owner);
        ~Spare();
        Spare(const Spare&) = delete;
        Spare& operator=(const Spare&) = delete;

        ReadEngine* engine() { return engine_.get(); }

      private:
        EngineStore& store_;
        std::unique_ptr<ReadEngine> engine_;
        std::uint64_t turns_ = 0;
    };
    void turn();
    void start_threads();
    std::optional<flow::StoreError> enqueue(Question& question);
    bool answer_some(std::size_t reader);
    void wake_writer() const;
    void wake_upkeep() const;
    void wake_readers();

    base::Clock& clock_;
    const StoreOptions options_;
    std::unique_ptr<WriteSide> writer_;
    std::vector<std::unique_ptr<ReadEngine>> readers_;  // one for each reading thread

    std::mutex spares_mutex_;
    std::vector<std::unique_ptr<ReadEngine>> spares_;  // for whoever asks; none without threads
    std::uint64_t turns_ = 0;                          // of the writer; odd while it works

    std::mutex mutex_;  // of the next three
    std::deque<Question> questions_;
    bool closed_ = false;
    domain::TenantId served_;  // by due(), last

    std::unique_ptr<base::Worker> write_worker_;
    std::unique_ptr<base::Worker> upkeep_worker_;
    std::vector<std::unique_ptr<base::Worker>> read_workers_;
};

}  // namespace usher::store
