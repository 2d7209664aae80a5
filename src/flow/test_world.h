// A small world for the tests of flow: one thread, a clock that is moved by hand, a store that
// keeps the contract of flow::Store, a partner that answers what the test says, and a propagator
// that carries work the way the real one does or hands it to the test.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "flow/ports.h"
#include "flow/work.h"

namespace usher::flow::test {

inline const domain::TenantId kTenant{"demo"};
inline const domain::MerchantId kMerchant{"SHOP"};
inline const domain::AccountId kAccount{"account-1"};
inline const domain::ProductId kProduct{"SHOP_MUSIC"};
inline const domain::EntitlementId kEntitlement{"e-1"};

class HandClock final : public base::Clock {
  public:
    base::Time now() const override { return base::Time{std::chrono::days{20'000}} + passed_; }
    base::Monotonic monotonic() const override { return base::Monotonic{} + passed_; }

    TimerId arm(base::Monotonic when, base::Executor executor, Handler handler) override {
        timers_.emplace(++last_, Timer{when, std::move(executor), std::move(handler)});
        return last_;
    }
    void disarm(TimerId id) override { end(id, false); }

    void pass(base::Duration span) {
        passed_ += span;
        std::vector<TimerId> due;
        for (const auto& [id, timer] : timers_) {
            if (timer.when <= monotonic()) due.push_back(id);
        }
        for (const auto id : due) end(id, true);
    }

    // Drops what waits, and with it whoever waits: before the contexts that they would run on.
    void drop() { const auto dropped = std::exchange(timers_, {}); }

    // False when nothing is armed.
    bool pass_to_next() {
        if (timers_.empty()) return false;
        auto next = base::Monotonic::max();
        for (const auto& [id, timer] : timers_) next = std::min(next, timer.when);
        pass(std::max(base::Duration::zero(), next - monotonic()));
        return true;
    }

  private:
    struct Timer {
        base::Monotonic when;
        base::Executor executor;
        Handler handler;
    };

    void end(TimerId id, bool fired) {
        auto timer = timers_.extract(id);
        if (timer.empty()) return;
        boost::asio::post(timer.mapped().executor, [handler = std::move(timer.mapped().handler),
                                                    fired]() mutable { handler(fired); });
    }

    base::Duration passed_ = std::chrono::hours{1};
    TimerId last_ = 0;
    std::map<TimerId, Timer> timers_;
};

// Every decision runs twice, as the contract allows; the last one counts.
class FakeStore final : public Store {
  public:
    using Key = std::pair<domain::TenantId, domain::EntitlementId>;

    explicit FakeStore(const base::Clock& clock) : clock_{clock} {}

    std::map<Key, domain::Entitlement> rows;
    std::map<domain::AccountId, domain::Account> accounts;
    std::map<domain::ProductId, domain::Product> products;
    std::vector<domain::Event> events;
    std::vector<domain::Call> answered;
    std::optional<Sweep> sweep;
    std::vector<Hold> in_force;
    std::vector<Comparison> comparisons;
    std::vector<ActionPin> pinned;
    std::vector<BacklogPart> waiting;
    int counted = 0;                    // how often it was asked for the backlog
    std::optional<StoreError> error;    // of the next submit, which then writes nothing
    std::function<void()> before_next;  // somebody is quicker than the next submit
    std::function<void()> after_next;   // likewise, before its answer is heard
    std::function<void(const domain::Entitlement* before, const Writes&)> on_commit;

    void submit(Command command, base::Completion<StoreResult<base::Time>> done) override {
        if (before_next) std::exchange(before_next, nullptr)();
        if (error) {
            done(std::unexpected{*std::exchange(error, std::nullopt)});
            return;
        }
        const auto found = read(command.wanted);
        command.decide(found);
        const auto writes = command.decide(found);
        if (!apply(writes)) {
            done(std::unexpected{StoreError::contended});
            return;
        }
        if (after_next) std::exchange(after_next, nullptr)();
        done(found.now);
    }

    base::Task<StoreResult<std::optional<domain::Entitlement>>> find_entitlement(
        domain::TenantId tenant, domain::EntitlementId id) override {
        co_return find(rows, Key{tenant, id});
    }
    base::Task<StoreResult<std::optional<domain::Product>>> find_product(
        domain::TenantId, domain::ProductId id) override {
        co_return find(products, id);
    }
    base::Task<StoreResult<std::optional<domain::Account>>> find_account(
        domain::TenantId, domain::AccountId id) override {
        co_return find(accounts, id);
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> live_of_account(
        domain::TenantId tenant, domain::AccountId account, std::size_t limit) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.account == account && row.occupies;
            },
            limit);
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> find_by_partner_id(
        domain::TenantId tenant, domain::PartnerEntitlementId id) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.partner_id == id;
            },
            rows.size());
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> held_at(
        domain::TenantId tenant, domain::MerchantId merchant,
        std::vector<domain::PartnerEntitlementId> ids) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) {
                return row.tenant == tenant && row.merchant == merchant &&
                       std::ranges::find(ids, row.partner_id) != ids.end();
            },
            rows.size());
    }
    base::Task<StoreResult<std::vector<domain::Entitlement>>> entitlements_after(
        domain::TenantId tenant, domain::EntitlementId after, std::size_t limit) override {
        co_return rows_where(
            [&](const domain::Entitlement& row) { return row.tenant == tenant && row.id > after; },
            limit);
    }
    base::Task<StoreResult<std::vector<Comparison>>> latest_comparisons(domain::TenantId) override {
        co_return comparisons;
    }
    base::Task<StoreResult<CallPage>> calls_of(domain::TenantId, domain::EntitlementId) override {
        co_return CallPage{.calls = answered};
    }
    base::Task<StoreResult<std::vector<domain::Event>>> history_of(domain::TenantId,
                                                                   domain::EntitlementId,
                                                                   std::size_t) override {
        co_return events;
    }
    base::Task<StoreResult<std::vector<domain::Event>>> feed(domain::TenantId, std::int64_t,
                                                             std::size_t) override {
        co_return events;
    }
    base::Task<StoreResult<DueList>> due(std::size_t, std::vector<Route>) override {
        co_return DueList{};
    }
    base::Task<StoreResult<SweepStanding>> sweep_of(domain::TenantId, bool) override {
        co_return SweepStanding{.sweep = sweep, .entitlements = rows.size()};
    }
    base::Task<StoreResult<std::vector<SweepStop>>> sweep_stops(domain::TenantId tenant,
                                                                domain::EntitlementId after,
                                                                std::size_t limit) override {
        std::vector<SweepStop> stops;
        for (auto at = rows.upper_bound({tenant, after}); at != rows.end() && stops.size() < limit;
             ++at) {
            stops.push_back(
                {at->second.id, at->second.convergence.partner_status, at->second.due_at});
        }
        co_return stops;
    }
    base::Task<StoreResult<std::vector<Unsettled>>> unsettled(domain::TenantId,
                                                              domain::EntitlementId,
                                                              std::optional<domain::Problem>,
                                                              std::size_t) override {
        co_return std::vector<Unsettled>{};
    }
    base::Task<StoreResult<std::vector<domain::Product>>> products_by_key(
        domain::TenantId, domain::MerchantId merchant, domain::ProductKey key,
        std::size_t limit) override {
        std::vector<domain::Product> fitting;
        for (const auto& [id, product] : products) {
            const bool fits = product.merchant == merchant && product.product_key == key;
            if (fits && fitting.size() < limit) fitting.push_back(product);
        }
        co_return fitting;
    }
    base::Task<StoreResult<std::vector<KeptReport>>> reports(domain::TenantId,
                                                             domain::EntitlementId entitlement,
                                                             std::size_t) override {
        co_return kept_of(entitlement);
    }
    std::vector<KeptReport> kept;
    std::vector<KeptReport> kept_of(const domain::EntitlementId& entitlement) const {
        std::vector<KeptReport> found;
        for (const auto& report : kept) {
            if (report.entitlement == entitlement) found.insert(found.begin(), report);
        }
        return found;
    }
    base::Task<StoreResult<std::vector<Hold>>> holds() override { co_return in_force; }
    base::Task<StoreResult<std::vector<ActionPin>>> pins() override { co_return pinned; }
    base::Task<StoreResult<std::vector<BacklogPart>>> backlog(base::Time) override {
        ++counted;
        co_return waiting;
    }
    std::expected<void, std::string> takes_writes;
    std::expected<void, std::string> writable() const override { return takes_writes; }

    const domain::Entitlement& row(const domain::EntitlementId& id = kEntitlement) const {
        return rows.at({kTenant, id});
    }
    domain::Entitlement& row(const domain::EntitlementId& id = kEntitlement) {
        return rows.at({kTenant, id});
    }

  private:
    template <class Holds>
    std::vector<domain::Entitlement> rows_where(Holds holds, std::size_t limit) const {
        std::vector<domain::Entitlement> found;
        for (const auto& [key, row] : rows) {
            if (holds(row) && found.size() < limit) found.push_back(row);
        }
        return found;
    }

    template <class Map>
    static std::optional<typename Map::mapped_type> find(const Map& map,
                                                         const typename Map::key_type& key) {
        const auto found = map.find(key);
        if (found == map.end()) return std::nullopt;
        return found->second;
    }

    void put(const Hold& hold) {
        std::erase_if(in_force, [&](const Hold& other) {
            return other.tenant == hold.tenant && other.merchant == hold.merchant &&
                   other.kind == hold.kind && other.since == hold.since;
        });
        if (!hold.lifted) in_force.push_back(hold);
    }
    void put(const ActionPin& pin) {
        std::erase_if(pinned, [&](const ActionPin& other) {
            return other.tenant == pin.tenant && other.merchant == pin.merchant &&
                   other.product == pin.product && other.action == pin.action &&
                   other.since == pin.since;
        });
        if (!pin.lifted) pinned.push_back(pin);
    }

    Rows read(const Wanted& wanted) const {
        Rows found{.now = clock_.now()};
        if (wanted.entitlement)
            found.entitlement = find(rows, {wanted.tenant, *wanted.entitlement});
        if (wanted.account) found.account = find(accounts, *wanted.account);
        if (wanted.product) found.product = find(products, *wanted.product);
        if (wanted.sweep) found.sweep = sweep;
        if (wanted.reports_of) {
            for (const auto& report : kept_of(*wanted.reports_of)) {
                found.reports.push_back({report.digest, report.received});
            }
        }
        for (const auto& [key, row] : rows) {
            const bool occupies = wanted.occupant && key.first == wanted.tenant && row.occupies &&
                                  row.account == wanted.account && row.product == wanted.product;
            if (occupies) found.occupant = row;
            for (const auto& name : wanted.partner_keys) {
                if (name == PartnerKey{row.merchant, row.partner_id}) found.holders[name] = key;
            }
        }
        return found;
    }

    bool apply(const Writes& writes) {
        if (writes.account) accounts[writes.account->id] = *writes.account;
        if (writes.product) products[writes.product->id] = *writes.product;
        if (writes.sweep) sweep = writes.sweep;
        if (writes.hold) put(*writes.hold);
        for (const auto& digest : writes.forgotten_reports) {
            std::erase_if(kept, [&](const auto& report) { return report.digest == digest; });
        }
        if (const auto& report = writes.report) {
            std::erase_if(kept, [&](const auto& other) {
                return other.entitlement == report->entitlement && other.digest == report->digest;
            });
            kept.push_back(*report);
        }
        if (writes.comparison) comparisons.push_back(*writes.comparison);
        if (writes.pin) put(*writes.pin);
        if (!writes.entitlement) return true;
        const auto& row = *writes.entitlement;
        const Key key{row.tenant, row.id};
        for (const auto& [other, held] : rows) {
            if (other == key) continue;
            const bool same_name = !row.partner_id.empty() && held.merchant == row.merchant &&
                                   held.partner_id == row.partner_id;
            const bool same_place = held.occupies && row.occupies && held.tenant == row.tenant &&
                                    held.account == row.account && held.product == row.product;
            if (same_name || same_place) return false;
        }
        const auto before = find(rows, key);
        if (on_commit) on_commit(before ? &*before : nullptr, writes);
        rows[key] = row;
        events.insert(events.end(), writes.events.begin(), writes.events.end());
        answered.insert(answered.end(), writes.answered.begin(), writes.answered.end());
        return true;
    }

    const base::Clock& clock_;
};

