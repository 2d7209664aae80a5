#include "simulate/world.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "base/json.h"
#include "simulate/collect.h"
#include "simulate/disk.h"
#include "simulate/fleet.h"
#include "simulate/movers.h"
#include "simulate/network.h"
#include "simulate/operators.h"
#include "simulate/overseer.h"
#include "simulate/readers.h"
#include "simulate/setup.h"
#include "simulate/spells.h"
#include "simulate/storage.h"
#include "simulate/strangers.h"
#include "simulate/trace.h"

namespace usher::simulate {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// After the last trouble: the horizon, the longest wait between two reads, and time to spare.
constexpr hours kRest{4};
// What was due by a clock that was set back is due so much later.
constexpr hours kLongestStep{1};

// Of its dice. The plan is drawn first.
constexpr std::uint64_t kUseOfWorld = 1;
constexpr std::uint64_t kUseOfTies = 2;
constexpr std::uint64_t kUseOfNodes = 3;
constexpr std::uint64_t kUseOfChoices = 4;
constexpr std::uint64_t kUseOfWishes = 6;  // the movers have the one before
constexpr std::uint64_t kUseOfKeys = 7;
constexpr std::uint64_t kUseOfAccounts = 8;  // the readers have the next

class World {
  public:
    World(Stage& stage, const WorldOptions& options)
        : stage_{stage},
          options_{options},
          dice_{options.seed, kUseOfWorld},
          ties_{options.seed, kUseOfTies},
          choices_{options.seed, kUseOfChoices},
          wishes_{options.seed, kUseOfWishes},
          keys_{options.seed, kUseOfKeys},
          accounts_{options.seed, kUseOfAccounts},
          random_{base::make_seeded_random(options.seed)},
          partner_random_{base::make_seeded_random(~options.seed)},
          nodes_{nodes_of(options)},
          plan_{FaultPlan::draw(dice_, options.only, nodes_ > 1)},
          trace_{options.keep_trace},
          partner_{partner_options(plan_, dice_), *partner_random_, nullptr} {
        partner_.set_activation_base("http://activate/");
        for (const auto fault : options.without) plan_.leave_out(fault);
    }

    ~World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Outcome run() {
        prepare();
        go_to(trouble_ends_);
        heal();
        go_to(rest_ends_);
        return finish();
    }

