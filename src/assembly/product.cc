#include "assembly/product.h"

#include <utility>

#include "flow/ask_reads.h"
#include "flow/catalogue.h"
#include "flow/compare.h"
#include "flow/customer_link.h"
#include "flow/delete_of_account.h"
#include "flow/explain.h"
#include "flow/holding.h"
#include "flow/pinning.h"
#include "flow/purchase.h"
#include "flow/receive_report.h"
#include "flow/status.h"
#include "flow/update_status.h"

namespace usher::assembly {

namespace {

// The surfaces' view of flow.
class FlowOperations final : public api::Operations {
  public:
    FlowOperations(flow::Ports& ports, const auth::Authenticator& authenticator,
                   std::vector<flow::WatchedTenant> tenants)
        : ports_{ports},
          authenticator_{authenticator},
          tenants_{std::move(tenants)},
          backlog_{ports, ports.limits.schedule.give_up_after} {}

    Outcome<flow::Updated> update_status(flow::UpdateStatus request) override {
        return flow::update_status(ports_, std::move(request));
    }
    Outcome<flow::ProductChanged> change_product(flow::ChangeProduct request) override {
        return flow::change_product(ports_, std::move(request));
    }
    Outcome<flow::Purchased> purchase(flow::Purchase request) override {
        return flow::purchase(ports_, std::move(request));
    }
    Outcome<flow::DeletedOfAccount> delete_of_account(flow::DeleteOfAccount request) override {
        return flow::delete_of_account(ports_, std::move(request));
    }
    base::Task<flow::StoreResult<flow::ListPage>> list(flow::ListQuery query) override {
        return ports_.store.list(std::move(query));
    }
    Outcome<flow::FeedPage> read_feed(flow::ReadFeed asked) override {
        return flow::read_feed(ports_, std::move(asked));
    }
    Outcome<domain::Activation> activation_link(flow::AskLink asked) override {
        return flow::activation_link(ports_, std::move(asked));
    }
    Outcome<base::Secret> recovery_link(flow::AskLink asked) override {
        return flow::recovery_link(ports_, std::move(asked));
    }
    Outcome<domain::Product> put_product(flow::PutProduct request) override {
        return flow::put_product(ports_, std::move(request));
    }
    Outcome<domain::Product> read_product(domain::TenantId tenant, domain::ProductId id) override {
        return flow::read_product(ports_, std::move(tenant), std::move(id));
    }
    Outcome<std::vector<domain::Product>> list_products(domain::TenantId tenant,
                                                        domain::ProductId after,
                                                        std::size_t limit) override {
        return flow::list_products(ports_, std::move(tenant), std::move(after), limit);
    }
    Outcome<flow::ChangedAccount> change_account(flow::ChangeAccount request,
                                                 base::Monotonic deadline) override {
        return flow::change_account(ports_, std::move(request), deadline);
    }
    Outcome<flow::AccountView> read_account(domain::TenantId tenant,
                                            domain::AccountId account) override {
        return flow::read_account(ports_, std::move(tenant), std::move(account));
    }
    Outcome<domain::Account> add_account(flow::AddAccount request) override {
        return flow::add_account(ports_, std::move(request));
    }
    Outcome<flow::ReportOutcome> receive_report(flow::ReceiveReport report) override {
        return flow::receive_report(ports_, std::move(report));
    }
    base::Task<flow::StoreResult<std::vector<flow::KeptReport>>> kept_reports(
        domain::TenantId tenant, domain::EntitlementId entitlement, std::size_t limit) override {
        return ports_.store.reports(std::move(tenant), std::move(entitlement), limit);
    }
    base::Task<flow::StoreResult<std::vector<flow::Hold>>> holds() override {
        return ports_.store.holds();
    }
    base::Task<flow::StoreResult<flow::Hold>> place_hold(flow::Hold hold) override {
        return flow::place_hold(ports_, std::move(hold));
    }
    base::Task<flow::StoreResult<std::size_t>> lift_hold(flow::LiftHold lift) override {
        return flow::lift_hold(ports_, std::move(lift));
    }
    Outcome<bool> retry(flow::Retry retry) override {
        return flow::retry(ports_, std::move(retry));
    }
    base::Task<flow::StoreResult<std::vector<flow::Unsettled>>> unsettled(
        domain::TenantId tenant, domain::EntitlementId after,
        std::optional<domain::Problem> problem, std::size_t limit) override {
        return ports_.store.unsettled(std::move(tenant), std::move(after), problem, limit);
    }
    base::Task<flow::StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) override {
        return ports_.store.find_entitlement(std::move(tenant), std::move(id));
    }
    Outcome<std::vector<flow::Explanation>> explain(flow::Explain request) override {
        return flow::explain(ports_, std::move(request));
    }
    base::Task<flow::StoreResult<std::vector<flow::RowFinding>>> compare_rows(
        flow::CompareRows request) override {
        return flow::compare_rows(ports_, std::move(request));
    }
    base::Task<flow::StoreResult<flow::HeldPage>> list_held(flow::ListHeld request) override {
        return flow::list_held(ports_, std::move(request));
    }
    base::Task<flow::StoreResult<std::size_t>> ask_reads(
        domain::TenantId tenant, std::vector<flow::ReadAsked> asked) override {
        return flow::ask_reads(ports_, std::move(tenant), std::move(asked));
    }
    base::Task<flow::StoreResult<flow::Comparison>> sign_comparison(
        flow::Comparison line) override {
        return flow::sign_comparison(ports_, std::move(line));
    }
    base::Task<flow::StoreResult<std::vector<flow::Comparison>>> latest_comparisons(
        domain::TenantId tenant) override {
        return ports_.store.latest_comparisons(std::move(tenant));
    }
    base::Task<flow::Status> status(std::optional<domain::TenantId> tenant) override {
        auto watched = tenants_;
        for (const auto& added : *ports_.tenants->all()) {
            if (added.enabled) watched.push_back({added.id, added.freshness, std::nullopt});
        }
        auto facts = co_await flow::gather_status(ports_, backlog_, std::move(watched));
        const auto stats = authenticator_.stats();
        facts.issuer = {.has_keys = stats.has_keys, .answers = stats.issuer_answers};
        if (tenant) facts = flow::only_of(std::move(facts), *tenant);
        co_return flow::tell_status(std::move(facts));
    }
    base::Task<flow::StoreResult<std::vector<flow::ActionPin>>> pins() override {
        return ports_.store.pins();
    }
    base::Task<flow::StoreResult<flow::ActionPin>> place_pin(flow::ActionPin pin) override {
        return flow::place_pin(ports_, std::move(pin));
    }
    base::Task<flow::StoreResult<std::size_t>> lift_pin(flow::LiftPin lift) override {
        return flow::lift_pin(ports_, std::move(lift));
    }
    std::vector<flow::LearnedGap> learned() const override { return ports_.propagator.learned(); }
    std::size_t forget_learned(const flow::GapScope& scope) override {
        return ports_.propagator.forget_learned(scope);
    }
    std::vector<flow::Foreseen> foresee(const std::vector<domain::Entitlement>& rows) override {
        std::vector<flow::Foreseen> all;
        for (const auto& row : rows) {
            const auto supported =
                ports_.propagator.supported(row.tenant, row.merchant, row.product_key);
            all.push_back(
                {row.id, flow::foresee(row, supported, ports_.limits.calls, ports_.clock.now())});
        }
        return all;
    }
    Outcome<flow::SubTenant> add_sub_tenant(flow::AddSubTenant request) override {
        return flow::add_sub_tenant(ports_, std::move(request));
    }
    Outcome<bool> change_sub_tenant(flow::ChangeSubTenant request) override {
        return flow::change_sub_tenant(ports_, std::move(request));
    }
    Outcome<std::vector<flow::SubTenant>> list_sub_tenants(domain::TenantId primary) override {
        return flow::list_sub_tenants(ports_, std::move(primary));
    }
    Outcome<std::vector<flow::TenantChange>> list_tenant_changes(domain::TenantId tenant,
                                                                 std::size_t limit) override {
        return flow::list_tenant_changes(ports_, std::move(tenant), limit);
    }
    Outcome<flow::Bulk> begin_bulk(flow::BeginBulk request) override {
        return flow::begin_bulk(ports_, std::move(request));
    }
    Outcome<flow::Looked> note_look(flow::NoteLook request) override {
        return flow::note_look(ports_, std::move(request));
    }
    Outcome<flow::Bulk> start_bulk(flow::StartBulk request) override {
        return flow::start_bulk(ports_, std::move(request));
    }
    Outcome<flow::Bulk> let_rows_through(flow::LetRowsThrough request) override {
        return flow::let_rows_through(ports_, std::move(request));
    }
    Outcome<flow::Bulk> note_results(flow::NoteResults request) override {
        return flow::note_results(ports_, std::move(request));
    }
    Outcome<flow::Bulk> find_bulk(domain::TenantId tenant, std::string id) override {
        return flow::find_bulk(ports_, std::move(tenant), std::move(id));
    }
    Outcome<std::vector<flow::Bulk>> list_bulks(domain::TenantId tenant,
                                                std::size_t limit) override {
        return flow::list_bulks(ports_, std::move(tenant), limit);
    }
    Outcome<flow::Imported> import_entitlement(flow::Import request) override {
        return flow::import_entitlement(ports_, std::move(request));
    }
    Outcome<std::optional<std::string>> find_answer(flow::AskedBefore asked) override {
        return flow::find_answer(ports_, std::move(asked));
    }
    base::Task<flow::StoreResult<std::string>> replace_answer(flow::Replace replace) override {
        return flow::replace_answer(ports_, std::move(replace));
    }
    std::expected<void, std::string> writable() const override { return ports_.store.writable(); }

