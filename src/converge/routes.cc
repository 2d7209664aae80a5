#include "converge/routes.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace usher::converge {

namespace {

// A trial of which nothing is heard; in fact each call ends before that.
constexpr base::Duration kLongestTrial = std::chrono::minutes{2};

Pace::Sign sign_of(const Answered& answer) {
    if (!answer.unhealthy) return Pace::Sign::good;
    using enum domain::Problem;
    const auto code = answer.trouble.code;
    const bool may_be_load = code == slow_down || code == partner_fault || code == no_answer;
    return may_be_load ? Pace::Sign::overloaded : Pace::Sign::neither;
}

void log_route(base::LogLevel level, std::string_view event, const flow::Route& route,
               const std::string& problem) {
    base::log(level, event,
              {{"tenant", route.tenant.text()},
               {"merchant", route.merchant.text()},
               {"problem", problem}});
}

bool is_meant(const flow::GapScope& scope, const flow::Route& route,
              const domain::ProductKey& product, domain::PartnerAction action) {
    return (scope.tenant.empty() || scope.tenant == route.tenant) &&
           (scope.merchant.empty() || scope.merchant == route.merchant) &&
           (scope.product.empty() || scope.product == product) &&
           (!scope.action || *scope.action == action);
}

}  // namespace

bool Routes::Standing::takes_call(base::Monotonic now) const {
    if (!breaker.is_closed()) return breaker.takes_call(now);
    return pace.may_start(in_flight, now);
}

void Routes::Standing::enter(base::Monotonic now) {
    ++in_flight;
    breaker.begin_call(now, kLongestTrial);
    pace.started(now);
}

Routes::Standing& Routes::standing(const flow::Route& route) {
    const auto found = standings_.find(route);
    if (found != standings_.end()) return found->second;
    return standings_
        .emplace(route, Standing{.breaker = Breaker{limits_.breaker},
                                 .pace = Pace{{.most = limits_.in_flight}},
                                 .rate = {}})
        .first->second;
}

bool Routes::takes_calls(const flow::Route& route, base::Monotonic now) const {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    return found == standings_.end() || found->second.takes_call(now);
}

bool Routes::is_healthy(const flow::Route& route) const {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    return found == standings_.end() || found->second.breaker.state() != Breaker::State::open;
}

bool Routes::enter(const flow::Route& route, base::Monotonic now) {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    if (!known.takes_call(now)) return false;
    known.enter(now);
    return true;
}

bool Routes::enter_spare(const flow::Route& route, base::Monotonic now) {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    const auto spare = std::max(known.pace.window() / 2, 1.0);
    if (!known.takes_call(now) || static_cast<double>(known.in_flight + 1) > spare) return false;
    known.enter(now);
    return true;
}

void Routes::leave(const flow::Route& route) {
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    if (known.in_flight > 0) --known.in_flight;
}

void Routes::give_back(const flow::Route& route) {
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    if (known.in_flight > 0) --known.in_flight;
    known.breaker.call_off();
}

void Routes::answered(const flow::Route& route, const Answered& answer, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    const auto before = known.breaker.state();
    known.pace.answered(sign_of(answer), answer.kind, answer.begun, now, known.in_flight);
    // Who asks to slow down is there: that is a matter of pace and no outage.
    const bool is_there = !answer.unhealthy || answer.trouble.code == domain::Problem::slow_down;
    if (is_there) {
        known.breaker.succeed(now);
    } else if (known.breaker.fail(now, answer.trouble)) {
        log_route(base::LogLevel::error, "partner_in_trouble", route, answer.trouble.sentence);
    }
    if (answer.retry_after) known.breaker.hold(now, *answer.retry_after, answer.trouble);
    if (before != Breaker::State::closed && known.breaker.is_closed()) {
        log_route(base::LogLevel::info, "partner_back", route, {});
    }
    // After a pause that it asked for the partner is as fast as before, after an outage maybe not.
    if (before != Breaker::State::open && known.breaker.state() == Breaker::State::open) {
        known.rate.forget();
        if (!is_there) known.pace.restart(now);
    }
}

