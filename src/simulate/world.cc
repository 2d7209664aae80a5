#include "simulate/world.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "simulate/collect.h"
#include "simulate/disk.h"
#include "simulate/network.h"
#include "simulate/node.h"
#include "simulate/operators.h"
#include "simulate/setup.h"
#include "simulate/trace.h"

namespace usher::simulate {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// After the last trouble: the horizon, the longest wait between two reads, and time to spare.
constexpr hours kRest{2};
// What was due by a clock that was set back is due so much later.
constexpr hours kLongestStep{1};

class World {
  public:
    World(Stage& stage, const WorldOptions& options)
        : stage_{stage},
          options_{options},
          dice_{options.seed, 1},
          ties_{options.seed, 2},
          random_{base::make_seeded_random(options.seed)},
          partner_random_{base::make_seeded_random(~options.seed)},
          plan_{FaultPlan::draw(dice_, options.only)},
          trace_{options.keep_trace},
          partner_{partner_options(plan_, dice_), *partner_random_, nullptr} {
        partner_.set_activation_base("http://activate/");
    }

    ~World() { drop_node(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Outcome run() {
        prepare();
        while (timeline_.now() < trouble_ends_) step();
        heal();
        while (timeline_.now() < rest_ends_) step();
        return finish();
    }

  private:
    // --- What is going to happen

    void prepare() {
        disk_.begin(options_.seed);
        // Some begin with nothing, so that making the store can be cut off as well.
        const bool is_new = dice_.chance(0.1);
        file_ = is_new ? stage_.no_store() : stage_.new_store();
        if (is_new && plan_.has(Fault::crash)) plan_crash();
        network_.set_plan(plan_);
        may_repeat_ = plan_.has(Fault::short_memory) && plan_.may_leave_a_call_open();
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
        for (std::size_t left = count; left > 0;) {
            // Some come in bursts, so that groups are large and the same row is asked for at once.
            const auto burst =
                dice_.chance(0.1) ? std::min<std::size_t>(left, 2 + dice_.below(40)) : 1;
            left -= burst;
            timeline_.at(some_time(), kWorld, [this, burst](bool) {
                for (std::size_t i = 0; i < burst; ++i) ask();
            });
        }
    }

    void ask() {
        const bool leaves = dice_.chance(plan_[Fault::client_vanishes]);
        if (leaves) count(Fault::client_vanishes);
        ++figures_.requests;
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
        using sandbox::Move;
        constexpr std::array kMoves{Move::activate, Move::activate, Move::activate, Move::cancel,
                                    Move::suspend,  Move::resume,   Move::revoke,   Move::end};
        const auto record = some_record();
        const auto id = base::find_string(record, "entitlementId").value_or("");
        const auto move = dice_.pick(kMoves);
        const auto moved = partner_.make_move(id, move, {}, partner_time());
        if (!moved) return;
        ++figures_.moves;
        trace_.say(timeline_.now(), "partner moves {}: {}", id, sandbox::to_text(move));
        network_.wake_partner();
    }

    // Of the partner's; empty when the customer drawn has none there.
    boost::json::object some_record() {
        const auto& offer = stage_.offers().at(dice_.below(figures_.entitlements));
        const auto& tenant = stage_.operators().at(offer.by).tenant;
        const auto records =
            partner_.entitlements(fmt::format("{}-{}", tenant.text(), offer.account));
        if (records.empty()) return {};
        return records.at(dice_.below(records.size())).as_object();
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
            if (on) report_unknown();
        });
        plan_spell(Fault::crash, [this](bool on) {
            if (on) plan_crash();
        });
    }