  private:
    // A node that never tires would never let the world end.
    void go_to(base::Monotonic end) {
        const auto enough = [this] { return 5'000 + 30 * operators_.asked().size(); };
        while (timeline_.now() < end && network_.sent().size() < enough()) step();
    }

    // --- What is going to happen

    void prepare() {
        make_storage();
        network_.set_plan(plan_);
        fleet_ = std::make_unique<Fleet>(
            FleetGround{timeline_, dice_, choices_, *random_, trace_, figures_, found_, network_,
                        plan_, *storage_},
            nodes_,
            FleetEars{.gone = [this](Life life) { forget(life); },
                      .stood_still = [this](Life life,
                                            base::Duration span) { operators_.excuse(life, span); },
                      .plan_crash = [this] { plan_crash(); }});
        evidence_.unsupported = plan_.has(Fault::not_available);
        evidence_.sees_clearly = sees_clearly();
        // A node that asks only now and then, and cannot ask while it stands still.
        evidence_.pause_takes = nodes_ == 1              ? base::Duration{}
                                : evidence_.sees_clearly ? 2 * kLooksAtHolds
                                                         : base::Duration{hours{24}};
        evidence_.clocks_step = plan_.has(Fault::clock_steps);
        evidence_.short_memory = plan_.has(Fault::short_memory) && plan_.may_leave_a_call_open();
        network_.set_deliver(
            [this](const http::Request& report, auto done) { deliver(report, std::move(done)); });
        fleet_->start_all();
        const auto begun = timeline_.now();
        trouble_ends_ = begun + dice_.log_between(minutes{2}, hours{4});
        fleet_->set_trouble_ends(trouble_ends_);
        const auto rights =
            static_cast<std::size_t>(dice_.log_between(1.0, options_.most_entitlements));
        operators_.take(rights);
        figures_.entitlements = rights;
        plan_requests(rights);
        plan_storms(rights);
        movers_.plan(rights, trouble_ends_);
        movers_.plan_products(rights, trouble_ends_, plan_.swept());
        plan_more(wishes_, 0.3, 2 * rights, &Operators::ask_otherwise);
        plan_more(keys_, 0.3, 2 * rights, &Operators::ask_with_key);
        plan_more(accounts_, 0.2, 1 + rights / 2, &Operators::ask_about_account);
        readers_.plan(trouble_ends_);
        plan_spells();
        // So that time goes on, whatever else happens.
        timeline_.at(trouble_ends_, kWorld, [](bool) {});
        rest_ends_ = trouble_ends_ + kRest + (plan_.has(Fault::clock_steps) ? 2 : 0) * kLongestStep;
        timeline_.at(rest_ends_, kWorld, [](bool) {});
    }

    bool sees_clearly() const {
        constexpr std::array kBlinding{Fault::clock_steps,   Fault::clocks_differ,
                                       Fault::stands_still,  Fault::database_away,
                                       Fault::store_slow,    Fault::disk_full,
                                       Fault::disk_fails,    Fault::sync_fails,
                                       Fault::crash,         Fault::serialization_failure,
                                       Fault::commit_unheard};
        return std::ranges::none_of(kBlinding, [this](Fault fault) { return plan_.has(fault); });
    }

    void make_storage() {
        // Some begin with nothing, so that making the store can be cut off as well.
        const bool is_new = dice_.chance(0.1);
        if (nodes_ > 1) {
            auto database = std::make_unique<DatabaseStorage>(timeline_);
            database_ = database.get();
            storage_ = std::move(database);
            if (!is_new) Stage::fill(*database_->open_quietly());
            return;
        }
        auto& disk = Disk::the();
        disk.begin(options_.seed);
        auto file = std::make_unique<FileStorage>(
            disk, is_new ? stage_.no_store() : stage_.new_store(), options_.syncs_lie);
        file_ = file.get();
        storage_ = std::move(file);
        if (is_new && plan_.has(Fault::crash)) plan_crash();
    }

    base::Monotonic some_time() {
        return timeline_.now() + dice_.between(base::Duration{}, trouble_ends_ - timeline_.now());
    }

    void plan_requests(std::size_t rights) {
        const auto count =
            static_cast<std::size_t>(static_cast<double>(rights) * dice_.log_between(1.5, 5.0) + 2);
        // Some come in bursts, so that groups are large and the same row is asked for at once.
        constexpr std::array kShares{0.02, 0.1, 0.3, 0.8};
        const auto share = dice_.pick(kShares);
        const auto most = dice_.log_between(4.0, 300.0);
        for (std::size_t left = count; left > 0;) {
            const auto wanted = dice_.chance(share) ? dice_.log_between(2.0, most) : 1.0;
            const auto burst = std::min(left, static_cast<std::size_t>(wanted));
            left -= burst;
            timeline_.at(some_time(), kWorld, [this, burst](bool) {
                for (std::size_t i = 0; i < burst; ++i) ask();
            });
        }
    }

    // What only some worlds have, drawn apart from all else.
    void plan_more(Dice& dice, double share, std::uint64_t most, void (Operators::*ask)(Dice&)) {
        if (!dice.chance(share)) return;
        const auto count = 1 + dice.below(most);
        const auto begins = timeline_.now();
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto at = begins + dice.between({}, trouble_ends_ - begins);
            timeline_.at(at, kWorld,
                         [this, &dice, ask](bool) { std::invoke(ask, operators_, dice); });
        }
    }

    // Everything is asked about at once, as a portal does in a campaign.
    void plan_storms(std::size_t rights) {
        const auto storms = dice_.chance(0.5) ? 1 + dice_.below(8) : 0;
        for (std::uint64_t i = 0; i < storms; ++i) {
            const auto requests =
                static_cast<std::size_t>(static_cast<double>(rights) * dice_.log_between(0.3, 2.0));
            timeline_.at(some_time(), kWorld, [this, requests](bool) {
                for (std::size_t left = requests; left > 0; --left) ask();
            });
        }
    }

    void ask() {
        const bool leaves = dice_.chance(plan_[Fault::client_vanishes]);
        if (leaves) count(Fault::client_vanishes);
        operators_.ask_something(leaves);
    }

    base::Time partner_time() const { return wall_time(timeline_.now()) + partner_offset_; }

    // What comes for a while and goes again.
    void plan_spells() {
        plan_spell(Fault::unreachable, [this](bool on) { network_.set_unreachable(on); });
        plan_spell(Fault::unauthorized, [this](bool on) { network_.set_unauthorized(on); });
        plan_spell(Fault::store_slow, [this](bool on) { fleet_->set_store_slow(on); });
        plan_spell(Fault::disk_full, [this](bool on) { set_trouble(&DiskTrouble::full, on); });
        plan_spell(Fault::disk_fails,
                   [this](bool on) { set_trouble(&DiskTrouble::writes_fail, on); });
        plan_spell(Fault::sync_fails,
                   [this](bool on) { set_trouble(&DiskTrouble::syncs_fail, on); });
        plan_spell(Fault::database_away, [this](bool on) { database_->set_away(on); });
        plan_spell(Fault::clock_steps, [this](bool) {
            auto& clock = dice_.chance(0.5) ? some_clock() : partner_offset_;
            clock = dice_.between(-kLongestStep, kLongestStep);
            network_.wake_partner();
        });
        plan_spell(Fault::report_forged, [this](bool on) {
            if (on) forge_report();
        });
        plan_spell(Fault::report_unknown, [this](bool on) {
            if (on) deliver(report_of_nobody(), [](bool) {});
        });
        plan_spell(Fault::stands_still,
                   [this](bool on) { on ? fleet_->stand_still() : fleet_->go_on(); });
        plan_spell(Fault::paused, [this](bool on) { on ? overseer_.pause() : overseer_.resume(); });
        plan_spell(Fault::node_stops, [this](bool on) {
            if (on) fleet_->stop_one();
        });
        plan_spell(Fault::crash, [this](bool on) {
            if (on) plan_crash();
        });
    }