  private:
    flow::Ports& ports_;
    const auth::Authenticator& authenticator_;
    const std::vector<flow::WatchedTenant> tenants_;
    flow::Backlog backlog_;
};

}  // namespace

std::unique_ptr<Product> make_product(const Ground& ground, Options options) {
    options.api.give_up_after = std::chrono::duration_cast<std::chrono::seconds>(
        options.converge.limits.schedule.give_up_after);
    for (const auto& tenant : options.api.tenants) {
        options.converge.swept.push_back({tenant.id, tenant.freshness});
    }
    options.api.customers_apart = partner::bango::names_tenants(options.bango);
    auto product = std::make_unique<Product>();
    product->partner = std::make_unique<partner::bango::BangoPartner>(ground.client, ground.clock,
                                                                      std::move(options.bango));
    product->converger = std::make_unique<converge::Converger>(
        ground.executor, ground.store, *product->partner, ground.clock, ground.random,
        ground.metrics, std::move(options.converge));
    product->authenticator = std::make_unique<auth::Authenticator>(options.auth, ground.clock,
                                                                   ground.client, ground.executor);
    std::vector<flow::WatchedTenant> watched;
    for (const auto& tenant : options.api.tenants) {
        if (tenant.enabled) watched.push_back({tenant.id, tenant.freshness, std::nullopt});
    }
    product->operations = std::make_unique<FlowOperations>(
        product->converger->ports(), *product->authenticator, std::move(watched));
    auto& authenticator = *product->authenticator;
    const auto authenticate = [&authenticator](std::optional<std::string_view> authorization) {
        return authenticator.authenticate(authorization);
    };
    const api::PipelinePorts ports{*product->operations, ground.clock, ground.random,
                                   ground.metrics, product->converger->ports().tenants};
    product->operator_handler = api::make_operator_handler(options.api, authenticate, ports);
    if (options.api.reports_apart) {
        product->report_handler = api::make_report_handler(options.api, authenticate, ports);
    }
    product->admin_handler = api::make_admin_handler(std::move(options.api), authenticate, ports);
    product->render_error = api::make_render_error(ground.random, ground.metrics);
    return product;
}

}  // namespace usher::assembly
