#include "simulate/world.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "base/json.h"
#include "simulate/collect.h"
#include "simulate/disk.h"
#include "simulate/network.h"
#include "simulate/node.h"
#include "simulate/operators.h"
#include "simulate/setup.h"
#include "simulate/spells.h"
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

constexpr std::uint64_t kUseOfWorld = 1;  // of its dice; the plan is drawn first

class World {
  public:
    World(Stage& stage, const WorldOptions& options)
        : stage_{stage},
          options_{options},
          dice_{options.seed, kUseOfWorld},
          ties_{options.seed, 2},
          random_{base::make_seeded_random(options.seed)},
          partner_random_{base::make_seeded_random(~options.seed)},
          plan_{FaultPlan::draw(dice_, options.only)},
          trace_{options.keep_trace},
          partner_{partner_options(plan_, dice_), *partner_random_, nullptr} {
        partner_.set_activation_base("http://activate/");
        for (const auto fault : options.without) plan_.leave_out(fault);
    }

    ~World() { drop_node(); }
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
        disk_.begin(options_.seed);
        // Some begin with nothing, so that making the store can be cut off as well.
        const bool is_new = dice_.chance(0.1);
        file_ = is_new ? stage_.no_store() : stage_.new_store();
        if (is_new && plan_.has(Fault::crash)) plan_crash();
        network_.set_plan(plan_);
        slowest_turn_ = dice_.log_between(milliseconds{2}, milliseconds{60});
        evidence_.unsupported = plan_.has(Fault::not_available);
        evidence_.clocks_step = plan_.has(Fault::clock_steps);
        evidence_.short_memory = plan_.has(Fault::short_memory) && plan_.may_leave_a_call_open();
        network_.set_deliver(
            [this](const http::Request& report, auto done) { deliver(report, std::move(done)); });
        start_node();
        const auto begun = timeline_.now();
        trouble_ends_ = begun + dice_.log_between(minutes{2}, hours{4});
        const auto rights =
            static_cast<std::size_t>(dice_.log_between(1.0, options_.most_entitlements));
        operators_.take(rights);
        figures_.entitlements = rights;
        plan_requests(rights);
        plan_storms(rights);
        plan_moves(rights);
        plan_spells();
        // So that time goes on, whatever else happens.
        timeline_.at(trouble_ends_, kWorld, [](bool) {});
        rest_ends_ = trouble_ends_ + kRest + (plan_.has(Fault::clock_steps) ? 2 : 0) * kLongestStep;
        timeline_.at(rest_ends_, kWorld, [](bool) {});
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

    void plan_moves(std::size_t rights) {
        const auto count = dice_.below(rights + 2);
        for (std::size_t i = 0; i < count; ++i) {
            timeline_.at(some_time(), kWorld, [this](bool) { move_partner(); });
        }
    }

    // A customer or the merchant acts.
    void move_partner() {
        // Never of some: what becomes of those is as their operator wants it.
        const auto record = some_record(figures_.entitlements / 2 + 1);
        move(base::find_string(record, "entitlementId").value_or(""),
             base::find_string(record, "externalEntitlementId").value_or(""));
    }

    void move(const std::string& id, const std::string& our_id) {
        using sandbox::Move;
        constexpr std::array kMoves{Move::activate, Move::activate, Move::activate, Move::cancel,
                                    Move::suspend,  Move::resume,   Move::revoke,   Move::end};
        const auto chosen = dice_.pick(kMoves);
        if (!partner_.make_move(id, chosen, {}, partner_time())) return;
        ++figures_.moves;
        evidence_.moved.insert(our_id);
        trace_.say(timeline_.now(), "partner moves {}: {}", id, sandbox::to_text(chosen));
        network_.wake_partner();
        // Often not once alone, so that a report comes while something is done about the last.
        if (!dice_.chance(0.4)) return;
        timeline_.after(dice_.log_between(milliseconds{5}, seconds{2}), kWorld,
                        [this, id, our_id](bool) { move(id, our_id); });
    }

    // Of the partner's, for one of the first offers; empty when there is none.
    boost::json::object some_record(std::size_t of) {
        const auto& offer = stage_.offers().at(dice_.below(of));
        const auto& tenant = stage_.operators().at(offer.by).tenant;
        const auto records =
            partner_.entitlements(fmt::format("{}-{}", tenant.text(), offer.account));
        for (const auto& record : records) {
            const auto product = base::find_string(record.as_object(), "productKey");
            if (product == offer.product) return record.as_object();
        }
        return {};
    }

    base::Time partner_time() const { return wall_time(timeline_.now()) + partner_offset_; }