void Routes::begin_probe(const flow::Route& route, base::Monotonic now, base::Duration span) {
    const std::lock_guard lock{mutex_};
    standing(route).breaker.begin_probe(now, span);
}

void Routes::probe_answered(const flow::Route& route, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    standing(route).breaker.probe_answered(now);
}

void Routes::probe_failed(const flow::Route& route, base::Monotonic now, Trouble trouble) {
    const std::lock_guard lock{mutex_};
    standing(route).breaker.probe_failed(now, std::move(trouble));
}

void Routes::settled(const flow::Route& route, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    standing(route).rate.note(now);
}

Routes::State Routes::state_of(const Standing& known, base::Monotonic now) const {
    return {.breaker = known.breaker.state(),
            .full = !known.takes_call(now),
            .trouble = known.breaker.trouble(),
            .next_probe = known.breaker.until(),
            .window = known.pace.window(),
            .in_flight = known.in_flight,
            .settled_per_second = known.rate.per_second(now)};
}

Routes::State Routes::state(const flow::Route& route, base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    if (found == standings_.end()) return {.window = static_cast<double>(limits_.in_flight)};
    return state_of(found->second, now);
}

std::map<flow::Route, Routes::State> Routes::states(base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    std::map<flow::Route, State> all;
    for (const auto& [route, known] : standings_) all.emplace(route, state_of(known, now));
    return all;
}

Routes::Shut Routes::shut(base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    Shut result;
    const auto note = [&result](base::Monotonic at) {
        result.next = result.next ? std::min(*result.next, at) : at;
    };
    if (holds_ != nullptr) result.routes = holds_->paused();
    for (const auto& [route, known] : standings_) {
        if (known.takes_call(now)) continue;
        result.routes.push_back(route);
        if (is_paused(route)) continue;
        switch (known.breaker.state()) {
            case Breaker::State::closed:
                if (now < known.pace.next_start()) note(known.pace.next_start());
                break;
            case Breaker::State::half_open:
                break;
            case Breaker::State::open:
                if (known.breaker.may_probe(now)) {
                    result.to_probe.push_back(route);
                } else {
                    note(known.breaker.until());
                }
                break;
        }
    }
    return result;
}

void Routes::learn_unsupported(const flow::Route& route, const domain::ProductKey& product,
                               domain::PartnerAction action, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    unsupported_until_[{route, product, action}] = now + limits_.unsupported_for;
}

domain::ActionSet Routes::supported(const flow::Route& route, const domain::ProductKey& product,
                                    base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    auto actions = domain::ActionSet::all();
    for (const auto action : domain::kPartnerActions) {
        if (!pins_.empty()) {
            const auto* pin = flow::pin_for(pins_, route.tenant, route.merchant, product, action);
            if (pin != nullptr) {
                if (!pin->supported) actions.erase(action);
                continue;
            }
        }
        const auto found = unsupported_until_.find({route, product, action});
        if (found != unsupported_until_.end() && now < found->second) actions.erase(action);
    }
    return actions;
}

void Routes::set_pins(std::vector<flow::ActionPin> in_force) {
    const std::lock_guard lock{mutex_};
    pins_ = std::move(in_force);
}

std::vector<Routes::Gap> Routes::learned(base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    std::vector<Gap> gaps;
    for (const auto& [key, until] : unsupported_until_) {
        const auto& [route, product, action] = key;
        if (now < until) gaps.push_back({route, product, action, until});
    }
    return gaps;
}

std::size_t Routes::forget_learned(const flow::GapScope& scope, base::Monotonic now) {
    const std::lock_guard lock{mutex_};
    std::size_t forgotten = 0;
    std::erase_if(unsupported_until_, [&](const auto& entry) {
        const auto& [route, product, action] = entry.first;
        if (!is_meant(scope, route, product, action)) return false;
        if (now < entry.second) ++forgotten;
        return true;
    });
    return forgotten;
}

}  // namespace usher::converge
