#include "store/engine_store.h"

#include <utility>

#include "base/suspend.h"
#include "store/reading.h"
#include "store/writer.h"

namespace usher::store {

namespace {

constexpr int kQuestionsPerStep = 32;

}  // namespace

EngineStore::EngineStore(std::unique_ptr<WriteEngine> writer,
                         std::vector<std::unique_ptr<ReadEngine>> readers,
                         std::vector<std::unique_ptr<ReadEngine>> spares, base::Clock& clock,
                         StoreOptions options)
    : clock_{clock},
      options_{std::move(options)},
      writer_{std::make_unique<Writer>(std::move(writer), clock, options_, [this] { turn(); })},
      readers_{std::move(readers)} {
    if (options_.threads) spares_ = std::move(spares);
    start_threads();
}

EngineStore::EngineStore(std::unique_ptr<WriteSide> writer,
                         std::vector<std::unique_ptr<ReadEngine>> readers, base::Clock& clock,
                         StoreOptions options)
    : clock_{clock},
      options_{std::move(options)},
      writer_{std::move(writer)},
      readers_{std::move(readers)} {
    start_threads();
}

void EngineStore::start_threads() {
    writer_->tell_of_upkeep(
        {.wanted = [this] { wake_upkeep(); }, .ended = [this] { wake_writer(); }});
    if (!options_.threads) return;
    write_worker_ = std::make_unique<base::Worker>([this] { return writer_->run_group(); });
    upkeep_worker_ = std::make_unique<base::Worker>([this] {
        run_upkeep();
        return false;
    });
    for (std::size_t reader = 0; reader < readers_.size(); ++reader) {
        read_workers_.push_back(
            std::make_unique<base::Worker>([this, reader] { return answer_some(reader); }));
    }
}

EngineStore::~EngineStore() {
    close();
}

void EngineStore::submit(flow::Command command,
                         base::Completion<flow::StoreResult<base::Time>> done) {
    writer_->submit(std::move(command), std::move(done));
    wake_writer();
}

void EngineStore::wake_writer() const {
    if (write_worker_) write_worker_->wake();
    if (options_.on_work) options_.on_work();
}

void EngineStore::wake_upkeep() const {
    if (upkeep_worker_) upkeep_worker_->wake();
    if (options_.on_work) options_.on_work();
}

void EngineStore::wake_readers() {
    for (const auto& worker : read_workers_) worker->wake();
    if (options_.on_work) options_.on_work();
}

std::optional<flow::StoreError> EngineStore::enqueue(Question& question) {
    const std::lock_guard lock{mutex_};
    if (closed_) return flow::StoreError::closed;
    if (questions_.size() >= options_.read_limit) return flow::StoreError::overloaded;
    questions_.push_back(std::move(question));
    return std::nullopt;
}

template <class T, class Ask>
base::Task<flow::StoreResult<T>> EngineStore::read(Ask ask) {
    co_return co_await base::suspend<flow::StoreResult<T>>(
        [this, ask = std::move(ask)](auto done) mutable {
            // Shared, because a refused question must still be answered here.
            auto shared = std::make_shared<decltype(done)>(std::move(done));
            Question question{[shared, ask = std::move(ask)](ReadEngine* engine) mutable {
                if (!engine) {
                    (*shared)(std::unexpected{flow::StoreError::closed});
                } else if (!engine->is_there()) {
                    (*shared)(std::unexpected{flow::StoreError::not_writable});
                } else {
                    (*shared)(ask(*engine));
                }
            }};
            if (const auto refused = enqueue(question)) {
                (*shared)(std::unexpected{*refused});
            } else {
                wake_readers();
            }
        });
}

EngineStore::Spare::Spare(EngineStore& owner) : store_{owner} {
    const std::lock_guard lock{store_.spares_mutex_};
    if (store_.spares_.empty()) return;
    engine_ = std::move(store_.spares_.back());
    store_.spares_.pop_back();
    turns_ = store_.turns_;
}

EngineStore::Spare::~Spare() {
    if (!engine_) return;
    const std::lock_guard lock{store_.spares_mutex_};
    if (store_.turns_ != turns_ || turns_ % 2 == 1) engine_->rest();
    store_.spares_.push_back(std::move(engine_));
}

// Whoever asks after a commit must see it, and a reader that goes on with an older state would keep
// the log from beginning anew.
void EngineStore::turn() {
    const std::lock_guard lock{spares_mutex_};
    ++turns_;
    if (turns_ % 2 == 0) return;
    for (const auto& spare : spares_) spare->rest();
}

template <class T, class Ask>
base::Task<flow::StoreResult<T>> EngineStore::read_row(Ask ask) {
    if (Spare spare{*this}; spare.engine() != nullptr) co_return ask(*spare.engine());
    co_return co_await read<T>(std::move(ask));
}

bool EngineStore::answer_some(std::size_t reader) {
    for (int i = 0; i < kQuestionsPerStep; ++i) {
        Question question;
        {
            const std::lock_guard lock{mutex_};
            if (questions_.empty()) return false;
            question = std::move(questions_.front());
            questions_.pop_front();
        }
        question(readers_[reader].get());
    }
    const std::lock_guard lock{mutex_};
    return !questions_.empty();
}

bool EngineStore::run_group() {
    return writer_->run_group();
}

void EngineStore::run_upkeep() {
    writer_->run_upkeep();
}

bool EngineStore::run_reads() {
    return answer_some(0);
}

void EngineStore::close() {
    // The writer may wait for what is done beside it.
    if (write_worker_) write_worker_->stop();
    if (upkeep_worker_) upkeep_worker_->stop();
    for (const auto& worker : read_workers_) worker->stop();
    writer_->close();
    std::deque<Question> left;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        left.swap(questions_);
    }
    {
        const std::lock_guard lock{spares_mutex_};
        spares_.clear();
    }
    for (auto& question : left) question(nullptr);
}