    template <class Turn>
    void plan_spell(Fault fault, Turn turn) {
        if (!plan_.has(fault)) return;
        const auto spells = 1 + dice_.below(static_cast<std::uint64_t>(10 * plan_[fault]) + 1);
        for (std::uint64_t i = 0; i < spells; ++i) {
            const auto begin = some_time();
            const auto end =
                std::min(begin + dice_.log_between(milliseconds{500}, hours{1}), trouble_ends_);
            timeline_.at(begin, kWorld, [this, fault, turn](bool) {
                trace_.say(timeline_.now(), "begins: {}", to_text(fault));
                if (!is_counted_elsewhere(fault)) count(fault);
                turn(true);
            });
            timeline_.at(end, kWorld, [turn](bool) { turn(false); });
        }
    }

    // Those that count when they meet something.
    static bool is_counted_elsewhere(Fault fault) {
        return fault == Fault::crash || fault == Fault::unreachable ||
               fault == Fault::unauthorized || fault == Fault::report_forged;
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
        auto record = some_record();
        if (record.empty()) return;
        if (!node_) return;
        count(Fault::report_forged);
        record["status"] = "CANCELLED";
        record["reason"] = "CANCEL";
        const auto id = base::find_string(record, "externalEntitlementId").value_or("");
        const auto customer = base::find_string(record, "customerIdentifier").value_or("");
        deliver({.method = "POST",
                 .target = "/bango/v1/reports/" + customer.substr(0, customer.find('-')) + "/" + id,
                 .headers = {{"Content-Type", "application/json"},
                             {"Authorization", "Basic dXNoZXI6Z3Vlc3NlZA=="}},
                 .body = boost::json::serialize(record)},
                [](bool) {});
    }

