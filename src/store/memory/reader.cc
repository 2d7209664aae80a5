#include <algorithm>
#include <ranges>
#include <tuple>

#include "store/memory/engine.h"
#include "store/reading.h"

namespace usher::store::memory {

MemoryReader::MemoryReader(std::shared_ptr<State> state) : state_{std::move(state)} {}

ReadEngine::Answer<std::optional<domain::Entitlement>> MemoryReader::entitlement(
    const domain::TenantId& tenant, const domain::EntitlementId& id) {
    const std::lock_guard lock{state_->mutex};
    return find(state_->entitlements, Key{tenant, id});
}

ReadEngine::Answer<std::optional<domain::Product>> MemoryReader::product(
    const domain::TenantId& tenant, const domain::ProductId& id) {
    const std::lock_guard lock{state_->mutex};
    return find(state_->products, std::pair{tenant, id});
}

ReadEngine::Answer<std::optional<domain::Account>> MemoryReader::account(
    const domain::TenantId& tenant, const domain::AccountId& id) {
    const std::lock_guard lock{state_->mutex};
    return find(state_->accounts, std::pair{tenant, id});
}

ReadEngine::Answer<std::vector<domain::Account>> MemoryReader::cascades_due(base::Time until,
                                                                            std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Account> due;
    for (const auto& [key, account] : state_->accounts) {
        const bool is_due =
            account.cascade && account.cascade->due_at && *account.cascade->due_at <= until;
        if (is_due) due.push_back(account);
    }
    std::ranges::sort(due, {}, [](const domain::Account& one) {
        return std::tuple{*one.cascade->due_at, one.tenant, one.id};
    });
    if (due.size() > limit) due.resize(limit);
    return due;
}

ReadEngine::Answer<std::vector<domain::Product>> MemoryReader::products_after(
    const domain::TenantId& tenant, const domain::ProductId& after, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Product> products;
    for (auto at = state_->products.upper_bound({tenant, after});
         at != state_->products.end() && at->first.first == tenant && products.size() < limit;
         ++at) {
        products.push_back(at->second);
    }
    return products;
}

ReadEngine::Answer<std::vector<domain::Entitlement>> MemoryReader::live_of_account(
    const domain::TenantId& tenant, const domain::AccountId& account, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Entitlement> rows;
    for (auto at = state_->places.lower_bound({tenant, account, domain::ProductId{}});
         at != state_->places.end() && rows.size() < limit; ++at) {
        if (std::get<0>(at->first) != tenant || std::get<1>(at->first) != account) break;
        rows.push_back(state_->entitlements.at({tenant, at->second}));
    }
    return rows;
}

ReadEngine::Answer<std::vector<domain::Entitlement>> MemoryReader::by_partner_id(
    const domain::TenantId& tenant, const domain::PartnerEntitlementId& id) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Entitlement> rows;
    for (const auto& [name, key] : state_->holders) {
        if (name.id == id && key.first == tenant) rows.push_back(state_->entitlements.at(key));
    }
    return rows;
}

ReadEngine::Answer<std::vector<domain::Entitlement>> MemoryReader::held_at(
    const domain::TenantId& tenant, const domain::MerchantId& merchant,
    const std::vector<domain::PartnerEntitlementId>& ids) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Entitlement> rows;
    for (const auto& id : ids) {
        const auto holder = find(state_->holders, flow::PartnerKey{merchant, id});
        if (holder && holder->first == tenant) rows.push_back(state_->entitlements.at(*holder));
    }
    return rows;
}

ReadEngine::Answer<std::vector<domain::Entitlement>> MemoryReader::entitlements_after(
    const domain::TenantId& tenant, const domain::EntitlementId& after, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Entitlement> rows;
    for (auto at = state_->entitlements.upper_bound({tenant, after});
         at != state_->entitlements.end() && at->first.first == tenant && rows.size() < limit;
         ++at) {
        rows.push_back(at->second);
    }
    return rows;
}

ReadEngine::Answer<flow::ListPage> MemoryReader::list(const flow::ListQuery& query) {
    const std::lock_guard lock{state_->mutex};
    const auto* narrowing = flow::narrowing_term(query.where);
    std::vector<const domain::Entitlement*> found;
    std::size_t looked_at = 0;
    for (auto at = state_->entitlements.lower_bound({query.tenant, {}});
         at != state_->entitlements.end() && at->first.first == query.tenant; ++at) {
        if (at->second.deleted_at) continue;
        const bool is_seen =
            narrowing == nullptr ||
            flow::matches({.kind = flow::Condition::Kind::term, .parts = {}, .term = *narrowing},
                          at->second);
        if (is_seen) ++looked_at;
        if (flow::matches(query.where, at->second)) found.push_back(&at->second);
    }
    flow::ListPage page{.total = found.size()};
    if (!flow::wants_everything(query) && looked_at > query.scan_limit) {
        return flow::ListPage{.too_broad = true};
    }
    std::erase_if(found, [&query](const auto* row) {
        return query.behind && !flow::matches(*query.behind, *row);
    });
    std::ranges::sort(found, [&query](const auto* a, const auto* b) {
        return flow::compare(*a, *b, query.order) < 0;
    });
    for (auto i = query.skip; i < found.size() && page.rows.size() < query.limit; ++i) {
        page.rows.push_back(*found[i]);
    }
    return page;
}

