#include "converge/holds.h"

#include <algorithm>
#include <utility>

namespace usher::converge {

using flow::Hold;
using flow::HoldKind;

void Holds::set(std::vector<Hold> in_force) {
    const std::lock_guard lock{mutex_};
    in_force_ = std::move(in_force);
}

void Holds::add(Hold hold) {
    const std::lock_guard lock{mutex_};
    if (!in_force_) in_force_.emplace();
    in_force_->push_back(std::move(hold));
}

bool Holds::is_known() const {
    const std::lock_guard lock{mutex_};
    return in_force_.has_value();
}

bool Holds::is_paused(const flow::Route& route) const {
    return !is_known() || pause_of(route).has_value();
}

std::optional<Hold> Holds::pause_of(const flow::Route& route) const {
    const std::lock_guard lock{mutex_};
    if (!in_force_) return std::nullopt;
    const auto found = std::ranges::find_if(*in_force_, [&](const Hold& hold) {
        return hold.kind == HoldKind::paused && flow::covers(hold, route.tenant, route.merchant);
    });
    if (found == in_force_->end()) return std::nullopt;
    return *found;
}

std::vector<flow::Route> Holds::paused() const {
    const std::lock_guard lock{mutex_};
    std::vector<flow::Route> routes;
    if (!in_force_) return {flow::Route{}};
    for (const auto& hold : *in_force_) {
        if (hold.kind == HoldKind::paused) routes.push_back({hold.tenant, hold.merchant});
    }
    return routes;
}

std::optional<base::Time> Holds::unsent_until(const flow::Route& route) const {
    const std::lock_guard lock{mutex_};
    std::optional<base::Time> until;
    if (!in_force_) return base::Time::max();
    for (const auto& hold : *in_force_) {
        const bool counts =
            hold.kind == HoldKind::restored && flow::covers(hold, route.tenant, route.merchant);
        if (counts) until = until ? std::max(*until, hold.since) : hold.since;
    }
    return until;
}

bool Holds::takes_endings(const domain::TenantId& tenant) const {
    const std::lock_guard lock{mutex_};
    return in_force_ && std::ranges::none_of(*in_force_, [&](const Hold& hold) {
               return hold.kind == HoldKind::endings &&
                      (hold.tenant.empty() || hold.tenant == tenant);
           });
}

}  // namespace usher::converge