    // What comes for a while and goes again.
    void plan_spells() {
        plan_spell(Fault::unreachable, [this](bool on) { network_.set_unreachable(on); });
        plan_spell(Fault::unauthorized, [this](bool on) { network_.set_unauthorized(on); });
        plan_spell(Fault::store_slow, [this](bool on) { store_is_slow_ = on; });
        plan_spell(Fault::disk_full, [this](bool on) { set_trouble(trouble_.full, on); });
        plan_spell(Fault::disk_fails, [this](bool on) { set_trouble(trouble_.writes_fail, on); });
        plan_spell(Fault::sync_fails, [this](bool on) { set_trouble(trouble_.syncs_fail, on); });
        plan_spell(Fault::clock_steps, [this](bool) {
            auto& clock = dice_.chance(0.5) ? offset_ : partner_offset_;
            clock = dice_.between(-kLongestStep, kLongestStep);
            network_.wake_partner();
        });
        plan_spell(Fault::report_forged, [this](bool on) {
            if (on) forge_report();
        });
        plan_spell(Fault::report_unknown, [this](bool on) {
            if (on) deliver(report_of_nobody(), [](bool) {});
        });
        plan_spell(Fault::stands_still, [this](bool on) {
            if (!on) return go_on();
            // Often between a commit and what is done about it.
            stops_at_commit_ = dice_.chance(0.7);
            committed_ = false;
            if (!stops_at_commit_) stand_still();
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

    void set_trouble(bool& which, bool on) {
        which = on;
        disk_.set_trouble(trouble_);
    }

    // The power fails between any two things that the store does to its disk.
    void plan_crash() {
        disk_.fail_power_after(static_cast<std::uint64_t>(dice_.log_between(1.0, 300.0)) - 1);
    }

    void forge_report() {
        const auto record = some_record(figures_.entitlements);
        if (record.empty() || !node_) return;
        count(Fault::report_forged);
        deliver(forged_report(record), [](bool) {});
    }

    void deliver(const http::Request& report, std::function<void(bool)> done) {
        ++figures_.reports;
        const auto number = figures_.reports;
        reports_out_.emplace(number, std::move(done));
        const auto answered = [this, number](const http::Response& response) {
            trace_.say(timeline_.now(), "report answered {}", response.status);
            end_report(number, response.status == 200);
        };
        if (!serve(report, answered)) end_report(number, false);
    }

    // In its own time, not in the middle of the node's.
    void end_report(std::uint64_t number, bool taken) {
        auto done = std::move(reports_out_.extract(number).mapped());
        timeline_.after(milliseconds{10}, kWorld,
                        [done = std::move(done), taken](bool) { done(taken); });
    }

    // --- The node

    store::StoreOptions store_options() {
        auto made = simulate::store_options();
        made.faults.before_commit = [this] {
            ++figures_.commits;
            committed_ = true;
            figures_.largest_group = std::max(figures_.largest_group, group_);
            group_ = 0;
            return store::CommitFault::none;
        };
        made.faults.fail_command = [this] {
            ++group_;
            ++figures_.transactions;
            return false;
        };
        return made;
    }

    base::Duration store_latency() {
        return store_is_slow_ ? dice_.log_between(milliseconds{50}, seconds{3})
                              : dice_.log_between(base::Duration{200}, slowest_turn_);
    }

    void start_node() {
        if (node_) return;
        ++life_;
        ++figures_.starts;
        found_.look(Invariant::starts, true);
        disk_.set_trouble(trouble_);
        trace_.say(timeline_.now(), "node {} starts", life_);
        auto started = Node::start(
            life_,
            {timeline_, *random_, all_metrics(), offset_, [this] { return store_latency(); }},
            network_.client_for(life_), file_, product_options(plan_), store_options());
        if (started) {
            node_ = std::move(*started);
            return;
        }
        timeline_.drop(life_);
        network_.drop(life_);
        // The sentence names a file, which is called differently each time.
        trace_.say(timeline_.now(), "node {} does not start", life_);
        trace_.detail(timeline_.now(), "  {}", started.error());
        const bool may_fail =
            !disk_.has_power() || trouble_.full || trouble_.writes_fail || trouble_.syncs_fail;
        if (!may_fail) found_.fail(Invariant::starts, "{}", started.error());
        if (!disk_.has_power()) disk_.recover();
        timeline_.after(seconds{10}, kWorld, [this](bool) { start_node(); });
    }

    void drop_node() {
        if (!node_) return;
        stands_still_ = false;
        disk_.fail_power();
        operators_.cut_off();
        timeline_.drop(life_);
        network_.drop(life_);
        node_.reset();
    }

    void crash() {
        const bool is_trouble = timeline_.now() < trouble_ends_;
        if (is_trouble) count(Fault::crash);
        trace_.say(timeline_.now(), "node {} dies", life_);
        drop_node();
        while (!reports_out_.empty()) end_report(reports_out_.begin()->first, false);
        disk_.recover();
        if (is_trouble && dice_.chance(0.3)) plan_crash();  // as soon as it starts again
        timeline_.after(dice_.log_between(milliseconds{10}, minutes{1}), kWorld,
                        [this](bool) { start_node(); });
    }

    void stand_still() {
        stops_at_commit_ = false;
        if (stands_still_ || !node_) return;
        stands_still_ = true;
        count(Fault::stands_still);
        trace_.say(timeline_.now(), "node {} stands still", life_);
        stood_still_from_ = timeline_.now();
        node_->stand_still();
    }

    void go_on() {
        stops_at_commit_ = false;
        if (!std::exchange(stands_still_, false) || !node_) return;
        trace_.say(timeline_.now(), "node {} goes on", life_);
        operators_.excuse(timeline_.now() - stood_still_from_);
        node_->go_on();
    }

    bool serve(http::Request request, std::function<void(http::Response)> answered) {
        if (!node_) return false;
        node_->serve(std::move(request), std::move(answered));
        return true;
    }

    void step() {
        timeline_.step();
        if (node_ && !disk_.has_power()) crash();
        if (stops_at_commit_ && std::exchange(committed_, false)) stand_still();
        if (node_) node_->poll();
    }

    // --- At rest

    void heal() {
        trace_.say(timeline_.now(), "no more trouble");
        count_by_partner();
        network_.heal();
        plan_.clear();
        trouble_ = {.syncs_lie = options_.syncs_lie};
        disk_.set_trouble(trouble_);
        disk_.spare_power();
        store_is_slow_ = false;
        go_on();
        start_node();
    }

    // What only the partner's model knows.
    void count_by_partner() {
        if (plan_.has(Fault::short_memory)) count(Fault::short_memory);
        figures_.faults.at(static_cast<std::size_t>(Fault::report_doubled)) +=
            reports_doubled(partner_.faults());
    }

    void collect_all() {
        bool failed = false;
        std::size_t left = stage_.operators().size();
        for (const auto& one : stage_.operators()) {
            node_->run(collect(node_->store(), one.tenant, evidence_.tenants[one.tenant], failed),
                       [&left] { --left; });
        }
        node_->poll();
        while (left > 0) step();
        if (failed) found_.fail(Invariant::nothing_lost, "the store cannot be read");
    }

    // Only what is durable counts: the judge sees what the next start finds.
    void start_once_more() {
        if (node_) crash();
        const auto until = timeline_.now() + minutes{5};  // to start and to settle
        timeline_.at(until, kWorld, [](bool) {});
        while (timeline_.now() < until) step();
    }

    Outcome finish() {
        start_once_more();
        if (node_) {
            collect_all();
        } else {
            found_.fail(Invariant::starts, "no node lives at the end");
        }
        evidence_.asked = operators_.asked();
        evidence_.partner = partner_.entitlements();
        evidence_.sent = network_.sent();
        figures_.take(evidence_);
        const auto rounds = most_rounds(timeline_.now() - base::Monotonic{});
        evidence_.calls_allowed = figures_.calls_allowed() + figures_.entitlements * rounds;
        if (node_) {
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
    std::unique_ptr<base::Random> random_;
    std::unique_ptr<base::Random> partner_random_;
    FaultPlan plan_;
    Trace trace_;
    Figures figures_;
    Findings found_;
    Evidence evidence_;
    Disk& disk_ = Disk::the();
    DiskTrouble trouble_{.syncs_lie = options_.syncs_lie};
    std::filesystem::path file_;
    Timeline timeline_{ties_};
    base::Duration offset_{};
    base::Duration partner_offset_{};
    sandbox::PartnerModel partner_;
    Network network_{timeline_, dice_,           partner_,       stage_.issuer(),
                     trace_,    figures_.faults, partner_offset_};
    Operators operators_{stage_, dice_, timeline_, trace_,
                         [this](http::Request request, auto answered) {
                             return serve(std::move(request), std::move(answered));
                         }};
    base::Monotonic trouble_ends_;
    base::Monotonic rest_ends_;
    std::map<std::uint64_t, std::function<void(bool)>> reports_out_;  // not answered yet
    std::uint64_t group_ = 0;
    bool store_is_slow_ = false;
    base::Duration slowest_turn_{};  // of the store, when nothing is wrong with it
    bool committed_ = false;         // since it was last asked
    bool stops_at_commit_ = false;   // the node, as soon as there is one
    bool stands_still_ = false;
    base::Monotonic stood_still_from_;
    Life life_ = kWorld;
    std::unique_ptr<Node> node_;
};

}  // namespace

std::vector<Fault> faults_of(std::uint64_t seed, std::optional<Fault> only) {
    Dice dice{seed, kUseOfWorld};
    const auto plan = FaultPlan::draw(dice, only);
    auto faults = all_faults();
    std::erase_if(faults, [&](Fault fault) { return !plan.has(fault); });
    return faults;
}

Outcome run_world(Stage& stage, const WorldOptions& options) {
    return World{stage, options}.run();
}

}  // namespace usher::simulate