    void report_unknown() {
        deliver({.method = "POST",
                 .target = "/bango/v1/reports/demo/000000000000000000000000",
                 .headers = {{"Content-Type", "application/json"},
                             {"Authorization", "Basic dXNoZXI6dXNoZXI="}},
                 .body = R"({"entitlementId":"unknown","status":"ACTIVE","reason":"ACTIVATE"})"},
                [](bool) {});
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
        store::StoreOptions made;
        made.busy_timeout = milliseconds{0};
        made.readers = 1;
        // Little, so that the log is copied back often.
        made.wal_soft_bytes = 256 << 10;
        made.wal_hard_bytes = 1 << 20;
        made.faults.before_commit = [this] {
            ++figures_.commits;
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
                              : dice_.log_between(base::Duration{200}, milliseconds{5});
    }

    void start_node() {
        if (node_) return;
        ++life_;
        ++figures_.starts;
        disk_.set_trouble(trouble_);
        trace_.say(timeline_.now(), "node {} starts", life_);
        auto started = Node::start(
            life_, {timeline_, *random_, metrics(), offset_, [this] { return store_latency(); }},
            network_.client_for(life_), file_, product_options(), store_options());
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
        if (!may_fail) found_.push_back({Invariant::starts, started.error()});
        if (!disk_.has_power()) disk_.recover();
        timeline_.after(seconds{10}, kWorld, [this](bool) { start_node(); });
    }

    // In-process metrics are for people who look at a server; one set serves all worlds.
    static base::Metrics& metrics() {
        static base::Metrics all;
        return all;
    }

    void drop_node() {
        if (!node_) return;
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

    bool serve(http::Request request, std::function<void(http::Response)> answered) {
        if (!node_) return false;
        node_->serve(std::move(request), std::move(answered));
        return true;
    }

    void step() {
        timeline_.step();
        if (node_ && !disk_.has_power()) crash();
        if (node_) node_->poll();
    }

    // --- At rest

    void heal() {
        trace_.say(timeline_.now(), "no more trouble");
        count_by_partner();
        network_.heal();
        plan_ = {};
        trouble_ = {.syncs_lie = options_.syncs_lie};
        disk_.set_trouble(trouble_);
        disk_.spare_power();
        store_is_slow_ = false;
        start_node();
    }

    // What only the partner's model knows.
    void count_by_partner() {
        if (plan_.has(Fault::short_memory)) count(Fault::short_memory);
        const auto faults = partner_.faults().to_json();
        for (const auto& item : faults.at("rules").as_array()) {
            const auto& rule = item.as_object();
            if (base::find_string(rule, "action") != "report") continue;
            figures_.faults.at(static_cast<std::size_t>(Fault::report_doubled)) +=
                rule.at("fired").to_number<std::uint64_t>();
        }
    }

    void collect_all(Evidence& evidence) {
        bool failed = false;
        std::size_t left = stage_.operators().size();
        for (const auto& one : stage_.operators()) {
            node_->run(collect(node_->store(), one.tenant, evidence.tenants[one.tenant], failed),
                       [&left] { --left; });
        }
        node_->poll();
        while (left > 0) step();
        if (failed) found_.push_back({Invariant::nothing_lost, "the store cannot be read"});
    }

    // Only what is durable counts: the judge sees what the next start finds.
    void start_once_more() {
        if (node_) crash();
        constexpr minutes kToStartAndSettle{5};
        const auto until = timeline_.now() + kToStartAndSettle;
        timeline_.at(until, kWorld, [](bool) {});
        while (timeline_.now() < until) step();
    }

    Outcome finish() {
        Evidence evidence;
        evidence.short_memory = may_repeat_;
        start_once_more();
        if (node_) {
            collect_all(evidence);
        } else {
            found_.push_back({Invariant::starts, "no node lives at the end"});
        }
        evidence.asked = operators_.asked();
        evidence.partner = partner_.entitlements();
        evidence.calls = network_.calls();
        evidence.calls_allowed = 200 + 60 * figures_.entitlements + 40 * figures_.requests +
                                 20 * figures_.moves + 20 * figures_.starts +
                                 figures_.entitlements * rounds_of_the_sweep();
        if (node_) {
            auto verdict = judge(evidence);
            std::ranges::move(verdict.violations, std::back_inserter(found_));
            figures_.repeats = verdict.repeats;
        }
        return report(evidence);
    }

    Outcome report(const Evidence& evidence) {
        for (const auto& [tenant, kept] : evidence.tenants) {
            for (const auto& event : kept.feed) {
                const auto kind = to_text(event.change.kind);
                ++figures_.events[std::string{kind}];
                trace_.say(timeline_.now(), "{} {} {} {}/{}", event.position,
                           event.entitlement.text(), kind, to_text(event.change.status_to),
                           to_text(event.change.partner_to));
            }
        }
        for (const auto& asked : evidence.asked) {
            if (!asked.answer) continue;
            ++figures_.answers[fmt::format("{} {}", *asked.answer, asked.error_code)];
        }
        figures_.worlds = 1;
        figures_.calls = network_.calls();
        return {.seed = options_.seed,
                .hash = trace_.hash(),
                .violations = std::move(found_),
                .trace = trace_.lines(),
                .figures = std::move(figures_)};
    }

    // At most; a round takes at least half of the limit.
    std::uint64_t rounds_of_the_sweep() const {
        const auto ran = timeline_.now() - base::Monotonic{};
        return static_cast<std::uint64_t>(2 * ran / kFreshness) + 2;
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
    std::vector<Violation> found_;
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
    bool may_repeat_ = false;
    Life life_ = kWorld;
    std::unique_ptr<Node> node_;
};

}  // namespace

void Figures::add(const Figures& other) {
    worlds += other.worlds;
    entitlements += other.entitlements;
    requests += other.requests;
    transactions += other.transactions;
    commits += other.commits;
    largest_group = std::max(largest_group, other.largest_group);
    calls += other.calls;
    reports += other.reports;
    moves += other.moves;
    starts += other.starts;
    repeats += other.repeats;
    for (std::size_t i = 0; i < faults.size(); ++i) faults.at(i) += other.faults.at(i);
    for (const auto& [kind, count] : other.events) events[kind] += count;
    for (const auto& [answer, count] : other.answers) answers[answer] += count;
}

Outcome run_world(Stage& stage, const WorldOptions& options) {
    return World{stage, options}.run();
}

}  // namespace usher::simulate