ReadEngine::Answer<std::vector<domain::Call>> MemoryReader::calls(const domain::TenantId& tenant,
                                                                  const domain::EntitlementId& id) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Call> calls;
    const auto found = state_->calls.find({tenant, id});
    if (found == state_->calls.end()) return calls;
    for (const auto& [number, call] : found->second) calls.push_back(call);
    return calls;
}

ReadEngine::Answer<std::int64_t> MemoryReader::last_position(const domain::TenantId& tenant,
                                                             const domain::EntitlementId& id) {
    const std::lock_guard lock{state_->mutex};
    const auto row = find(state_->entitlements, Key{tenant, id});
    return row ? row->last_position : 0;
}

ReadEngine::Answer<std::vector<domain::Event>> MemoryReader::feed(const domain::TenantId& tenant,
                                                                  std::int64_t after,
                                                                  std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Event> events;
    const auto found = state_->feeds.find(tenant);
    if (found == state_->feeds.end()) return events;
    const auto& feed = found->second;
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(after, 0));
         i < feed.size() && events.size() < limit; ++i) {
        events.push_back(feed[i]);
    }
    return events;
}

ReadEngine::Answer<std::vector<flow::Route>> MemoryReader::routes() {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::Route> routes;
    for (const auto& [route, work] : state_->work) routes.push_back(route);
    return routes;
}

ReadEngine::Answer<std::vector<flow::Due>> MemoryReader::due_in(
    const flow::Route& route, base::Time now, const std::optional<flow::Due>& after,
    std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::Due> due;
    const auto found = state_->work.find(route);
    if (found == state_->work.end()) return due;
    const auto& work = found->second;
    auto at = after ? work.upper_bound({after->due_at, after->entitlement}) : work.begin();
    for (; at != work.end() && at->first <= now && due.size() < limit; ++at) {
        due.push_back({route.tenant, at->second, at->first, route.merchant});
    }
    return due;
}

ReadEngine::Answer<std::optional<base::Time>> MemoryReader::next_in(const flow::Route& route,
                                                                    base::Time now) {
    const std::lock_guard lock{state_->mutex};
    const auto found = state_->work.find(route);
    if (found == state_->work.end()) return std::nullopt;
    const auto at = found->second.lower_bound({now + base::Duration{1}, domain::EntitlementId{}});
    if (at == found->second.end()) return std::nullopt;
    return at->first;
}

ReadEngine::Answer<flow::SweepStanding> MemoryReader::sweep_of(const domain::TenantId& tenant,
                                                               bool count) {
    const std::lock_guard lock{state_->mutex};
    flow::SweepStanding standing{.sweep = find(state_->sweeps, tenant)};
    if (!count) return standing;
    for (const auto& [key, row] : state_->entitlements) {
        if (key.first == tenant) ++standing.entitlements;
    }
    return standing;
}

ReadEngine::Answer<std::vector<flow::SweepStop>> MemoryReader::sweep_stops(
    const domain::TenantId& tenant, const domain::EntitlementId& after, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::SweepStop> stops;
    for (auto at = state_->entitlements.upper_bound({tenant, after});
         at != state_->entitlements.end() && at->first.first == tenant && stops.size() < limit;
         ++at) {
        const auto& row = at->second;
        stops.push_back({row.id, row.convergence.partner_status, row.due_at});
    }
    return stops;
}

ReadEngine::Answer<std::vector<flow::Unsettled>> MemoryReader::unsettled(
    const domain::TenantId& tenant, const domain::EntitlementId& after,
    std::optional<domain::Problem> problem, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::Unsettled> found;
    for (auto at = state_->entitlements.upper_bound({tenant, after});
         at != state_->entitlements.end() && at->first.first == tenant && found.size() < limit;
         ++at) {
        const auto& row = at->second;
        if (!row.due_at || !row.unsettled_since) continue;
        if (problem && row.problem != *problem) continue;
        found.push_back({.entitlement = row.id,
                         .status = row.convergence.status,
                         .partner_status = row.convergence.partner_status,
                         .problem = row.problem,
                         .since = *row.unsettled_since,
                         .attempts = row.attempts,
                         .next = row.due_at});
    }
    return found;
}

ReadEngine::Answer<std::vector<domain::Product>> MemoryReader::products_by_key(
    const domain::TenantId& tenant, const domain::MerchantId& merchant,
    const domain::ProductKey& key, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::Product> found;
    for (const auto& [name, product] : state_->products) {
        const bool fits =
            name.first == tenant && product.merchant == merchant && product.product_key == key;
        if (fits && found.size() < limit) found.push_back(product);
    }
    return found;
}

