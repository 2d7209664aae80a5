// What the surfaces ask of the product: one function per thing it does. The server stands flow's
// functions behind it, tests a fake. Thread-safe; called from every I/O thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "flow/account.h"
#include "flow/ask_reads.h"
#include "flow/bulks.h"
#include "flow/catalogue.h"
#include "flow/change_product.h"
#include "flow/compare.h"
#include "flow/customer_link.h"
#include "flow/delete_of_account.h"
#include "flow/explain.h"
#include "flow/feed.h"
#include "flow/foresee.h"
#include "flow/holding.h"
#include "flow/import.h"
#include "flow/once.h"
#include "flow/pinning.h"
#include "flow/purchase.h"
#include "flow/receive_report.h"
#include "flow/status.h"
#include "flow/store.h"
#include "flow/sub_tenants.h"
#include "flow/update_status.h"

namespace usher::api {

class Operations {
  public:
    template <class T>
    using Outcome = base::Task<std::expected<T, flow::Failure>>;

    virtual ~Operations() = default;

    virtual Outcome<flow::Updated> update_status(flow::UpdateStatus request) = 0;
    virtual Outcome<flow::ProductChanged> change_product(flow::ChangeProduct request) = 0;
    virtual Outcome<flow::Purchased> purchase(flow::Purchase request) = 0;
    virtual Outcome<flow::DeletedOfAccount> delete_of_account(flow::DeleteOfAccount request) = 0;
    virtual base::Task<flow::StoreResult<flow::ListPage>> list(flow::ListQuery query) = 0;
    virtual Outcome<flow::FeedPage> read_feed(flow::ReadFeed asked) = 0;
    virtual Outcome<domain::Activation> activation_link(flow::AskLink asked) = 0;
    virtual Outcome<base::Secret> recovery_link(flow::AskLink asked) = 0;
    virtual Outcome<domain::Product> put_product(flow::PutProduct request) = 0;
    virtual Outcome<domain::Product> read_product(domain::TenantId tenant,
                                                  domain::ProductId id) = 0;
    virtual Outcome<std::vector<domain::Product>> list_products(domain::TenantId tenant,
                                                                domain::ProductId after,
                                                                std::size_t limit) = 0;
    virtual Outcome<domain::Account> add_account(flow::AddAccount request) = 0;
    virtual Outcome<flow::ChangedAccount> change_account(flow::ChangeAccount request,
                                                         base::Monotonic deadline) = 0;
    virtual Outcome<flow::AccountView> read_account(domain::TenantId tenant,
                                                    domain::AccountId account) = 0;
    virtual Outcome<flow::ReportOutcome> receive_report(flow::ReceiveReport report) = 0;
    virtual base::Task<flow::StoreResult<std::vector<flow::KeptReport>>> kept_reports(
        domain::TenantId tenant, domain::EntitlementId entitlement, std::size_t limit) = 0;
    virtual base::Task<flow::StoreResult<std::vector<flow::Hold>>> holds() = 0;
    virtual base::Task<flow::StoreResult<flow::Hold>> place_hold(flow::Hold hold) = 0;
    virtual base::Task<flow::StoreResult<std::size_t>> lift_hold(flow::LiftHold lift) = 0;
    virtual Outcome<bool> retry(flow::Retry retry) = 0;
    virtual base::Task<flow::StoreResult<std::vector<flow::Unsettled>>> unsettled(
        domain::TenantId tenant, domain::EntitlementId after,
        std::optional<domain::Problem> problem, std::size_t limit) = 0;
    virtual base::Task<flow::StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) = 0;

    virtual Outcome<std::vector<flow::Explanation>> explain(flow::Explain request) = 0;

    virtual base::Task<flow::StoreResult<std::vector<flow::RowFinding>>> compare_rows(
        flow::CompareRows request) = 0;
    virtual base::Task<flow::StoreResult<flow::HeldPage>> list_held(flow::ListHeld request) = 0;
    virtual base::Task<flow::StoreResult<std::size_t>> ask_reads(
        domain::TenantId tenant, std::vector<flow::ReadAsked> asked) = 0;
    virtual base::Task<flow::StoreResult<flow::Comparison>> sign_comparison(
        flow::Comparison line) = 0;
    virtual base::Task<flow::StoreResult<std::vector<flow::Comparison>>> latest_comparisons(
        domain::TenantId tenant) = 0;
    // How everything stands; without a tenant: of all.
    virtual base::Task<flow::Status> status(std::optional<domain::TenantId> tenant) = 0;

    virtual base::Task<flow::StoreResult<std::vector<flow::ActionPin>>> pins() = 0;
    virtual base::Task<flow::StoreResult<flow::ActionPin>> place_pin(flow::ActionPin pin) = 0;
    virtual base::Task<flow::StoreResult<std::size_t>> lift_pin(flow::LiftPin lift) = 0;
    virtual std::vector<flow::LearnedGap> learned() const = 0;
    virtual std::size_t forget_learned(const flow::GapScope& scope) = 0;

    // Which calls to the partner would follow for each.
    virtual std::vector<flow::Foreseen> foresee(const std::vector<domain::Entitlement>& rows) = 0;
    virtual Outcome<flow::SubTenant> add_sub_tenant(flow::AddSubTenant request) = 0;
    virtual Outcome<bool> change_sub_tenant(flow::ChangeSubTenant request) = 0;
    virtual Outcome<std::vector<flow::SubTenant>> list_sub_tenants(domain::TenantId primary) = 0;
    virtual Outcome<std::vector<flow::TenantChange>> list_tenant_changes(domain::TenantId tenant,
                                                                         std::size_t limit) = 0;
    virtual Outcome<flow::Bulk> begin_bulk(flow::BeginBulk request) = 0;
    virtual Outcome<flow::Looked> note_look(flow::NoteLook request) = 0;
    virtual Outcome<flow::Bulk> start_bulk(flow::StartBulk request) = 0;
    virtual Outcome<flow::Bulk> let_rows_through(flow::LetRowsThrough request) = 0;
    virtual Outcome<flow::Bulk> note_results(flow::NoteResults request) = 0;
    virtual Outcome<flow::Bulk> find_bulk(domain::TenantId tenant, std::string id) = 0;
    virtual Outcome<std::vector<flow::Bulk>> list_bulks(domain::TenantId tenant,
                                                        std::size_t limit) = 0;
    virtual Outcome<flow::Imported> import_entitlement(flow::Import request) = 0;
    virtual Outcome<std::optional<std::string>> find_answer(flow::AskedBefore asked) = 0;
    virtual base::Task<flow::StoreResult<std::string>> replace_answer(flow::Replace replace) = 0;

    // False with a sentence why, when changes cannot be recorded.
    virtual std::expected<void, std::string> writable() const = 0;
};

}  // namespace usher::api