std::expected<void, std::string> EngineStore::writable() const {
    // Who only asks for health must not have to wait for somebody who writes.
    if (writer_->wants_reopening()) wake_writer();
    return writer_->writable();
}

base::Task<flow::StoreResult<std::optional<domain::Entitlement>>> EngineStore::find_entitlement(
    domain::TenantId tenant, domain::EntitlementId id) {
    return read_row<std::optional<domain::Entitlement>>(
        [tenant = std::move(tenant), id = std::move(id)](ReadEngine& engine) {
            return engine.entitlement(tenant, id);
        });
}

base::Task<flow::StoreResult<std::optional<domain::Product>>> EngineStore::find_product(
    domain::TenantId tenant, domain::ProductId id) {
    return read_row<std::optional<domain::Product>>(
        [tenant = std::move(tenant), id = std::move(id)](ReadEngine& engine) {
            return engine.product(tenant, id);
        });
}

base::Task<flow::StoreResult<std::optional<domain::Account>>> EngineStore::find_account(
    domain::TenantId tenant, domain::AccountId id) {
    return read_row<std::optional<domain::Account>>(
        [tenant = std::move(tenant), id = std::move(id)](ReadEngine& engine) {
            return engine.account(tenant, id);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Account>>> EngineStore::cascades_due(
    base::Time until, std::size_t limit) {
    return read<std::vector<domain::Account>>(
        [until, limit](ReadEngine& engine) { return engine.cascades_due(until, limit); });
}

base::Task<flow::StoreResult<std::vector<domain::Product>>> EngineStore::products_after(
    domain::TenantId tenant, domain::ProductId after, std::size_t limit) {
    return read<std::vector<domain::Product>>(
        [tenant = std::move(tenant), after = std::move(after), limit](ReadEngine& engine) {
            return engine.products_after(tenant, after, limit);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> EngineStore::live_of_account(
    domain::TenantId tenant, domain::AccountId account, std::size_t limit) {
    return read<std::vector<domain::Entitlement>>(
        [tenant = std::move(tenant), account = std::move(account), limit](ReadEngine& engine) {
            return engine.live_of_account(tenant, account, limit);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> EngineStore::find_by_partner_id(
    domain::TenantId tenant, domain::PartnerEntitlementId id) {
    return read<std::vector<domain::Entitlement>>(
        [tenant = std::move(tenant), id = std::move(id)](ReadEngine& engine) {
            return engine.by_partner_id(tenant, id);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> EngineStore::held_at(
    domain::TenantId tenant, domain::MerchantId merchant,
    std::vector<domain::PartnerEntitlementId> ids) {
    return read<std::vector<domain::Entitlement>>(
        [tenant = std::move(tenant), merchant = std::move(merchant), ids = std::move(ids)](
            ReadEngine& engine) { return engine.held_at(tenant, merchant, ids); });
}

base::Task<flow::StoreResult<std::vector<domain::Entitlement>>> EngineStore::entitlements_after(
    domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) {
    return read<std::vector<domain::Entitlement>>(
        [tenant = std::move(tenant), after = std::move(after), limit](ReadEngine& engine) {
            return engine.entitlements_after(tenant, after, limit);
        });
}

base::Task<flow::StoreResult<flow::ListPage>> EngineStore::list(flow::ListQuery query) {
    return read<flow::ListPage>(
        [query = std::move(query)](ReadEngine& engine) { return engine.list(query); });
}

base::Task<flow::StoreResult<flow::CallPage>> EngineStore::calls_of(domain::TenantId tenant,
                                                                    domain::EntitlementId id) {
    return read<flow::CallPage>([tenant = std::move(tenant), id = std::move(id)](
                                    ReadEngine& engine) -> flow::StoreResult<flow::CallPage> {
        auto calls = engine.calls(tenant, id);
        if (!calls) return std::unexpected{calls.error()};
        return flow::CallPage{std::move(*calls)};
    });
}

base::Task<flow::StoreResult<std::vector<domain::Event>>> EngineStore::history_of(
    domain::TenantId tenant, domain::EntitlementId id, std::size_t limit) {
    return read<std::vector<domain::Event>>(
        [tenant = std::move(tenant), id = std::move(id), limit](ReadEngine& engine) {
            return follow_history(engine, tenant, id, limit);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Event>>> EngineStore::feed(domain::TenantId tenant,
                                                                            std::int64_t after,
                                                                            std::size_t limit) {
    return read<std::vector<domain::Event>>(
        [tenant = std::move(tenant), after, limit](ReadEngine& engine) {
            return engine.feed(tenant, after, limit);
        });
}

base::Task<flow::StoreResult<flow::DueList>> EngineStore::due(std::size_t limit,
                                                              std::vector<flow::Route> left_out) {
    return read<flow::DueList>([this, limit, left_out = std::move(left_out)](ReadEngine& engine) {
        domain::TenantId served;
        {
            const std::lock_guard lock{mutex_};
            served = served_;
        }
        auto list = collect_due(engine, limit, left_out, clock_.now(), served);
        const std::lock_guard lock{mutex_};
        served_ = std::move(served);
        return list;
    });
}

base::Task<flow::StoreResult<flow::SweepStanding>> EngineStore::sweep_of(domain::TenantId tenant,
                                                                         bool count) {
    return read<flow::SweepStanding>([tenant = std::move(tenant), count](ReadEngine& engine) {
        return engine.sweep_of(tenant, count);
    });
}

base::Task<flow::StoreResult<std::vector<flow::SweepStop>>> EngineStore::sweep_stops(
    domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) {
    return read<std::vector<flow::SweepStop>>(
        [tenant = std::move(tenant), after = std::move(after), limit](ReadEngine& engine) {
            return engine.sweep_stops(tenant, after, limit);
        });
}

base::Task<flow::StoreResult<std::vector<flow::Unsettled>>> EngineStore::unsettled(
    domain::TenantId tenant, domain::EntitlementId after, std::optional<domain::Problem> problem,
    std::size_t limit) {
    return read<std::vector<flow::Unsettled>>(
        [tenant = std::move(tenant), after = std::move(after), problem, limit](ReadEngine& engine) {
            return engine.unsettled(tenant, after, problem, limit);
        });
}

base::Task<flow::StoreResult<std::vector<domain::Product>>> EngineStore::products_by_key(
    domain::TenantId tenant, domain::MerchantId merchant, domain::ProductKey key,
    std::size_t limit) {
    return read<std::vector<domain::Product>>(
        [tenant = std::move(tenant), merchant = std::move(merchant), key = std::move(key), limit](
            ReadEngine& engine) { return engine.products_by_key(tenant, merchant, key, limit); });
}

base::Task<flow::StoreResult<std::vector<flow::SubTenant>>> EngineStore::sub_tenants() {
    return read<std::vector<flow::SubTenant>>(
        [](ReadEngine& engine) { return engine.sub_tenants(); });
}

base::Task<flow::StoreResult<std::optional<flow::Bulk>>> EngineStore::find_bulk(
    domain::TenantId tenant, std::string id) {
    return read<std::optional<flow::Bulk>>(
        [tenant = std::move(tenant), id = std::move(id)](ReadEngine& engine) {
            return engine.bulk(tenant, id);
        });
}

base::Task<flow::StoreResult<std::vector<flow::Bulk>>> EngineStore::bulks(domain::TenantId tenant,
                                                                          std::size_t limit) {
    return read<std::vector<flow::Bulk>>([tenant = std::move(tenant), limit](ReadEngine& engine) {
        return engine.bulks(tenant, limit);
    });
}

base::Task<flow::StoreResult<std::vector<flow::TenantChange>>> EngineStore::tenant_changes(
    domain::TenantId tenant, std::size_t limit) {
    return read<std::vector<flow::TenantChange>>(
        [tenant = std::move(tenant), limit](ReadEngine& engine) {
            return engine.tenant_changes(tenant, limit);
        });
}

base::Task<flow::StoreResult<std::optional<flow::KeptAnswer>>> EngineStore::find_answer(
    flow::IdempotencyKey key) {
    return read_row<std::optional<flow::KeptAnswer>>(
        [key = std::move(key)](ReadEngine& engine) { return engine.kept_answer(key); });
}

base::Task<flow::StoreResult<std::vector<domain::TenantId>>> EngineStore::answers_due(
    base::Time until, std::size_t limit) {
    return read<std::vector<domain::TenantId>>(
        [until, limit](ReadEngine& engine) { return engine.answers_due(until, limit); });
}

base::Task<flow::StoreResult<std::vector<flow::KeptReport>>> EngineStore::reports(
    domain::TenantId tenant, domain::EntitlementId entitlement, std::size_t limit) {
    return read<std::vector<flow::KeptReport>>(
        [tenant = std::move(tenant), entitlement = std::move(entitlement),
         limit](ReadEngine& engine) { return engine.reports(tenant, entitlement, limit); });
}

base::Task<flow::StoreResult<std::vector<flow::Hold>>> EngineStore::holds() {
    return read<std::vector<flow::Hold>>([](ReadEngine& engine) { return engine.holds(); });
}

base::Task<flow::StoreResult<std::vector<flow::Comparison>>> EngineStore::latest_comparisons(
    domain::TenantId tenant) {
    return read<std::vector<flow::Comparison>>([tenant = std::move(tenant)](ReadEngine& engine) {
        return engine.latest_comparisons(tenant);
    });
}

base::Task<flow::StoreResult<std::vector<flow::ActionPin>>> EngineStore::pins() {
    return read<std::vector<flow::ActionPin>>([](ReadEngine& engine) { return engine.pins(); });
}

base::Task<flow::StoreResult<std::vector<flow::BacklogPart>>> EngineStore::backlog(
    base::Time long_ago) {
    return read<std::vector<flow::BacklogPart>>([this, long_ago](ReadEngine& engine) {
        return collect_backlog(engine, clock_.now(), long_ago);
    });
}

}  // namespace usher::store