// Answers what the test has put in, in order; silence (an answer that is lost) when it is empty.
class FakePartner final : public Partner {
  public:
    std::deque<ActionReply> acts;
    std::deque<ReadReply> reads;
    std::optional<ReadReply> fresh;
    std::vector<ActionCall> acted;
    std::vector<ReadCall> read_calls;
    std::function<void()> meanwhile;  // happens while the next call is out

    base::Task<ActionReply> act(ActionCall call) override {
        acted.push_back(std::move(call));
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        if (acts.empty()) {
            co_return ActionReply{.answer = {.outcome = domain::ActionOutcome::lost},
                                  .problem = "silence"};
        }
        auto reply = std::move(acts.front());
        acts.pop_front();
        co_return reply;
    }
    base::Task<ReadReply> read(ReadCall call) override {
        read_calls.push_back(std::move(call));
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        if (reads.empty()) co_return ReadReply{.kind = ReadKind::trouble, .problem = "silence"};
        auto reply = std::move(reads.front());
        reads.pop_front();
        co_return reply;
    }
    base::Task<ReadReply> activation(ReadCall) override {
        co_return fresh.value_or(ReadReply{.kind = ReadKind::trouble, .problem = "silence"});
    }
    base::Task<EchoReply> echo(domain::TenantId, domain::MerchantId, base::Monotonic) override {
        co_return EchoReply{};
    }
    std::string digest(const domain::Entitlement& row,
                       domain::PartnerAction action) const override {
        return std::string{domain::to_text(action)} + row.reason.code.value_or("");
    }
    domain::CustomerId customer_of(const domain::TenantId& tenant, const domain::AccountId& account,
                                   const domain::MerchantId&) const override {
        return domain::CustomerId{tenant.text() + "-" + account.text()};
    }
    std::optional<domain::AccountId> account_of(const domain::TenantId& tenant,
                                                const domain::CustomerId& customer,
                                                const domain::MerchantId&) const override {
        const auto head = tenant.text() + "-";
        if (!customer.text().starts_with(head)) return std::nullopt;
        return domain::AccountId{customer.text().substr(head.size())};
    }
    // What the test says that a body means.
    std::map<std::string, ReportNote, std::less<>> notes;
    ReportNote understand_report(std::string_view body) const override {
        const auto found = notes.find(body);
        return found == notes.end() ? ReportNote{.text = std::string{body}} : found->second;
    }
};

