#include "flow/compare.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "flow/recording.h"
#include "flow/unbound.h"

namespace usher::flow {

namespace {

base::Task<StoreResult<RowFinding>> find_stranger(Ports& ports, const CompareRows& request,
                                                  const FileRow& row) {
    const auto account = ports.partner.account_of(request.tenant, row.customer, request.merchant);
    RowFinding finding;
    if (account && domain::is_live(row.status)) {
        auto unbound = co_await find_unbound(ports, {.tenant = request.tenant,
                                                     .customer = row.customer,
                                                     .merchant = request.merchant,
                                                     .product = row.product_key});
        if (!unbound) co_return std::unexpected{unbound.error()};
        if (!unbound->empty()) finding.ours = std::move(unbound->front());
    }
    finding.judgement =
        judge_stranger(row, account.has_value(), finding.ours ? &*finding.ours : nullptr);
    co_return std::move(finding);
}

}  // namespace

base::Task<StoreResult<std::vector<RowFinding>>> compare_rows(Ports& ports, CompareRows request) {
    std::vector<domain::PartnerEntitlementId> ids;
    for (const auto& row : request.rows) ids.push_back(row.id);
    auto held = co_await ports.store.held_at(request.tenant, request.merchant, std::move(ids));
    if (!held) co_return std::unexpected{held.error()};
    std::map<domain::PartnerEntitlementId, domain::Entitlement> by_id;
    for (auto& ours : *held) by_id.emplace(ours.partner_id, std::move(ours));

    std::vector<RowFinding> findings;
    for (const auto& row : request.rows) {
        if (const auto found = by_id.find(row.id); found != by_id.end()) {
            findings.push_back({judge_row(row, found->second, request.as_of), found->second});
            continue;
        }
        auto finding = co_await find_stranger(ports, request, row);
        if (!finding) co_return std::unexpected{finding.error()};
        findings.push_back(std::move(*finding));
    }
    co_return std::move(findings);
}

base::Task<StoreResult<HeldPage>> list_held(Ports& ports, ListHeld request) {
    auto rows =
        co_await ports.store.entitlements_after(request.tenant, request.after, request.limit);
    if (!rows) co_return std::unexpected{rows.error()};
    HeldPage page;
    if (rows->size() == request.limit) page.next = rows->back().id;
    for (auto& ours : *rows) {
        const auto judged =
            judge_absent(ours, request.merchant, request.as_of, request.all_statuses);
        if (judged) page.held.push_back({*judged, std::move(ours)});
    }
    co_return std::move(page);
}

base::Task<StoreResult<Comparison>> sign_comparison(Ports& ports, Comparison line) {
    line.at = ports.clock.now();
    const Wanted wanted{.tenant = line.tenant};
    co_return co_await decide_in<Comparison>(ports.store, wanted, [line](const Rows&) {
        return std::pair{Writes{.comparison = line}, line};
    });
}

}  // namespace usher::flow
