#include "flow/explain.h"

#include <utility>

namespace usher::flow {

namespace {

using domain::Entitlement;

constexpr std::size_t kLongestHistory = 1'000;
constexpr std::size_t kReportsTold = 3;

// History and calls first, then the row: when it has moved on meanwhile, once more.
base::Task<StoreResult<std::optional<Evidence>>> gather(Ports& ports, domain::TenantId tenant,
                                                        domain::EntitlementId id) {
    constexpr int kTries = 3;
    Evidence evidence;
    for (int i = 0; i < kTries; ++i) {
        auto history = co_await ports.store.history_of(tenant, id, kLongestHistory);
        if (!history) co_return std::unexpected{history.error()};
        auto calls = co_await ports.store.calls_of(tenant, id);
        if (!calls) co_return std::unexpected{calls.error()};
        auto row = co_await ports.store.find_entitlement(tenant, id);
        if (!row) co_return std::unexpected{row.error()};
        if (!*row) co_return std::nullopt;
        evidence.history = std::move(*history);
        evidence.calls = std::move(calls->calls);
        evidence.row = std::move(**row);
        const auto newest = evidence.history.empty() ? 0 : evidence.history.back().position;
        if (newest == evidence.row.last_position) break;
    }
    auto reports = co_await ports.store.reports(tenant, id, kReportsTold);
    if (!reports) co_return std::unexpected{reports.error()};
    evidence.reports = std::move(*reports);
    const auto& row = evidence.row;
    evidence.route = ports.propagator.standing(row.tenant, row.merchant);
    evidence.supported = ports.propagator.supported(row.tenant, row.merchant, row.product_key);
    if (const auto writable = ports.store.writable(); !writable) {
        evidence.not_writable = writable.error();
    }
    evidence.now = ports.clock.now();
    co_return std::move(evidence);
}

base::Task<StoreResult<std::vector<domain::EntitlementId>>> find(Ports& ports,
                                                                 const Explain& request) {
    std::vector<domain::EntitlementId> ids;
    if (request.entitlement) {
        ids.push_back(*request.entitlement);
        co_return std::move(ids);
    }
    auto rows =
        request.account
            ? co_await ports.store.live_of_account(request.tenant, *request.account, Explain::kMost)
            : co_await ports.store.find_by_partner_id(
                  request.tenant, request.partner_id.value_or(domain::PartnerEntitlementId{}));
    if (!rows) co_return std::unexpected{rows.error()};
    for (auto& row : *rows) ids.push_back(std::move(row.id));
    co_return std::move(ids);
}

std::optional<Explanation> told(const Evidence& evidence, std::optional<base::Time> at) {
    if (!at || *at >= evidence.now) return explain(evidence);
    return explain_at(evidence, *at);
}

}  // namespace

base::Task<std::expected<std::vector<Explanation>, Failure>> explain(Ports& ports,
                                                                     Explain request) {
    const auto ids = co_await find(ports, request);
    if (!ids) co_return std::unexpected{fail(ids.error())};
    std::vector<Explanation> all;
    for (const auto& id : *ids) {
        const auto evidence = co_await gather(ports, request.tenant, id);
        if (!evidence) co_return std::unexpected{fail(evidence.error())};
        if (!*evidence) continue;
        if (auto explanation = told(**evidence, request.at)) {
            all.push_back(std::move(*explanation));
        }
    }
    if (request.entitlement && all.empty()) {
        co_return std::unexpected{fail(FailureKind::entitlement_unknown)};
    }
    co_return std::move(all);
}

}  // namespace usher::flow