std::vector<flow::KeptReport> newest(const State& state, const Key& of) {
    std::vector<flow::KeptReport> reports;
    const auto found = state.reports.find(of);
    if (found == state.reports.end()) return reports;
    for (const auto& [digest, report] : found->second) reports.push_back(report);
    std::ranges::sort(reports, [](const auto& a, const auto& b) {
        return std::tie(b.received, a.digest) < std::tie(a.received, b.digest);
    });
    return reports;
}

ReadEngine::Answer<std::vector<flow::KeptReport>> MemoryReader::reports(
    const domain::TenantId& tenant, const domain::EntitlementId& entitlement, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    auto found = newest(*state_, {tenant, entitlement});
    if (found.size() > limit) found.resize(limit);
    return found;
}

ReadEngine::Answer<std::vector<flow::SubTenant>> MemoryReader::sub_tenants() {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::SubTenant> all;
    for (const auto& [id, tenant] : state_->sub_tenants) all.push_back(tenant);
    return all;
}

ReadEngine::Answer<std::optional<flow::Bulk>> MemoryReader::bulk(const domain::TenantId& tenant,
                                                                 const std::string& id) {
    const std::lock_guard lock{state_->mutex};
    return find(state_->bulks, std::pair{tenant, id});
}

ReadEngine::Answer<std::vector<flow::Bulk>> MemoryReader::bulks(const domain::TenantId& tenant,
                                                                std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::Bulk> newest;
    for (const auto& [key, bulk] : state_->bulks) {
        if (key.first == tenant) newest.push_back(bulk);
    }
    std::ranges::sort(newest, [](const flow::Bulk& a, const flow::Bulk& b) {
        return std::tie(b.begun, b.id) < std::tie(a.begun, a.id);
    });
    if (newest.size() > limit) newest.resize(limit);
    return newest;
}

ReadEngine::Answer<std::vector<flow::TenantChange>> MemoryReader::tenant_changes(
    const domain::TenantId& tenant, std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::TenantChange> found;
    for (const auto& change : state_->tenant_changes | std::views::reverse) {
        if (change.tenant == tenant && found.size() < limit) found.push_back(change);
    }
    return found;
}

ReadEngine::Answer<std::optional<flow::KeptAnswer>> MemoryReader::kept_answer(
    const flow::IdempotencyKey& key) {
    const std::lock_guard lock{state_->mutex};
    return find(state_->answers, key);
}

ReadEngine::Answer<std::vector<domain::TenantId>> MemoryReader::answers_due(base::Time until,
                                                                            std::size_t limit) {
    const std::lock_guard lock{state_->mutex};
    std::vector<domain::TenantId> tenants;
    for (const auto& [key, kept] : state_->answers) {
        if (flow::due_to_go(kept) > until || tenants.size() == limit) continue;
        if (tenants.empty() || tenants.back() != key.tenant) tenants.push_back(key.tenant);
    }
    return tenants;
}

ReadEngine::Answer<std::vector<flow::Hold>> MemoryReader::holds() {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::Hold> holds;
    for (const auto& [key, hold] : state_->holds) {
        if (!hold.lifted) holds.push_back(hold);
    }
    return holds;
}

ReadEngine::Answer<std::vector<flow::Comparison>> MemoryReader::latest_comparisons(
    const domain::TenantId& tenant) {
    const std::lock_guard lock{state_->mutex};
    std::map<std::pair<domain::MerchantId, bool>, flow::Comparison> newest;
    for (auto at = state_->comparisons.lower_bound({tenant, {}, base::Time::min()});
         at != state_->comparisons.end() && at->second.tenant == tenant; ++at) {
        const auto& line = at->second;
        const bool differs = flow::differences_in(line.counts) > 0;
        newest.insert_or_assign({line.merchant, differs}, line);
    }
    std::vector<flow::Comparison> lines;
    for (auto& [key, line] : newest) lines.push_back(std::move(line));
    std::ranges::sort(
        lines, {}, [](const flow::Comparison& line) { return std::pair{line.merchant, line.at}; });
    return lines;
}

ReadEngine::Answer<std::vector<flow::BacklogPart>> MemoryReader::backlog_of(
    const flow::Route& route, base::Time now, base::Time long_ago) {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::BacklogPart> parts;
    const auto work = state_->work.find(route);
    if (work == state_->work.end()) return parts;
    for (const auto& [due_at, id] : work->second) {
        const auto& row = state_->entitlements.at({route.tenant, id});
        if (!row.unsettled_since) continue;
        count_in(parts,
                 {.tenant = route.tenant,
                  .merchant = route.merchant,
                  .problem = row.problem,
                  .due = due_at <= now,
                  .claimed = row.claim.lease_until && *row.claim.lease_until > now},
                 *row.unsettled_since, long_ago);
    }
    return parts;
}

ReadEngine::Answer<std::vector<flow::ActionPin>> MemoryReader::pins() {
    const std::lock_guard lock{state_->mutex};
    std::vector<flow::ActionPin> pins;
    for (const auto& [key, pin] : state_->pins) {
        if (!pin.lifted) pins.push_back(pin);
    }
    return pins;
}

}  // namespace usher::store::memory