class FakePropagator final : public Propagator {
  public:
    FakePropagator(boost::asio::io_context& io, base::Clock& clock) : io_{io}, clock_{clock} {}

    Ports* ports = nullptr;
    bool open = true;     // takes calls
    bool carries = true;  // else work is left in `parked`
    RouteStanding route;
    domain::ActionSet actions = domain::ActionSet::all();
    std::deque<Work> parked;
    int woken = 0;
    bool sends = true;
    bool ends = true;
    std::optional<std::vector<Hold>> heard;
    std::optional<std::vector<ActionPin>> heard_pins;
    std::vector<RouteReport> ways;
    std::vector<LearnedGap> gaps;
    std::vector<GapScope> forgotten;

    bool takes_calls(const domain::TenantId&, const domain::MerchantId&) const override {
        return open;
    }
    RouteStanding standing(const domain::TenantId&, const domain::MerchantId&) const override {
        return route;
    }
    std::unique_ptr<Watch> watch(const domain::TenantId&,
                                 const domain::EntitlementId& id) override {
        return std::make_unique<Watching>(*this, id);
    }
    void start(Work work) override {
        if (!carries) {
            parked.push_back(std::move(work));
            return;
        }
        boost::asio::co_spawn(io_, carry(std::move(work)), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
    }
    void wake() override { ++woken; }
    bool may_send(const domain::Entitlement&) const override { return sends; }
    bool takes_endings(const domain::TenantId&) const override { return ends; }
    void hear_of_holds(std::vector<Hold> in_force) override { heard = std::move(in_force); }
    void hear_of_pins(std::vector<ActionPin> in_force) override {
        heard_pins = std::move(in_force);
    }
    domain::ActionSet supported(const domain::TenantId&, const domain::MerchantId&,
                                const domain::ProductKey&) const override {
        return actions;
    }
    std::vector<RouteReport> routes() const override { return ways; }
    std::vector<LearnedGap> learned() const override { return gaps; }
    std::size_t forget_learned(const GapScope& scope) override {
        forgotten.push_back(scope);
        return 1;
    }

    void tell(const domain::Entitlement& row) {
        for (auto* watching : watching_) watching->tell(row);
    }

  private:
    class Watching final : public Watch {
      public:
        Watching(FakePropagator& owner, domain::EntitlementId id)
            : owner_{owner}, id_{std::move(id)}, sleeper_{owner.clock_} {
            owner_.watching_.insert(this);
        }
        ~Watching() override { owner_.watching_.erase(this); }

        base::Task<std::shared_ptr<const domain::Entitlement>> next(
            base::Monotonic deadline) override {
            while (!newest_ && co_await sleeper_.until(deadline)) {
            }
            co_return std::exchange(newest_, nullptr);
        }
        void tell(const domain::Entitlement& row) {
            if (row.id != id_) return;
            newest_ = std::make_shared<const domain::Entitlement>(row);
            sleeper_.wake();
        }

      private:
        FakePropagator& owner_;
        domain::EntitlementId id_;
        base::Sleeper sleeper_;
        std::shared_ptr<const domain::Entitlement> newest_;
    };

    base::Task<> carry(Work first) {
        std::optional<Work> work{std::move(first)};
        while (work) {
            const auto advance = co_await step(*work);
            if (!advance) co_return;
            if (advance->entitlement) tell(*advance->entitlement);
            work = advance->next;
        }
    }
    base::Task<StoreResult<Advance>> step(const Work& work) {
        const auto deadline = clock_.monotonic() + ports->limits.calls.call;
        if (work.step.kind == domain::StepKind::act) {
            auto reply = co_await ports->partner.act({.action = work.call->action,
                                                      .entitlement = work.entitlement,
                                                      .request_id = work.call->request_id,
                                                      .deadline = deadline});
            co_return co_await settle(*ports, work, std::move(reply));
        }
        const auto begun = clock_.now();
        auto reply =
            co_await ports->partner.read({.entitlement = work.entitlement, .deadline = deadline});
        co_return co_await settle(*ports, work, std::move(reply), begun);
    }

    boost::asio::io_context& io_;
    base::Clock& clock_;
    std::set<Watching*> watching_;
};

struct World {
    explicit World(std::uint64_t seed = 1) : random{base::make_seeded_random(seed)} {
        propagator.ports = &ports;
        store.accounts[kAccount] = {.tenant = kTenant, .id = kAccount};
        store.products[kProduct] = {.tenant = kTenant,
                                    .id = kProduct,
                                    .merchant = kMerchant,
                                    .product_key = domain::ProductKey{"MUSIC"}};
    }
    ~World() { drain(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    boost::asio::io_context io;
    HandClock clock;
    FakeStore store{clock};
    FakePartner partner;
    FakePropagator propagator{io, clock};
    std::unique_ptr<base::Random> random;
    Ports ports{store, partner, propagator, clock, *random, {}};

    // Time passes only while nothing else can happen.
    template <class T>
    T run(base::Task<T> task) {
        std::optional<T> result;
        boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
            if (error) std::rethrow_exception(error);
            result.emplace(std::move(value));
        });
        while (!result) {
            io.restart();
            if (io.poll() == 0 && !clock.pass_to_next()) throw std::runtime_error{"stuck"};
        }
        return std::move(*result);
    }

