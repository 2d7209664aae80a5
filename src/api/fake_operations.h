// Operations that only remember what they were asked, for this room's tests.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/operations.h"

namespace usher::api {

class FakeOperations : public Operations {
  public:
    std::expected<flow::Updated, flow::Failure> update_answer =
        flow::Updated{.modified = true, .propagated = flow::Propagated::confirmed, .version = 7};
    std::expected<flow::Purchased, flow::Failure> purchase_answer =
        flow::Purchased{.id = domain::EntitlementId{"ent-new"},
                        .status = domain::EntitlementStatus::active,
                        .propagated = flow::Propagated::confirmed,
                        .activation = {},
                        .version = 2};
    std::expected<domain::Product, flow::Failure> product_answer =
        domain::Product{.id = domain::ProductId{"BANGO_US_MUSIC"}};
    std::expected<domain::Account, flow::Failure> account_answer =
        domain::Account{.id = domain::AccountId{"account-1"}};
    std::expected<flow::ReportOutcome, flow::Failure> report_answer =
        flow::ReportOutcome::read_wanted;
    flow::StoreResult<std::optional<domain::Entitlement>> found;
    bool fails = false;  // with an exception

    std::vector<flow::UpdateStatus> updates;
    std::vector<flow::Purchase> purchases;
    std::vector<flow::PutProduct> products;
    std::vector<flow::AddAccount> accounts;
    std::vector<flow::ReceiveReport> reports;
    std::vector<std::pair<std::string, std::string>> reads;

