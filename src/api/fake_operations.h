// Operations that only remember what they were asked, for this room's tests.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/fake_administration.h"

namespace usher::api {

class FakeOperations : public FakeAdministration {
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
    std::string provisional;
    std::vector<flow::Purchase> purchases;
    std::vector<flow::PutProduct> products;
    std::vector<flow::AddAccount> accounts;
    std::vector<flow::ReceiveReport> reports;
    std::vector<std::pair<std::string, std::string>> reads;

    Outcome<flow::Updated> update_status(flow::UpdateStatus request) override {
        updates.push_back(std::move(request));
        if (fails) throw std::runtime_error{"planted"};
        // As the transaction of a change would: what is answered if the wait is over now.
        if (updates.back().once && update_answer) {
            auto pending = *update_answer;
            pending.propagated = flow::Propagated::pending;
            provisional = updates.back().once->render(pending).text;
        }
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
    Outcome<flow::FeedPage> read_feed(flow::ReadFeed asked) override {
        feeds.push_back(std::move(asked));
        co_return feed;
    }
    std::vector<flow::ReadFeed> feeds;
    std::expected<flow::FeedPage, flow::Failure> feed;
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
    std::expected<void, std::string> writable() const override { return takes_writes; }

    std::size_t asked() const {
        return updates.size() + purchases.size() + products.size() + accounts.size() +
               reports.size() + reads.size();
    }
};

}  // namespace usher::api
