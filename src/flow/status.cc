#include "flow/status.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "flow/status_findings.h"

namespace usher::flow {

namespace {

RouteStatus& route_of(std::vector<RouteStatus>& routes, const StatusFacts& facts,
                      const domain::TenantId& tenant, const domain::MerchantId& merchant) {
    const auto found = std::ranges::find_if(routes, [&](const RouteStatus& route) {
        return route.report.tenant == tenant && route.report.merchant == merchant;
    });
    if (found != routes.end()) return *found;
    // Work there, and not a call since the start.
    RouteStatus route{.report = {.tenant = tenant, .merchant = merchant}};
    const auto pause = std::ranges::find_if(facts.holds, [&](const Hold& hold) {
        return hold.kind == HoldKind::paused && covers(hold, tenant, merchant);
    });
    if (pause != facts.holds.end()) route.report.paused = *pause;
    return routes.emplace_back(std::move(route));
}

void keep_older(std::optional<base::Time>& oldest, base::Time candidate) {
    oldest = oldest ? std::min(*oldest, candidate) : candidate;
}

// As `usher explain` has it: what stands between us and the partner comes before what the last try
// met.
Cause cause_of_part(const StatusFacts& facts, const RouteReport& route, const BacklogPart& part) {
    if (facts.not_writable) return Cause::store_not_writable;
    if (route.paused) return Cause::paused;
    if (route.state == RouteState::open) {
        return route.problem_code == domain::Problem::none ? Cause::no_answer
                                                           : cause_of(route.problem_code);
    }
    if (part.problem != domain::Problem::none) return cause_of(part.problem);
    if (part.claimed) return Cause::call_under_way;
    return part.due ? Cause::waiting_for_turn : Cause::accepted_and_awaited;
}

TenantStatus* tenant_of(std::vector<TenantStatus>& tenants, const domain::TenantId& tenant) {
    const auto found = std::ranges::find(tenants, tenant, &TenantStatus::tenant);
    return found == tenants.end() ? nullptr : &*found;
}

void count(Status& status, const BacklogPart& part) {
    auto& route = route_of(status.routes, status.facts, part.tenant, part.merchant);
    route.unsettled += part.count;
    if (part.due) route.waiting += part.count;
    keep_older(route.oldest, part.oldest);
    auto* tenant = tenant_of(status.tenants, part.tenant);
    if (tenant == nullptr) {
        tenant = &status.tenants.emplace_back(TenantStatus{.tenant = part.tenant});
    }
    tenant->unsettled += part.count;
    keep_older(tenant->oldest, part.oldest);
    const auto cause = cause_of_part(status.facts, route.report, part);
    tenant->causes[cause] += part.count;
    const auto attention = domain::is_for_people(part.problem) ? part.count : part.long_ago;
    if (attention == 0) return;
    tenant->attention += attention;
    tenant->attention_causes[cause] += attention;
}

void estimate(RouteStatus& route) {
    if (route.waiting == 0) return;
    const auto& report = route.report;
    if (report.paused) {
        route.eta_unknown = "it is paused";
    } else if (report.state == RouteState::open) {
        route.eta_unknown = "the partner is in trouble";
    } else if (report.state == RouteState::half_open) {
        route.eta_unknown = "the partner has only just answered again";
    } else if (!report.rate_is_known) {
        route.eta_unknown = "it has not been moving for ten seconds yet";
    } else if (report.settled_per_minute <= 0) {
        route.eta_unknown = "nothing was settled in the last two minutes";
    } else {
        const auto minutes = static_cast<double>(route.waiting) / report.settled_per_minute;
        route.eta = std::chrono::duration_cast<base::Duration>(
            std::chrono::duration<double, std::ratio<60>>(minutes));
    }
}

TenantStatus begin(const WatchedTenant& watched, base::Time now) {
    TenantStatus tenant{
        .tenant = watched.tenant, .freshness = watched.freshness, .sweep = watched.sweep};
    // In the order of merchants, the newer of each behind the older.
    for (const auto& line : watched.compared) {
        if (!tenant.compared.empty() && tenant.compared.back().merchant == line.merchant) {
            tenant.compared.pop_back();
        }
        tenant.compared.push_back(line);
    }
    if (!watched.sweep || watched.freshness <= base::Duration::zero()) return tenant;
    const auto& sweep = *watched.sweep;
    if (sweep.fresh_since) tenant.sweep_age = now - *sweep.fresh_since;
    // A round that follows another begins when that was: only after two limits something is late.
    tenant.sweep_is_late =
        now - sweep.fresh_since.value_or(sweep.round_begun) > 2 * watched.freshness;
    return tenant;
}

// 0 is the worst.
int rank(const RouteStatus& route) {
    if (route.report.state == RouteState::open && !route.report.paused) return 0;
    if (route.report.state == RouteState::half_open) return 1;
    if (route.report.paused) return 2;
    return route.waiting > 0 ? 3 : 4;
}

}  // namespace

StatusFacts only_of(StatusFacts facts, const domain::TenantId& tenant) {
    const auto is_others = [&](const auto& one) { return one.tenant != tenant; };
    const auto is_not_here = [&](const auto& one) {
        return !one.tenant.empty() && one.tenant != tenant;
    };
    std::erase_if(facts.routes, is_others);
    std::erase_if(facts.tenants, is_others);
    std::erase_if(facts.learned, is_others);
    std::erase_if(facts.holds, is_not_here);
    std::erase_if(facts.pins, is_not_here);
    if (facts.backlog) {
        auto counted = *facts.backlog;
        std::erase_if(counted.parts, is_others);
        facts.backlog = std::make_shared<const Counted>(std::move(counted));
    }
    return facts;
}

base::Task<StatusFacts> gather_status(Ports& ports, Backlog& backlog,
                                      std::vector<WatchedTenant> tenants) {
    StatusFacts facts{.now = ports.clock.now(),
                      .routes = ports.propagator.routes(),
                      .tenants = std::move(tenants),
                      .learned = ports.propagator.learned(),
                      .give_up_after = ports.limits.schedule.give_up_after};
    if (auto writable = ports.store.writable(); !writable) facts.not_writable = writable.error();
    const auto fail = [&facts](StoreError error) { facts.not_readable = to_text(error); };
    auto counted = co_await backlog.count();
    if (counted) {
        facts.backlog = std::move(*counted);
    } else {
        fail(counted.error());
    }
    auto holds = co_await ports.store.holds();
    if (holds) {
        facts.holds = std::move(*holds);
    } else {
        fail(holds.error());
    }
    auto pins = co_await ports.store.pins();
    if (pins) {
        facts.pins = std::move(*pins);
    } else {
        fail(pins.error());
    }
    for (auto& tenant : facts.tenants) {
        auto standing = co_await ports.store.sweep_of(tenant.tenant, false);
        if (standing) tenant.sweep = std::move(standing->sweep);
        auto compared = co_await ports.store.latest_comparisons(tenant.tenant);
        if (compared) tenant.compared = std::move(*compared);
    }
    co_return facts;
}

Status tell_status(StatusFacts facts) {
    Status status;
    for (const auto& watched : facts.tenants) {
        status.tenants.push_back(begin(watched, facts.now));
    }
    for (const auto& report : facts.routes) status.routes.push_back({.report = report});
    status.facts = std::move(facts);
    if (status.facts.backlog) {
        for (const auto& part : status.facts.backlog->parts) count(status, part);
    }
    for (auto& route : status.routes) estimate(route);
    std::ranges::sort(status.routes, [](const RouteStatus& a, const RouteStatus& b) {
        const auto key = [](const RouteStatus& route) {
            return std::tuple{rank(route), -static_cast<std::int64_t>(route.waiting),
                              route.report.tenant, route.report.merchant};
        };
        return key(a) < key(b);
    });
    status.findings = findings_of(status);
    return status;
}

bool is_in_trouble(const Status& status) {
    return std::ranges::any_of(status.findings, [](const StatusFinding& finding) {
        return finding.severity == Severity::trouble;
    });
}

}  // namespace usher::flow