    Outcome<flow::Updated> update_status(flow::UpdateStatus request) override {
        updates.push_back(std::move(request));
        if (fails) throw std::runtime_error{"planted"};
        co_return update_answer;
    }
    Outcome<flow::ProductChanged> change_product(flow::ChangeProduct request) override {
        product_changes.push_back(std::move(request));
        co_return product_changed;
    }
    std::vector<flow::ChangeProduct> product_changes;
    std::expected<flow::ProductChanged, flow::Failure> product_changed =
        flow::ProductChanged{.updated = {.modified = true,
                                         .propagated = flow::Propagated::confirmed,
                                         .version = 7,
                                         .status = domain::EntitlementStatus::active,
                                         .partner_status = domain::PartnerStatus::active},
                             .product = domain::ProductId{"M_NEW"},
                             .activation = {}};
    Outcome<flow::Purchased> purchase(flow::Purchase request) override {
        purchases.push_back(std::move(request));
        co_return purchase_answer;
    }
    Outcome<flow::DeletedOfAccount> delete_of_account(flow::DeleteOfAccount request) override {
        account_deletions.push_back(std::move(request));
        co_return deleted;
    }
    std::vector<flow::DeleteOfAccount> account_deletions;
    std::expected<flow::DeletedOfAccount, flow::Failure> deleted;
    base::Task<flow::StoreResult<flow::ListPage>> list(flow::ListQuery query) override {
        lists.push_back(std::move(query));
        co_return listed;
    }
    std::vector<flow::ListQuery> lists;
    flow::StoreResult<flow::ListPage> listed;
    Outcome<domain::Activation> activation_link(flow::AskLink asked) override {
        links_asked.push_back(std::move(asked));
        co_return activation_answer;
    }
    Outcome<base::Secret> recovery_link(flow::AskLink asked) override {
        links_asked.push_back(std::move(asked));
        co_return recovery_answer;
    }
    std::vector<flow::AskLink> links_asked;
    std::expected<domain::Activation, flow::Failure> activation_answer =
        domain::Activation{.url = base::Secret{"https://partner.example/activate/1"}, .expiry = {}};
    std::expected<base::Secret, flow::Failure> recovery_answer =
        base::Secret{"https://partner.example/recover/1"};
    Outcome<domain::Product> put_product(flow::PutProduct request) override {
        products.push_back(std::move(request));
        co_return product_answer;
    }
    Outcome<domain::Product> read_product(domain::TenantId, domain::ProductId id) override {
        products_read.push_back(id.text());
        co_return product_answer;
    }
    Outcome<std::vector<domain::Product>> list_products(domain::TenantId, domain::ProductId,
                                                        std::size_t) override {
        co_return sold;
    }
    std::vector<std::string> products_read;
    std::vector<domain::Product> sold;
    Outcome<std::optional<std::string>> find_answer(flow::AskedBefore asked) override {
        keys_asked.push_back(std::move(asked));
        co_return answer_kept;
    }
    base::Task<flow::StoreResult<std::string>> replace_answer(flow::Replace replace) override {
        replaced.push_back(replace);
        co_return replace_result.value_or(replace.answer.text);
    }
    std::vector<flow::AskedBefore> keys_asked;
    std::expected<std::optional<std::string>, flow::Failure> answer_kept = std::nullopt;
    std::vector<flow::Replace> replaced;
    std::optional<flow::StoreResult<std::string>> replace_result;
    Outcome<flow::ChangedAccount> change_account(flow::ChangeAccount request,
                                                 base::Monotonic) override {
        account_changes.push_back(std::move(request));
        co_return account_changed;
    }
    Outcome<flow::AccountView> read_account(domain::TenantId, domain::AccountId id) override {
        accounts_read.push_back(id.text());
        co_return account_view;
    }
    std::vector<flow::ChangeAccount> account_changes;
    std::expected<flow::ChangedAccount, flow::Failure> account_changed =
        flow::ChangedAccount{.modified = true};
    std::vector<std::string> accounts_read;
    std::expected<flow::AccountView, flow::Failure> account_view;
    Outcome<domain::Account> add_account(flow::AddAccount request) override {
        accounts.push_back(std::move(request));
        co_return account_answer;
    }
    Outcome<flow::ReportOutcome> receive_report(flow::ReceiveReport report) override {
        reports.push_back(std::move(report));
        co_return report_answer;
    }
    base::Task<flow::StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) override {
        reads.emplace_back(tenant.text(), id.text());
        co_return found;
    }
    base::Task<flow::StoreResult<std::vector<flow::KeptReport>>> kept_reports(
        domain::TenantId, domain::EntitlementId entitlement, std::size_t limit) override {
        reports_asked.emplace_back(entitlement.text(), limit);
        co_return kept;
    }
    std::vector<flow::KeptReport> kept;
    std::vector<std::pair<std::string, std::size_t>> reports_asked;
    base::Task<flow::StoreResult<std::vector<flow::Hold>>> holds() override { co_return in_force; }
    base::Task<flow::StoreResult<flow::Hold>> place_hold(flow::Hold hold) override {
        placed.push_back(hold);
        co_return hold;
    }
    base::Task<flow::StoreResult<std::size_t>> lift_hold(flow::LiftHold lift) override {
        lifted.push_back(std::move(lift));
        co_return lifts;
    }
    Outcome<bool> retry(flow::Retry retry) override {
        retried.push_back(std::move(retry));
        co_return retry_answer;
    }
    base::Task<flow::StoreResult<std::vector<flow::Unsettled>>> unsettled(
        domain::TenantId, domain::EntitlementId after, std::optional<domain::Problem> problem,
        std::size_t limit) override {
        unsettled_asked.push_back({std::move(after), problem, limit});
        co_return unsettled_rows;
    }
    struct UnsettledAsked {
        domain::EntitlementId after;
        std::optional<domain::Problem> problem;
        std::size_t limit = 0;
    };
    std::vector<flow::Hold> in_force;
    std::vector<flow::Hold> placed;
    std::vector<flow::LiftHold> lifted;
    std::size_t lifts = 1;
    std::vector<flow::Retry> retried;
    std::expected<bool, flow::Failure> retry_answer = true;
    std::vector<UnsettledAsked> unsettled_asked;
    std::vector<flow::Unsettled> unsettled_rows;
    Outcome<std::vector<flow::Explanation>> explain(flow::Explain request) override {
        explained.push_back(std::move(request));
        co_return explanations;
    }
    std::expected<std::vector<flow::Explanation>, flow::Failure> explanations;
    std::vector<flow::Explain> explained;
    base::Task<flow::StoreResult<std::vector<flow::RowFinding>>> compare_rows(
        flow::CompareRows request) override {
        compared.push_back(std::move(request));
        co_return row_findings;
    }
    base::Task<flow::StoreResult<flow::HeldPage>> list_held(flow::ListHeld request) override {
        lists_asked.push_back(std::move(request));
        co_return held_page;
    }
    base::Task<flow::StoreResult<std::size_t>> ask_reads(
        domain::TenantId tenant, std::vector<flow::ReadAsked> asked) override {
        reads_asked.emplace_back(tenant.text(), std::move(asked));
        co_return reads_asked.back().second.size();
    }
    base::Task<flow::StoreResult<flow::Comparison>> sign_comparison(
        flow::Comparison line) override {
        lines.push_back(line);
        co_return line;
    }
    base::Task<flow::StoreResult<std::vector<flow::Comparison>>> latest_comparisons(
        domain::TenantId) override {
        co_return lines;
    }
    std::vector<flow::CompareRows> compared;
    flow::StoreResult<std::vector<flow::RowFinding>> row_findings;
    std::vector<flow::ListHeld> lists_asked;
    flow::StoreResult<flow::HeldPage> held_page;
    std::vector<std::pair<std::string, std::vector<flow::ReadAsked>>> reads_asked;
    std::vector<flow::Comparison> lines;
    base::Task<flow::Status> status(std::optional<domain::TenantId> tenant) override {
        status_asked.push_back(tenant);
        auto told = facts;
        if (!takes_writes) told.not_writable = takes_writes.error();
        if (tenant) told = flow::only_of(std::move(told), *tenant);
        co_return flow::tell_status(std::move(told));
    }
    base::Task<flow::StoreResult<std::vector<flow::ActionPin>>> pins() override {
        co_return facts.pins;
    }
    base::Task<flow::StoreResult<flow::ActionPin>> place_pin(flow::ActionPin pin) override {
        pins_placed.push_back(pin);
        co_return pin;
    }
    base::Task<flow::StoreResult<std::size_t>> lift_pin(flow::LiftPin lift) override {
        pins_lifted.push_back(std::move(lift));
        co_return lifts;
    }
    std::vector<flow::LearnedGap> learned() const override { return facts.learned; }
    std::size_t forget_learned(const flow::GapScope& scope) override {
        cleared.push_back(scope);
        return 2;
    }
    flow::StatusFacts facts;
    std::vector<std::optional<domain::TenantId>> status_asked;
    std::vector<flow::ActionPin> pins_placed;
    std::vector<flow::LiftPin> pins_lifted;
    std::vector<flow::GapScope> cleared;
    std::expected<void, std::string> takes_writes;
    std::expected<void, std::string> writable() const override { return takes_writes; }

    std::size_t asked() const {
        return updates.size() + purchases.size() + products.size() + accounts.size() +
               reports.size() + reads.size();
    }
};

}  // namespace usher::api
