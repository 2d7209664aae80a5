#include "converge/sweeper.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include "base/log.h"

namespace usher::converge {

namespace {

// A clock that steps is noticed after this.
constexpr base::Duration kLongestNap = std::chrono::seconds{60};
// While a merchant takes no calls, or has no room to spare.
constexpr base::Duration kNextTry = std::chrono::seconds{5};
constexpr base::Duration kForRoom = std::chrono::milliseconds{20};
// For so much of the limit a round waits for merchants in trouble; then it goes on without them.
constexpr int kPatience = 10;

void rethrow_bug(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

struct Sweeper::Round {
    SweptTenant of;
    base::Sleeper& sleeper;
    flow::Sweep sweep;
    std::uint64_t expected = 0;  // live ones, as far as is known
    base::Duration patience{};
    std::size_t looking = 0;
    base::Monotonic turn_ends;
    base::Time next;  // when there is something to look at again
};

Sweeper::Sweeper(base::Executor executor, flow::Ports& ports, Routes& routes,
                 base::Metrics& metrics, std::string holder, SweepLimits limits)
    : executor_{std::move(executor)},
      ports_{ports},
      routes_{routes},
      health_{routes, ports.clock, metrics},
      metrics_{metrics},
      holder_{std::move(holder)},
      limits_{limits} {}

void Sweeper::start(const SweptTenant& tenant) {
    if (tenant.freshness <= base::Duration{}) return;
    ++running_;
    auto& sleeper = sleepers_.emplace_back(ports_.clock);
    boost::asio::co_spawn(executor_, run(tenant, sleeper), [this](const std::exception_ptr& error) {
        rethrow_bug(error);
        --running_;
    });
}

base::Task<> Sweeper::stop(base::Monotonic deadline) {
    stopping_ = true;
    for (auto& sleeper : sleepers_) sleeper.wake();
    while (running_ > 0 && ports_.clock.monotonic() < deadline) {
        co_await base::sleep_for(ports_.clock, kForRoom);
    }
}

base::Task<> Sweeper::run(SweptTenant tenant, base::Sleeper& sleeper) {
    Round round{.of = std::move(tenant), .sleeper = sleeper};
    round.patience = round.of.freshness / kPatience;
    while (!stopping_) {
        round.next = ports_.clock.now() + kLongestNap;
        co_await take_turn(round);
        while (!stopping_ && ports_.clock.now() < round.next) {
            show(round);
            const auto nap = std::min(kLongestNap, round.next - ports_.clock.now());
            co_await sleeper.until(ports_.clock.monotonic() + nap);
        }
    }
}

base::Task<> Sweeper::take_turn(Round& round) {
    const auto standing = co_await ports_.store.sweep_of(round.of.tenant, round.expected == 0);
    if (!standing) co_return;
    if (round.expected == 0) round.expected = standing->entitlements;
    round.turn_ends = ports_.clock.monotonic() + limits_.turn;
    auto taken = co_await flow::take_sweep(ports_, round.of.tenant, holder_, limits_.lease);
    if (!taken || !*taken) co_return;
    round.sweep = std::move(**taken);
    if (round.sweep.last_round > 0) round.expected = round.sweep.last_round;
    co_await walk(round);
    const auto left = co_await flow::leave_sweep(ports_, round.sweep);
    if (!left || !*left) round.next = ports_.clock.now() + kLongestNap;
}

// Goes on while the turn lasts. The place is noted only when every look before it is over.
base::Task<> Sweeper::walk(Round& round) {
    if (ports_.clock.now() < round.sweep.round_begun) {
        round.next = round.sweep.round_begun;
        co_return;
    }
    const auto stops =
        co_await ports_.store.sweep_stops(round.of.tenant, round.sweep.after, limits_.page);
    if (!stops) co_return;
    auto at = stops->begin();
    for (; at != stops->end(); ++at) {
        if (flow::is_looked_at(*at, round.of.freshness, ports_.clock.now())) {
            if (co_await visit(round, at->entitlement) == Visit::not_yet) break;
            ++round.sweep.passed;
        }
        round.sweep.after = at->entitlement;
    }
    while (round.looking > 0) co_await base::sleep_for(ports_.clock, kForRoom);
    if (at != stops->end()) co_return;
    round.next = ports_.clock.now();
    if (stops->size() == limits_.page) co_return;
    round.sweep = flow::end_round(std::move(round.sweep), round.of.freshness, round.next);
    round.expected = round.sweep.last_round;
    round.patience = round.of.freshness / kPatience;
    round.next = round.sweep.round_begun;
}

// Begins the look at one when it is its time, and says when that is if it is not yet.
base::Task<Sweeper::Visit> Sweeper::visit(Round& round, const domain::EntitlementId& id) {
    round.next = flow::next_stop(round.sweep, round.expected, round.of.freshness);
    const auto begins = ports_.clock.monotonic() + (round.next - ports_.clock.now());
    if (begins > round.turn_ends) co_return Visit::not_yet;
    if (begins > ports_.clock.monotonic()) co_await round.sleeper.until(begins);
    if (stopping_) co_return Visit::not_yet;

    const auto found = co_await ports_.store.find_entitlement(round.of.tenant, id);
    if (!found) {
        ++round.sweep.missed;
        co_return Visit::passed;
    }
    const auto& row = *found;
    if (!row || !flow::is_looked_at(*row, round.of.freshness, ports_.clock.now())) {
        co_return Visit::passed;
    }
    const flow::Route route{row->tenant, row->merchant};
    if (!routes_.is_healthy(route) && round.patience <= base::Duration{}) {
        ++round.sweep.missed;
        co_return Visit::passed;
    }
    const auto entered = co_await enter(round, route);
    if (entered == Visit::not_yet) co_return entered;
    ++round.looking;
    boost::asio::co_spawn(executor_, look(round, *row), rethrow_bug);
    co_return Visit::passed;
}

// Takes one of the calls that real work leaves over.
base::Task<Sweeper::Visit> Sweeper::enter(Round& round, flow::Route route) {
    while (!stopping_ && ports_.clock.monotonic() < round.turn_ends) {
        if (round.looking < limits_.in_flight &&
            routes_.enter_spare(route, ports_.clock.monotonic())) {
            co_return Visit::passed;
        }
        if (!routes_.is_healthy(route)) {
            round.patience -= kNextTry;
            round.next = ports_.clock.now() + kNextTry;
            co_return Visit::not_yet;
        }
        co_await base::sleep_for(ports_.clock, kForRoom);
    }
    round.next = ports_.clock.now() + kForRoom;
    co_return Visit::not_yet;
}

base::Task<> Sweeper::look(Round& round, domain::Entitlement row) {
    const flow::Route route{row.tenant, row.merchant};
    const auto version = row.version;
    const auto id = row.id;
    const auto begun = ports_.clock.monotonic();
    const auto deadline = begun + limits_.look;
    auto asked = row;
    asked.asker = {};  // on nobody's behalf
    const auto reply = co_await ports_.partner.read({std::move(asked), deadline});
    health_.judge(route, {.unhealthy = reply.unhealthy,
                          .retry_after = reply.retry_after,
                          .trouble = {reply.problem_code, reply.problem},
                          .begun = begun});
    routes_.leave(route);
    if (flow::leaves_doubt(row, reply)) {
        count("differs");
        const auto done = co_await flow::doubt(ports_, route.tenant, id, version);
        if (!done) ++round.sweep.missed;
    } else if (reply.kind == flow::ReadKind::trouble) {
        count("not_answered");
        ++round.sweep.missed;
    } else {
        count("same");
    }
    --round.looking;
}

void Sweeper::show(const Round& round) {
    if (!round.sweep.fresh_since) return;
    const std::chrono::duration<double> age = ports_.clock.now() - *round.sweep.fresh_since;
    metrics_
        .gauge("usher_sweep_age_seconds",
               "For how long at most a live entitlement of this tenant was not looked at.",
               {{"tenant", round.of.tenant.text()}})
        .Set(age.count());
}

void Sweeper::count(std::string_view result) {
    metrics_
        .counter("usher_sweep_looks_total", "Looks of the sweep, by what they showed.",
                 {{"result", std::string{result}}})
        .Increment();
}

}  // namespace usher::converge