    // Everything that is out ends.
    void drain() {
        do {
            io.restart();
            io.poll();
        } while (clock.pass_to_next());
    }

    // An entitlement that both sides agree on.
    domain::Entitlement& hold(domain::EntitlementStatus status,
                              const domain::EntitlementId& id = kEntitlement) {
        domain::Entitlement row{.tenant = kTenant,
                                .id = id,
                                .account = kAccount,
                                .product = kProduct,
                                .merchant = kMerchant,
                                .product_key = domain::ProductKey{"MUSIC"},
                                .partner_id = domain::PartnerEntitlementId{"b-" + id.text()}};
        row.convergence.status = status;
        row.convergence.partner_status = domain::meaning(status);
        row.convergence.bound = true;
        row.version = 1;
        row.request = 1;
        return store.rows[{kTenant, id}] = row;
    }
};

inline PartnerRecord record_of(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.id = domain::PartnerEntitlementId{std::move(id)},
            .view = {.status = status},
            .merchant = kMerchant,
            .product_key = domain::ProductKey{"MUSIC"}};
}

inline ActionReply confirmed(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.answer = {.outcome = domain::ActionOutcome::confirmed,
                       .view = {.status = status},
                       .bound = true},
            .record = record_of(status, std::move(id))};
}

inline ActionReply refused(std::string code = "NOT_ALLOWED") {
    return {.answer = {.outcome = domain::ActionOutcome::refused, .partner_code = std::move(code)},
            .problem = "refused"};
}

inline ActionReply ended_in(domain::ActionOutcome outcome) {
    return {.answer = {.outcome = outcome}, .problem = "trouble"};
}

inline ReadReply found(domain::PartnerStatus status, std::string id = "b-e-1") {
    return {.kind = ReadKind::found, .record = record_of(status, std::move(id))};
}

}  // namespace usher::flow::test
