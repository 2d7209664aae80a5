#include "store/reading.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <ranges>
#include <utility>

namespace usher::store {

namespace {

constexpr std::size_t kPiece = 16;  // rows of one route fetched at a time

struct OpenLane {
    flow::Route route;
    std::deque<flow::Due> rows;
    std::optional<flow::Due> last;
    bool exhausted = false;
};

using Lanes = std::vector<OpenLane>;

flow::StoreResult<void> refill(ReadEngine& engine, OpenLane& lane, base::Time now) {
    if (!lane.rows.empty() || lane.exhausted) return {};
    auto rows = engine.due_in(lane.route, now, lane.last, kPiece);
    if (!rows) return std::unexpected{rows.error()};
    lane.exhausted = rows->size() < kPiece;
    std::ranges::move(*rows, std::back_inserter(lane.rows));
    if (!lane.rows.empty()) lane.last = lane.rows.back();
    return {};
}

// The oldest that one tenant has left.
flow::StoreResult<std::optional<flow::Due>> take_oldest(ReadEngine& engine, Lanes& lanes,
                                                        base::Time now) {
    OpenLane* oldest = nullptr;
    for (auto& lane : lanes) {
        if (const auto filled = refill(engine, lane, now); !filled) {
            return std::unexpected{filled.error()};
        }
        if (lane.rows.empty()) continue;
        if (!oldest || lane.rows.front().due_at < oldest->rows.front().due_at) oldest = &lane;
    }
    if (!oldest) return std::nullopt;
    auto due = std::move(oldest->rows.front());
    oldest->rows.pop_front();
    return due;
}

}  // namespace

flow::StoreResult<flow::DueList> collect_due(ReadEngine& engine, std::size_t limit,
                                             const std::vector<flow::Route>& left_out,
                                             base::Time now, domain::TenantId& served) {
    auto routes = engine.routes();
    if (!routes) return std::unexpected{routes.error()};
    std::erase_if(*routes, [&](const flow::Route& route) {
        return std::ranges::any_of(left_out, [&](const flow::Route& out) {
            return (out.tenant.empty() || out.tenant == route.tenant) &&
                   (out.merchant.empty() || out.merchant == route.merchant);
        });
    });

    flow::DueList list{.now = now};
    std::map<domain::TenantId, Lanes> tenants;
    for (auto& route : *routes) {
        const auto next = engine.next_in(route, now);
        if (!next) return std::unexpected{next.error()};
        if (*next && (!list.next || **next < *list.next)) list.next = *next;
        tenants[route.tenant].push_back({.route = route});
    }

    auto turn = tenants.upper_bound(served);
    while (list.due.size() < limit && !tenants.empty()) {
        if (turn == tenants.end()) turn = tenants.begin();
        auto due = take_oldest(engine, turn->second, now);
        if (!due) return std::unexpected{due.error()};
        if (!*due) {
            turn = tenants.erase(turn);
            continue;
        }
        served = turn->first;
        list.due.push_back(std::move(**due));
        ++turn;
    }
    return list;
}

flow::StoreResult<std::vector<flow::BacklogPart>> collect_backlog(ReadEngine& engine,
                                                                  base::Time now,
                                                                  base::Time long_ago) {
    const auto routes = engine.routes();
    if (!routes) return std::unexpected{routes.error()};
    std::vector<flow::BacklogPart> all;
    for (const auto& route : *routes) {
        auto parts = engine.backlog_of(route, now, long_ago);
        if (!parts) return std::unexpected{parts.error()};
        std::ranges::move(*parts, std::back_inserter(all));
    }
    return all;
}

void count_in(std::vector<flow::BacklogPart>& parts, const flow::BacklogPart& part,
              base::Time since, base::Time long_ago) {
    auto found = std::ranges::find_if(parts, [&](const flow::BacklogPart& known) {
        return known.problem == part.problem && known.due == part.due &&
               known.claimed == part.claimed;
    });
    if (found == parts.end()) {
        found = parts.insert(parts.end(), part);
        found->oldest = since;
    }
    ++found->count;
    if (since <= long_ago) ++found->long_ago;
    found->oldest = std::min(found->oldest, since);
}

flow::StoreResult<std::vector<domain::Event>> follow_history(ReadEngine& engine,
                                                             const domain::TenantId& tenant,
                                                             const domain::EntitlementId& id,
                                                             std::size_t limit) {
    auto position = engine.last_position(tenant, id);
    if (!position) return std::unexpected{position.error()};
    std::vector<domain::Event> events;
    while (*position > 0 && events.size() < limit) {
        auto found = engine.feed(tenant, *position - 1, 1);
        if (!found) return std::unexpected{found.error()};
        if (found->empty() || found->front().position != *position ||
            found->front().entitlement != id || found->front().previous >= *position) {
            return std::unexpected{flow::StoreError::damaged};
        }
        *position = found->front().previous;
        events.push_back(std::move(found->front()));
    }
    std::ranges::reverse(events);
    return events;
}

}  // namespace usher::store