    void plan_spell(Fault fault, const std::function<void(bool on)>& turn) {
        const auto begins = [this, fault] {
            trace_.say(timeline_.now(), "begins: {}", to_text(fault));
            if (!counts_when_met(fault)) count(fault);
        };
        simulate::plan_spell({timeline_, dice_, trouble_ends_}, plan_[fault], begins, turn);
    }

    // Ours: a node's or, as one of them, the database's.
    base::Duration& some_clock() {
        if (database_ == nullptr) return fleet_->clock_offset(0);
        const auto which = choices_.below(fleet_->size() + 1);
        return which == fleet_->size() ? database_->offset() : fleet_->clock_offset(which);
    }

    void set_trouble(bool DiskTrouble::* which, bool on) {
        auto trouble = file_->trouble();
        trouble.*which = on;
        file_->set_trouble(trouble);
    }

    void plan_crash() {
        if (file_ == nullptr) return fleet_->crash_one();
        file_->fail_power_after(static_cast<std::uint64_t>(dice_.log_between(1.0, 300.0)) - 1);
    }

    void forge_report() {
        const auto record = movers_.some_record(figures_.entitlements);
        if (record.empty() || fleet_->any() == nullptr) return;
        count(Fault::report_forged);
        deliver(forged_report(record), [](bool) {});
    }

    void deliver(const http::Request& report, std::function<void(bool)> done) {
        ++figures_.reports;
        const auto number = figures_.reports;
        auto& out = reports_out_[number];
        out.done = std::move(done);
        out.node = fleet_->serve(report, [this, number](const http::Response& response) {
            trace_.say(timeline_.now(), "report answered {}", response.status);
            end_report(number, response.status == 200);
        });
        if (out.node == kWorld) end_report(number, false);
    }

    // In its own time, not in the middle of the node's.
    void end_report(std::uint64_t number, bool taken) {
        auto done = std::move(reports_out_.extract(number).mapped().done);
        timeline_.after(milliseconds{10}, kWorld,
                        [done = std::move(done), taken](bool) { done(taken); });
    }

    // A node is gone: what it was asked is answered by nobody.
    void forget(Life node) {
        operators_.cut_off(node);
        std::vector<std::uint64_t> lost;
        for (const auto& [number, out] : reports_out_) {
            if (out.node == node) lost.push_back(number);
        }
        for (const auto number : lost) end_report(number, false);
    }

    void step() {
        timeline_.step();
        fleet_->move();
    }

    // --- At rest

    void heal() {
        trace_.say(timeline_.now(), "no more trouble");
        count_by_partner();
        network_.heal();
        plan_.clear();
        storage_->heal();
        fleet_->heal();
        overseer_.put_right();
    }

    // What only the partner's model knows.
    void count_by_partner() {
        if (plan_.has(Fault::short_memory)) count(Fault::short_memory);
        figures_.faults.at(static_cast<std::size_t>(Fault::report_doubled)) +=
            reports_doubled(partner_.faults());
    }

    void collect_all(Node& node) {
        bool failed = false;
        std::size_t left = stage_.operators().size();
        for (const auto& one : stage_.operators()) {
            node.run(collect(node.store(), one.tenant, evidence_.tenants[one.tenant], failed),
                     [&left] { --left; });
        }
        node.poll();
        while (left > 0) step();
        if (failed) found_.fail(Invariant::nothing_lost, "the store cannot be read");
    }

    // Only what is durable counts: the judge sees what the next start finds.
    void start_once_more() {
        fleet_->crash_all();
        const auto until = timeline_.now() + minutes{5};  // to start and to settle
        timeline_.at(until, kWorld, [](bool) {});
        while (timeline_.now() < until) step();
    }

