#include "converge/converger.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "base/planted.h"
#include "flow/ask_reads.h"
#include "flow/follow_product.h"
#include "flow/holding.h"
#include "flow/sub_tenants.h"

namespace usher::converge {

namespace {

flow::Route route_of(const domain::Entitlement& entitlement) {
    return {entitlement.tenant, entitlement.merchant};
}

// An exception in the loop is a bug, and a loop that died in silence is the worst of all.
void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

Converger::Converger(base::Executor executor, flow::Store& store, flow::Partner& partner,
                     base::Clock& clock, base::Random& random, base::Metrics& metrics,
                     ConvergerOptions options)
    : executor_{std::move(executor)},
      store_{store},
      partner_{partner},
      clock_{clock},
      options_{std::move(options)},
      guard_{options_.endings},
      routes_{options_.routes, &holds_},
      watches_{clock},
      wakes_{clock},
      idle_{clock},
      ports_{store, partner, *this, clock, random, options_.limits},
      health_{routes_, clock, metrics},
      sweeper_{executor_, ports_, routes_, metrics, base::make_uuid(random), options_.sweep},
      upkeep_{executor_, ports_, options_.upkeep_every} {}

Converger::~Converger() = default;

void Converger::wake() {
    wakes_.wake();
}

void Converger::spawn(base::Task<> task) {
    ++under_way_;
    boost::asio::co_spawn(executor_, std::move(task), [this](const std::exception_ptr& error) {
        rethrow(error);
        if (--under_way_ == 0) idle_.wake();
    });
}

void Converger::start(flow::Work work) {
    spawn(carry(std::move(work), false));
}

base::Task<> Converger::stop(base::Monotonic deadline) {
    stopping_ = true;
    wakes_.wake();
    co_await sweeper_.stop(deadline);
    co_await upkeep_.stop(deadline);
    while (under_way_ > 0 && clock_.monotonic() < deadline) co_await idle_.until(deadline);
}

bool Converger::may_send(const domain::Entitlement& entitlement) const {
    const auto until = holds_.unsent_until(route_of(entitlement));
    return !until || (entitlement.unsettled_since && *entitlement.unsettled_since > *until);
}

bool Converger::takes_endings(const domain::TenantId& tenant) const {
    return holds_.takes_endings(tenant);
}

void Converger::hear_of_holds(std::vector<flow::Hold> in_force) {
    holds_.set(std::move(in_force));
    wakes_.wake();
}

base::Task<bool> Converger::load_holds() {
    holds_looked_at_ = clock_.monotonic();
    // First the pins: with the holds calls begin to leave.
    auto pins = co_await store_.pins();
    if (!pins) co_return false;
    routes_.set_pins(std::move(*pins));
    auto in_force = co_await store_.holds();
    if (!in_force) co_return false;
    holds_.set(std::move(*in_force));
    co_return true;
}

// Whoever lifted the hold has looked, and what was held back comes all at once.
void Converger::trust_endings() {
    for (const auto& tenant : options_.swept) {
        if (!holds_.takes_endings(tenant.tenant)) {
            endings_held_.insert(tenant.tenant);
        } else if (endings_held_.erase(tenant.tenant) > 0) {
            guard_.trust(tenant.tenant, clock_.monotonic());
        }
    }
}

void Converger::guard_endings(const domain::TenantId& tenant, bool ending) {
    const auto now = clock_.monotonic();
    if (!holds_.takes_endings(tenant) || !guard_.note(tenant, ending, now)) return;
    const auto count = guard_.count(tenant);
    endings_held_.insert(tenant);
    spawn(hold_endings(tenant, fmt::format("{} of {} reads within an hour show an ending that "
                                           "nobody here asked for",
                                           count.endings, count.reads)));
}

base::Task<> Converger::hold_endings(domain::TenantId tenant, std::string why) {
    base::log(base::LogLevel::error, "endings_held", {{"tenant", tenant.text()}, {"why", why}});
    flow::Hold hold{.tenant = std::move(tenant),
                    .kind = flow::HoldKind::endings,
                    .since = clock_.now(),
                    .by = "usher",
                    .why = std::move(why)};
    // At once here, and then for good.
    holds_.add(hold);
    while (!stopping_ && !co_await flow::place_hold(ports_, hold)) {
        co_await base::sleep_for(clock_, options_.settle_retry);
    }
}

// Those of the settings, and those that were added, by other nodes too.
base::Task<> Converger::look_for_tenants() {
    co_await flow::load_sub_tenants(ports_);
    for (const auto& added : *ports_.tenants->all()) {
        const bool known = std::ranges::any_of(
            options_.swept, [&](const SweptTenant& swept) { return swept.tenant == added.id; });
        if (!known) options_.swept.push_back({added.id, added.freshness});
    }
    for (const auto& tenant : options_.swept) {
        if (swept_.insert(tenant.tenant).second) sweeper_.start(tenant);
    }
}

base::Task<> Converger::run() {
    while (!stopping_ && !co_await load_holds()) {
        co_await base::sleep_for(clock_, options_.settle_retry);
    }
    co_await look_for_tenants();
    upkeep_.start();
    while (!stopping_) {
        next_look_ = clock_.monotonic() + options_.longest_sleep;
        const bool looks = !base::planted(base::Planted::holds_not_looked_at) &&
                           holds_looked_at_ + options_.look_at_holds <= clock_.monotonic();
        if (looks) co_await load_holds();
        if (looks) co_await look_for_tenants();
        trust_endings();
        co_await look();
        if (stopping_) break;
        co_await wakes_.until(next_look_);
        // Everything that ends wakes the loop; a burst of ends is one look.
        constexpr base::Duration kCalm = std::chrono::milliseconds{2};
        co_await base::sleep_for(clock_, kCalm);
    }
}

// One look at the work list: starts what can be started and says when to look again.
base::Task<> Converger::look() {
    const auto shut = routes_.shut(clock_.monotonic());
    for (const auto& route : shut.to_probe) spawn(probe(route));
    if (shut.next) next_look_ = std::min(next_look_, *shut.next);
    // Whoever ends then makes room for what is left here.
    has_more_ = !shut.routes.empty() || under_way_ >= options_.in_flight;
    auto left_out = shut.routes;
    while (under_way_ < options_.in_flight && !stopping_) {
        const auto known = left_out.size();
        const auto list = co_await store_.due(options_.batch, left_out);
        if (!list) {
            base::log(base::LogLevel::error, "work_list_unreadable",
                      {{"problem", flow::to_text(list.error())}});
            co_return;
        }
        start_due(list->due, left_out);
        note_next(*list);
        // What is behind a way that is full now must not wait for it.
        if (list->due.size() < options_.batch || left_out.size() == known) co_return;
    }
}

// Starts those whose way has room for them; a way without room is left out from then on.
void Converger::start_due(const std::vector<flow::Due>& list, std::vector<flow::Route>& left_out) {
    for (const auto& due : list) {
        if (under_way_ >= options_.in_flight) {
            has_more_ = true;
            return;
        }
        // Still being claimed since the last look: another claim would find nothing to do.
        if (claiming_.contains({due.tenant, due.entitlement})) continue;
        const flow::Route route{due.tenant, due.merchant};
        if (std::ranges::find(left_out, route) != left_out.end()) continue;
        if (!routes_.enter(route, clock_.monotonic())) {
            left_out.push_back(route);
            has_more_ = true;
            continue;
        }
        claiming_.emplace(due.tenant, due.entitlement);
        spawn(claim_and_carry(due));
    }
}

void Converger::note_next(const flow::DueList& list) {
    constexpr base::Duration kPace = std::chrono::milliseconds{20};
    if (list.due.size() >= options_.batch) {
        next_look_ = std::min(next_look_, clock_.monotonic() + kPace);
    } else if (list.next) {
        const auto span = std::max(kPace, *list.next - list.now);
        next_look_ = std::min(next_look_, clock_.monotonic() + span);
    }
    // The pace of a way may have been used up by this very look.
    const auto turn = routes_.shut(clock_.monotonic()).next;
    if (turn) next_look_ = std::min(next_look_, *turn);
}

base::Task<> Converger::probe(flow::Route route) {
    // Until the echo has come back nobody else probes.
    routes_.begin_probe(route, clock_.monotonic(), options_.limits.calls.call);
    const auto deadline = clock_.monotonic() + options_.limits.calls.call;
    const auto reply = co_await partner_.echo(route.tenant, route.merchant, deadline);
    const auto now = clock_.monotonic();
    if (reply.answers())
        routes_.probe_answered(route, now);
    else
        routes_.probe_failed(route, now, {reply.problem_code, reply.problem});
    wake();
}

base::Task<> Converger::claim_and_carry(flow::Due due) {
    const flow::Route route{due.tenant, due.merchant};
    auto advance = co_await flow::claim(ports_, due.tenant, due.entitlement);
    claiming_.erase({due.tenant, due.entitlement});
    if (!advance) {
        base::log(base::LogLevel::warning, "claim_failed",
                  {{"tenant", due.tenant.text()},
                   {"entitlement", due.entitlement.text()},
                   {"problem", flow::to_text(advance.error())}});
        routes_.give_back(route);
        co_return;
    }
    if (advance->entitlement) watches_.tell(advance->entitlement);
    if (advance->next) {
        co_await carry(std::move(*advance->next), true);
    } else {
        routes_.give_back(route);
        if (has_more_) wake();
    }
}

// `entered`: room on its way was taken before it was claimed.
base::Task<> Converger::carry(flow::Work work, bool entered) {
    std::optional<flow::Work> next{std::move(work)};
    while (next) {
        auto step = std::move(*next);
        next = co_await take_step(std::move(step), std::exchange(entered, false));
    }
    if (has_more_) wake();
}

// What comes next after a step was written down, if it was.
std::optional<flow::Work> Converger::go_on(const domain::Entitlement& before,
                                           std::optional<flow::Advance> advance) {
    if (!advance) return std::nullopt;
    const bool is_settled =
        before.unsettled_since && advance->entitlement && !advance->entitlement->unsettled_since;
    if (is_settled) routes_.settled(route_of(before), clock_.monotonic());
    return std::move(advance->next);
}

// What is due before the loop looks again makes it look.
void Converger::note_due(const domain::Entitlement& entitlement) {
    if (!entitlement.due_at) return;
    const auto due = clock_.monotonic() + (*entitlement.due_at - clock_.now());
    if (due < next_look_) wake();
}

// Waits for room on the route as long as the lease leaves time for the call.
base::Task<bool> Converger::enter(flow::Route route, base::Monotonic lease_end) {
    if (base::planted(base::Planted::lease_not_checked)) {
        co_return routes_.enter(route, clock_.monotonic());
    }
    constexpr base::Duration kPace = std::chrono::milliseconds{20};
    while (clock_.monotonic() + options_.limits.calls.call < lease_end && !stopping_) {
        if (routes_.enter(route, clock_.monotonic())) co_return true;
        if (!routes_.is_healthy(route)) co_return false;
        co_await base::sleep_for(clock_, kPace);
    }
    co_return false;
}

// The same for one that has room already.
bool Converger::may_leave(const flow::Route& route, base::Monotonic lease_end) const {
    if (base::planted(base::Planted::lease_not_checked)) return true;
    return clock_.monotonic() + options_.limits.calls.call < lease_end && !stopping_ &&
           routes_.is_healthy(route);
}

// One call under one claim. Nothing leaves unless the lease outlasts the call: whoever takes over
// must be sure that it is over.
base::Task<std::optional<flow::Work>> Converger::take_step(flow::Work work, bool entered) {
    const auto route = route_of(work.entitlement);
    if (entered && !may_leave(route, work.lease_end)) {
        routes_.give_back(route);
        entered = false;
    }
    if (!entered && !co_await enter(route, work.lease_end)) {
        auto done =
            co_await write_down(work.lease_end, [&] { return flow::release(ports_, work); });
        co_return go_on(work.entitlement, std::move(done));
    }
    const auto deadline = clock_.monotonic() + options_.limits.calls.call;
    const bool acts = work.step.kind == domain::StepKind::act;
    auto next = acts ? co_await act(work, deadline) : co_await read(work, deadline);
    routes_.leave(route);
    co_return next;
}

base::Task<std::optional<flow::Work>> Converger::act(flow::Work work, base::Monotonic deadline) {
    const auto route = route_of(work.entitlement);
    const auto begun = clock_.monotonic();
    auto reply = co_await partner_.act({.action = work.call->action,
                                        .entitlement = work.entitlement,
                                        .request_id = work.call->request_id,
                                        .deadline = deadline});
    health_.judge(route, {.action = work.call->action,
                          .unhealthy = reply.unhealthy,
                          .retry_after = reply.retry_after,
                          .trouble = {reply.problem_code, reply.problem},
                          .begun = begun});
    const bool unsupported = reply.answer.outcome == domain::ActionOutcome::refused &&
                             reply.answer.rejection == domain::Rejection::not_supported_by_partner;
    if (unsupported) {
        routes_.learn_unsupported(route, work.entitlement.product_key, work.call->action,
                                  clock_.monotonic());
    }
    auto done =
        co_await write_down(work.lease_end, [&] { return flow::settle(ports_, work, reply); });
    if (done) co_await follow(*done);
    if (!reply.about_other.empty()) co_await doubt(work.entitlement.tenant, reply.about_other);
    co_return go_on(work.entitlement, std::move(done));
}

base::Task<std::optional<flow::Work>> Converger::read(flow::Work work, base::Monotonic deadline) {
    // By the store's clock, as everything that it is held against; this node's may be another.
    const auto begun = work.claimed_at;
    const auto left = clock_.monotonic();
    const auto reply =
        co_await partner_.read({.entitlement = work.entitlement, .deadline = deadline});
    health_.judge(route_of(work.entitlement), {.unhealthy = reply.unhealthy,
                                               .retry_after = reply.retry_after,
                                               .trouble = {reply.problem_code, reply.problem},
                                               .begun = left});
    auto done = co_await write_down(work.lease_end,
                                    [&] { return flow::settle(ports_, work, reply, begun); });
    if (done && reply.kind != flow::ReadKind::trouble) {
        guard_endings(work.entitlement.tenant, done->unasked_ending);
    }
    if (done) co_await follow(*done);
    co_return go_on(work.entitlement, std::move(done));
}

// When the partner has another product there and nothing else is to be done first. What fails is
// seen again with the next look.
base::Task<> Converger::follow(const flow::Advance& advance) {
    if (!advance.entitlement || advance.next) co_return;
    if (advance.entitlement->other_product_key.empty()) co_return;
    const auto row = co_await flow::follow_product(ports_, *advance.entitlement);
    if (!row) {
        base::log(base::LogLevel::warning, "product_not_followed",
                  {{"tenant", advance.entitlement->tenant.text()},
                   {"entitlement", advance.entitlement->id.text()},
                   {"problem", flow::to_text(row.error())}});
        co_return;
    }
    if (*row) watches_.tell(*row);
}

// An answer about another entitlement is believed of neither, but that one may have changed there:
// the customer took this one's product with it. What fails is seen with its next look.
base::Task<> Converger::doubt(domain::TenantId tenant, domain::EntitlementId other) {
    co_await flow::ask_reads(ports_, std::move(tenant), {{.entitlement = std::move(other)}});
}

// Writes an answer down, again and again while the store does not take it: repeating is safe under
// the fence. After the lease somebody else reads instead, and the answer is worth nothing.
template <class Settle>
base::Task<std::optional<flow::Advance>> Converger::write_down(base::Monotonic lease_end,
                                                               Settle settle) {
    while (true) {
        auto advance = co_await settle();
        if (advance) {
            if (advance->entitlement) watches_.tell(advance->entitlement);
            if (advance->entitlement && !advance->next) note_due(*advance->entitlement);
            co_return std::move(*advance);
        }
        base::log(base::LogLevel::error, "answer_not_written",
                  {{"problem", flow::to_text(advance.error())}});
        const bool hopeless = advance.error() == flow::StoreError::closed;
        if (hopeless || clock_.monotonic() >= lease_end) {
            wake();
            co_return std::nullopt;
        }
        co_await base::sleep_for(clock_, options_.settle_retry);
    }
}

}  // namespace usher::converge
