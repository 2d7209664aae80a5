#include "converge/routes.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace usher::converge {

Routes::Standing& Routes::standing(const flow::Route& route) {
    return standings_.try_emplace(route, Standing{Breaker{limits_.breaker}}).first->second;
}

bool Routes::takes_calls(const flow::Route& route) const {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    if (found == standings_.end()) return true;
    return found->second.breaker.is_closed() && found->second.in_flight < limits_.in_flight;
}

bool Routes::is_healthy(const flow::Route& route) const {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    return found == standings_.end() || found->second.breaker.is_closed();
}

bool Routes::enter(const flow::Route& route) {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    if (!known.breaker.is_closed() || known.in_flight >= limits_.in_flight) return false;
    ++known.in_flight;
    return true;
}

bool Routes::enter_spare(const flow::Route& route) {
    if (is_paused(route)) return false;
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    const auto spare = std::max<std::size_t>(limits_.in_flight / 2, 1);
    if (!known.breaker.is_closed() || known.in_flight >= spare) return false;
    ++known.in_flight;
    return true;
}

void Routes::leave(const flow::Route& route) {
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    if (known.in_flight > 0) --known.in_flight;
}

void Routes::succeed(const flow::Route& route) {
    const std::lock_guard lock{mutex_};
    auto& known = standing(route);
    const bool was_closed = known.breaker.is_closed();
    known.breaker.succeed();
    if (was_closed) return;
    base::log(base::LogLevel::info, "partner_back",
              {{"tenant", route.tenant.text()}, {"merchant", route.merchant.text()}});
}

void Routes::fail(const flow::Route& route, base::Monotonic now, Trouble trouble) {
    const std::lock_guard lock{mutex_};
    const auto sentence = trouble.sentence;
    if (!standing(route).breaker.fail(now, std::move(trouble))) return;
    base::log(base::LogLevel::error, "partner_in_trouble",
              {{"tenant", route.tenant.text()},
               {"merchant", route.merchant.text()},
               {"problem", sentence}});
}

void Routes::hold(const flow::Route& route, base::Monotonic now, base::Duration span,
                  Trouble trouble) {
    const std::lock_guard lock{mutex_};
    standing(route).breaker.hold(now, span, std::move(trouble));
}

void Routes::begin_probe(const flow::Route& route, base::Monotonic now, base::Duration span) {
    const std::lock_guard lock{mutex_};
    standing(route).breaker.wait(now, span);
}

Routes::State Routes::state(const flow::Route& route) const {
    const std::lock_guard lock{mutex_};
    const auto found = standings_.find(route);
    if (found == standings_.end()) return {};
    const auto& [breaker, in_flight] = found->second;
    return {.healthy = breaker.is_closed(),
            .full = in_flight >= limits_.in_flight,
            .trouble = breaker.trouble(),
            .next_probe = breaker.until()};
}

Routes::Shut Routes::shut(base::Monotonic now) const {
    const std::lock_guard lock{mutex_};
    Shut result;
    if (holds_ != nullptr) result.routes = holds_->paused();
    for (const auto& [route, known] : standings_) {
        if (known.breaker.is_closed()) {
            if (known.in_flight >= limits_.in_flight) result.routes.push_back(route);
            continue;
        }
        result.routes.push_back(route);
        if (is_paused(route)) continue;
        if (known.breaker.may_probe(now)) {
            result.to_probe.push_back(route);
        } else {
            const auto until = known.breaker.until();
            result.next_probe = result.next_probe ? std::min(*result.next_probe, until) : until;
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
        const auto found = unsupported_until_.find({route, product, action});
        if (found != unsupported_until_.end() && now < found->second) actions.erase(action);
    }
    return actions;
}

}  // namespace usher::converge