    Outcome finish() {
        start_once_more();
        auto* node = fleet_->any();
        if (node != nullptr) {
            collect_all(*node);
        } else {
            found_.fail(Invariant::starts, "no node lives at the end");
        }
        evidence_.asked = operators_.asked();
        evidence_.partner = partner_.entitlements();
        evidence_.sent = network_.sent();
        evidence_.pauses = overseer_.pauses();
        evidence_.read = readers_.read();
        evidence_.moved = movers_.moved();
        evidence_.other_product = movers_.other_product();
        const auto& wished = operators_.other_products();
        evidence_.other_product.insert(wished.begin(), wished.end());
        figures_.moves = movers_.moves();
        figures_.product_moves = movers_.product_moves();
        figures_.take(evidence_);
        const auto rounds = most_rounds(timeline_.now() - base::Monotonic{});
        evidence_.calls_allowed = figures_.calls_allowed() + figures_.entitlements * rounds;
        if (node != nullptr) {
            auto verdict = judge(evidence_);
            std::ranges::move(verdict.violations, std::back_inserter(found_.violations()));
            figures_.take(verdict);
        }
        return report();
    }

    Outcome report() {
        for (const auto& [tenant, kept] : evidence_.tenants) {
            for (const auto& event : kept.feed) {
                trace_.say(timeline_.now(), "{} {} {} {}/{}", event.position,
                           event.entitlement.text(), to_text(event.change.kind),
                           to_text(event.change.status_to), to_text(event.change.partner_to));
            }
        }
        found_.look(Invariant::no_crash, true);
        for (std::size_t i = 0; i < kInvariants; ++i) figures_.checks.at(i) += found_.looks().at(i);
        return {.seed = options_.seed,
                .hash = trace_.hash(),
                .violations = std::move(found_.violations()),
                .trace = trace_.lines(),
                .figures = std::move(figures_)};
    }

    void count(Fault fault) { ++figures_.faults.at(static_cast<std::size_t>(fault)); }

    Stage& stage_;
    const WorldOptions options_;
    Dice dice_;
    Dice ties_;
    Dice choices_;
    Dice wishes_;
    Dice keys_;
    Dice accounts_;
    std::unique_ptr<base::Random> random_;
    std::unique_ptr<base::Random> partner_random_;
    const unsigned nodes_;
    FaultPlan plan_;
    Trace trace_;
    Figures figures_;
    Findings found_;
    Evidence evidence_;
    Timeline timeline_{ties_};
    base::Duration partner_offset_{};
    sandbox::PartnerModel partner_;
    Network network_{timeline_, dice_,           partner_,       stage_.issuer(),
                     trace_,    figures_.faults, partner_offset_};
    Operators operators_{stage_, dice_, timeline_, trace_,
                         [this](http::Request request, auto answered) {
                             return fleet_->serve(std::move(request), std::move(answered));
                         }};
    Movers movers_{{.stage = stage_,
                    .partner = partner_,
                    .timeline = timeline_,
                    .dice = dice_,
                    .trace = trace_,
                    .partner_time = [this] { return partner_time(); },
                    .moved = [this] { network_.wake_partner(); }},
                   options_.seed};
    Overseer overseer_{stage_, dice_, timeline_, trace_,
                       [this](http::Request request, auto answered) {
                           return fleet_->serve_admin(std::move(request), std::move(answered));
                       }};
    Readers readers_{stage_, options_.seed, timeline_, trace_,
                     [this](http::Request request, auto answered) {
                         return fleet_->serve(std::move(request), std::move(answered));
                     }};
    base::Monotonic trouble_ends_;
    base::Monotonic rest_ends_;
    struct ReportOut {
        Life node = kWorld;
        std::function<void(bool)> done;
    };
    std::map<std::uint64_t, ReportOut> reports_out_;  // not answered yet
    std::unique_ptr<Storage> storage_;
    FileStorage* file_ = nullptr;          // it, of one node
    DatabaseStorage* database_ = nullptr;  // it, of several
    std::unique_ptr<Fleet> fleet_;
};

}  // namespace

unsigned nodes_of(const WorldOptions& options) {
    const auto place = options.only ? where(*options.only) : Where::anywhere;
    if (place == Where::one_node) return 1;
    Dice dice{options.seed, kUseOfNodes};
    const bool is_several = dice.chance(0.25) || place == Where::several_nodes;
    const auto drawn = static_cast<unsigned>(2 + dice.below(2));
    if (options.nodes == 0) return is_several ? drawn : 1;
    return place == Where::several_nodes && options.nodes == 1 ? drawn : options.nodes;
}

std::vector<Fault> faults_of(const WorldOptions& options) {
    Dice dice{options.seed, kUseOfWorld};
    const auto plan = FaultPlan::draw(dice, options.only, nodes_of(options) > 1);
    auto faults = all_faults();
    std::erase_if(faults, [&](Fault fault) { return !plan.has(fault); });
    return faults;
}

Outcome run_world(Stage& stage, const WorldOptions& options) {
    return World{stage, options}.run();
}

}  // namespace usher::simulate
