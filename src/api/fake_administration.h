// The part of fake_operations.h that those ask for who run Usher, and what is kept of requests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/operations.h"

namespace usher::api {

class FakeAdministration : public Operations {
  public:
    std::expected<void, std::string> takes_writes;

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
    Outcome<std::optional<std::string>> find_answer(flow::AskedBefore asked) override {
        keys_asked.push_back(std::move(asked));
        co_return answer_kept;
    }
    base::Task<flow::StoreResult<std::string>> replace_answer(flow::Replace replace) override {
        replaced.push_back(replace);
        co_return replace_result.value_or(replace.answer.text);
    }
    std::vector<flow::AskedBefore> keys_asked;
    std::expected<std::optional<std::string>, flow::Failure> answer_kept;
    std::vector<flow::Replace> replaced;
    std::optional<flow::StoreResult<std::string>> replace_result;
    std::vector<flow::Foreseen> foresee(const std::vector<domain::Entitlement>& rows) override {
        std::vector<flow::Foreseen> all;
        for (const auto& row : rows) all.push_back({row.id, {"cancel"}});
        return all;
    }
    Outcome<flow::Bulk> begin_bulk(flow::BeginBulk request) override {
        bulk.tenant = request.tenant;
        bulks_begun.push_back(std::move(request));
        co_return bulk;
    }
    Outcome<flow::Looked> note_look(flow::NoteLook request) override {
        looks_noted.push_back(std::move(request));
        co_return flow::Looked{.bulk = bulk, .token = base::Secret{"bulk-token"}};
    }
    Outcome<flow::Bulk> start_bulk(flow::StartBulk request) override {
        bulks_started.push_back(std::move(request));
        co_return bulk;
    }
    Outcome<flow::Bulk> let_rows_through(flow::LetRowsThrough request) override {
        let_through.push_back(std::move(request));
        if (bulk_failure) co_return std::unexpected{*bulk_failure};
        co_return bulk;
    }
    Outcome<flow::Bulk> note_results(flow::NoteResults request) override {
        results_noted.push_back(std::move(request));
        co_return bulk;
    }
    Outcome<flow::Bulk> find_bulk(domain::TenantId, std::string) override {
        if (bulk_failure) co_return std::unexpected{*bulk_failure};
        co_return bulk;
    }
    Outcome<std::vector<flow::Bulk>> list_bulks(domain::TenantId, std::size_t) override {
        co_return std::vector{bulk};
    }
    Outcome<flow::Imported> import_entitlement(flow::Import request) override {
        imports.push_back(request);
        if (import_failure) co_return std::unexpected{*import_failure};
        flow::Imported imported{.is_new = true};
        imported.entitlement.id = request.entitlement;
        imported.entitlement.convergence.status = request.status;
        co_return imported;
    }
    std::vector<flow::Import> imports;
    std::optional<flow::Failure> import_failure;
    flow::Bulk bulk;
    std::optional<flow::Failure> bulk_failure;
    std::vector<flow::BeginBulk> bulks_begun;
    std::vector<flow::NoteLook> looks_noted;
    std::vector<flow::StartBulk> bulks_started;
    std::vector<flow::LetRowsThrough> let_through;
    std::vector<flow::NoteResults> results_noted;
    Outcome<flow::SubTenant> add_sub_tenant(flow::AddSubTenant request) override {
        tenants_added.push_back(request);
        co_return request.tenant;
    }
    Outcome<bool> change_sub_tenant(flow::ChangeSubTenant request) override {
        tenants_changed.push_back(std::move(request));
        co_return tenant_modified;
    }
    Outcome<std::vector<flow::SubTenant>> list_sub_tenants(domain::TenantId) override {
        co_return sub_tenants;
    }
    Outcome<std::vector<flow::TenantChange>> list_tenant_changes(domain::TenantId,
                                                                 std::size_t) override {
        co_return tenant_changes;
    }
    std::vector<flow::AddSubTenant> tenants_added;
    std::vector<flow::ChangeSubTenant> tenants_changed;
    std::expected<bool, flow::Failure> tenant_modified = true;
    std::vector<flow::SubTenant> sub_tenants;
    std::vector<flow::TenantChange> tenant_changes;
};

}  // namespace usher::api
