// What others ask the converger about: how each way stands, and what is supported there.
#include <algorithm>
#include <utility>

#include "converge/converger.h"

namespace usher::converge {

namespace {

flow::RouteState word_of(Breaker::State state) {
    switch (state) {
        case Breaker::State::closed:
            return flow::RouteState::healthy;
        case Breaker::State::half_open:
            return flow::RouteState::half_open;
        case Breaker::State::open:
            return flow::RouteState::open;
    }
    return flow::RouteState::healthy;
}

}  // namespace

bool Converger::takes_calls(const domain::TenantId& tenant,
                            const domain::MerchantId& merchant) const {
    return !stopping_ && under_way_ < options_.in_flight &&
           routes_.takes_calls({tenant, merchant}, clock_.monotonic());
}

// More than a way carries at once would wait behind one another, and hold up the door.
bool Converger::worth_waiting(const domain::TenantId& tenant,
                              const domain::MerchantId& merchant) const {
    return takes_calls(tenant, merchant) ||
           (!stopping_ && watches_.size() <= routes_.most_in_flight() &&
            routes_.is_healthy({tenant, merchant}));
}

flow::RouteStanding Converger::standing(const domain::TenantId& tenant,
                                        const domain::MerchantId& merchant) const {
    const auto state = routes_.state({tenant, merchant}, clock_.monotonic());
    const bool is_open = state.breaker == Breaker::State::open;
    flow::RouteStanding standing{.healthy = !is_open,
                                 .full = state.full || under_way_ >= options_.in_flight,
                                 .problem = state.trouble.sentence,
                                 .problem_code = state.trouble.code,
                                 .paused = holds_.pause_of({tenant, merchant})};
    if (is_open) standing.next_probe = wall_time(state.next_probe);
    return standing;
}

// Of a time ahead: not before now.
base::Time Converger::wall_time(base::Monotonic at) const {
    return clock_.now() + std::max(base::Duration::zero(), at - clock_.monotonic());
}

std::unique_ptr<flow::Watch> Converger::watch(const domain::TenantId& tenant,
                                              const domain::EntitlementId& entitlement) {
    return watches_.watch(tenant, entitlement);
}

domain::ActionSet Converger::supported(const domain::TenantId& tenant,
                                       const domain::MerchantId& merchant,
                                       const domain::ProductKey& product) const {
    return routes_.supported({tenant, merchant}, product, clock_.monotonic());
}

std::vector<flow::RouteReport> Converger::routes() const {
    std::vector<flow::RouteReport> reports;
    for (auto& [route, state] : routes_.states(clock_.monotonic())) {
        flow::RouteReport report{.tenant = route.tenant,
                                 .merchant = route.merchant,
                                 .state = word_of(state.breaker),
                                 .problem = std::move(state.trouble.sentence),
                                 .problem_code = state.trouble.code,
                                 .paused = holds_.pause_of(route),
                                 .window = state.window,
                                 .most = options_.routes.in_flight,
                                 .in_flight = state.in_flight};
        if (state.breaker == Breaker::State::open) report.next_probe = wall_time(state.next_probe);
        report.rate_is_known = state.settled_per_second.has_value();
        report.settled_per_minute = state.settled_per_second.value_or(0) * 60;
        reports.push_back(std::move(report));
    }
    return reports;
}

std::vector<flow::LearnedGap> Converger::learned() const {
    std::vector<flow::LearnedGap> gaps;
    for (auto& gap : routes_.learned(clock_.monotonic())) {
        const auto until = wall_time(gap.until);
        gaps.push_back({.tenant = gap.route.tenant,
                        .merchant = gap.route.merchant,
                        .product = std::move(gap.product),
                        .action = gap.action,
                        .since = until - routes_.unsupported_for(),
                        .until = until});
    }
    return gaps;
}

std::size_t Converger::forget_learned(const flow::GapScope& scope) {
    const auto forgotten = routes_.forget_learned(scope, clock_.monotonic());
    wake();
    return forgotten;
}

void Converger::hear_of_pins(std::vector<flow::ActionPin> in_force) {
    routes_.set_pins(std::move(in_force));
}

}  // namespace usher::converge
