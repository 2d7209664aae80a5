#include "simulate/fleet.h"

#include <algorithm>
#include <array>
#include <utility>

#include "simulate/setup.h"

namespace usher::simulate {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Until a node that is told to stop has stopped, as in the settings of a server.
constexpr seconds kDrain{10};
constexpr seconds kDrainTolerance{1};

}  // namespace

Fleet::Fleet(const FleetGround& ground, std::size_t nodes, FleetEars ears)
    : ground_{ground},
      ears_{std::move(ears)},
      slots_(nodes),
      slowest_turn_{ground.dice.log_between(milliseconds{2}, milliseconds{60})} {
    for (std::size_t i = 0; i < nodes; ++i) slots_[i].number = i + 1;
    if (!is_several()) return;
    constexpr std::array kPauses{0.1, 0.5, 1.0};
    constexpr std::array<std::size_t, 3> kConnections{1, 1, 3};
    pauses_ = ground_.choices.pick(kPauses);
    connections_ = ground_.choices.pick(kConnections);
    // Of one statement, not of a whole transaction with its syncs.
    slowest_turn_ /= 3;
    if (!ground_.plan.has(Fault::clocks_differ)) return;
    count(Fault::clocks_differ);
    constexpr seconds kMost{30};
    for (auto& slot : slots_) slot.offset = ground_.choices.between(-kMost, kMost);
}

Fleet::~Fleet() {
    ground_.storage.die();
    for (auto& slot : slots_) drop(slot);
}

void Fleet::start_all() {
    for (auto& slot : slots_) start(slot);
}

Fleet::Slot* Fleet::some_slot() {
    std::vector<Slot*> able;
    for (auto& slot : slots_) {
        if (slot.node && !slot.node->is_stopping()) able.push_back(&slot);
    }
    if (able.empty()) return nullptr;
    return is_several() ? able.at(ground_.choices.below(able.size())) : able.front();
}

Life Fleet::serve(http::Request request, std::function<void(http::Response)> answered) {
    auto* slot = some_slot();
    if (slot == nullptr) return kWorld;
    slot->node->serve(std::move(request), std::move(answered));
    return slot->life;
}

Life Fleet::serve_admin(http::Request request, std::function<void(http::Response)> answered) {
    auto* slot = some_slot();
    if (slot == nullptr) return kWorld;
    slot->node->serve_admin(std::move(request), std::move(answered));
    return slot->life;
}

Node* Fleet::any() {
    auto* slot = some_slot();
    return slot == nullptr ? nullptr : slot->node.get();
}

void Fleet::move() {
    for (auto& slot : slots_) {
        if (!slot.node) continue;
        const bool dies = slot.dies || (slot.dies_at_commit && slot.committed);
        if (ground_.storage.has_died() || dies) crash(slot);
        if (slot.stops_at_commit && std::exchange(slot.committed, false)) stand_still(slot);
    }
    // What one of them does may give another one something to do, at the same time.
    bool anything = true;
    while (std::exchange(anything, false)) {
        for (auto& slot : slots_) {
            if (slot.node && slot.node->poll()) anything = true;
        }
    }
}

store::StoreOptions Fleet::store_options(Slot& slot) {
    auto made = simulate::store_options();
    auto& figures = ground_.figures;
    made.faults.before_commit = [this, &slot, &figures] {
        ++figures.commits;
        slot.committed = true;
        figures.largest_group = std::max(figures.largest_group, slot.group);
        slot.group = 0;
        return commit_fault();
    };
    made.faults.fail_command = [&slot, &figures] {
        ++slot.group;
        ++figures.transactions;
        return false;
    };
    if (!is_several()) return made;
    made.connections = connections_;
    made.faults.pause = [this] { return ground_.choices.chance(pauses_); };
    made.faults.decide_again = [this] {
        return ground_.choices.chance(ground_.plan[Fault::serialization_failure]);
    };
    made.faults.repeated = [this] { count(Fault::serialization_failure); };
    return made;
}

store::CommitFault Fleet::commit_fault() {
    if (!ground_.choices.chance(ground_.plan[Fault::commit_unheard])) {
        return store::CommitFault::none;
    }
    count(Fault::commit_unheard);
    return ground_.choices.chance(0.5) ? store::CommitFault::unknown_kept
                                       : store::CommitFault::unknown_lost;
}

base::Duration Fleet::store_latency() {
    return store_is_slow_ ? ground_.dice.log_between(milliseconds{50}, seconds{3})
                          : ground_.dice.log_between(base::Duration{200}, slowest_turn_);
}

void Fleet::start(Slot& slot) {
    if (slot.node) return;
    slot.life = ++last_life_;
    slot.dies = slot.dies_at_commit = false;
    auto& [timeline, dice, choices, random, trace, figures, found, network, plan, storage] =
        ground_;
    ++figures.starts;
    found.look(Invariant::starts, true);
    trace.say(timeline.now(), "node {} starts", slot.life);
    auto started = Node::start(
        slot.life,
        {timeline, random, all_metrics(), slot.offset, [this] { return store_latency(); }},
        network.client_for(slot.life),
        [&storage](base::Clock& clock, store::StoreOptions options) {
            return storage.open(clock, std::move(options));
        },
        product_options(plan, is_several()), store_options(slot));
    if (started) {
        slot.node = std::move(*started);
        return;
    }
    timeline.drop(slot.life);
    network.drop(slot.life);
    // The sentence names a file, which is called differently each time.
    trace.say(timeline.now(), "node {} does not start", slot.life);
    trace.detail(timeline.now(), "  {}", started.error());
    if (!storage.may_refuse()) found.fail(Invariant::starts, "{}", started.error());
    if (storage.has_died()) storage.recover();
    start_after(slot, seconds{10});
}

void Fleet::start_after(Slot& slot, base::Duration span) {
    ground_.timeline.after(span, kWorld, [this, &slot](bool) { start(slot); });
}

void Fleet::drop(Slot& slot) {
    if (!slot.node) return;
    slot.stands_still = false;
    ground_.timeline.drop(slot.life);
    ground_.network.drop(slot.life);
    slot.node.reset();
}

void Fleet::crash(Slot& slot) {
    const bool is_trouble = in_trouble();
    if (is_trouble) count(Fault::crash);
    ground_.trace.say(ground_.timeline.now(), "node {} dies", slot.life);
    ground_.storage.die();
    drop(slot);
    ears_.gone(slot.life);
    ground_.storage.recover();
    if (is_trouble && ground_.dice.chance(0.3)) ears_.plan_crash();
    start_after(slot, ground_.dice.log_between(milliseconds{10}, minutes{1}));
}

void Fleet::crash_one() {
    auto* slot = some_slot();
    if (slot == nullptr) return;
    // Often between a commit and what is done about it.
    slot->committed = false;
    slot->dies_at_commit = ground_.choices.chance(0.5);
    slot->dies = !slot->dies_at_commit;
}

void Fleet::stop_one() {
    auto* slot = some_slot();
    if (slot == nullptr || slot->stands_still) return;
    count(Fault::node_stops);
    ground_.trace.say(ground_.timeline.now(), "node {} is told to stop", slot->life);
    slot->stopped_by = ground_.timeline.now() + kDrain + kDrainTolerance;
    slot->node->stop(kDrain, [this, slot, life = slot->life] {
        ground_.timeline.after({}, kWorld, [this, slot, life](bool) { end_stop(*slot, life); });
    });
}

void Fleet::end_stop(Slot& slot, Life life) {
    if (!slot.node || slot.life != life) return;
    judge_stop(slot);
    ground_.trace.say(ground_.timeline.now(), "node {} has stopped", life);
    drop(slot);
    ears_.gone(life);
    if (ground_.storage.has_died()) ground_.storage.recover();
    start_after(slot, ground_.dice.log_between(milliseconds{10}, minutes{1}));
}

void Fleet::judge_stop(const Slot& slot) {
    const bool in_time = ground_.timeline.now() <= slot.stopped_by;
    if (ground_.found.look(Invariant::stops, in_time)) return;
    ground_.found.fail(Invariant::stops, "node {} was told to stop and did not", slot.life);
}

void Fleet::stand_still() {
    // Often between a commit and what is done about it.
    const bool at_commit = ground_.dice.chance(0.7);
    auto* slot = is_several() ? some_slot() : slots_.data();
    if (slot == nullptr) return;
    slot->stops_at_commit = at_commit;
    slot->committed = false;
    if (!at_commit) stand_still(*slot);
}

void Fleet::stand_still(Slot& slot) {
    slot.stops_at_commit = false;
    if (slot.stands_still || !slot.node) return;
    slot.stands_still = true;
    count(Fault::stands_still);
    ground_.trace.say(ground_.timeline.now(), "node {} stands still", slot.life);
    slot.stood_still_from = ground_.timeline.now();
    slot.node->stand_still();
}

void Fleet::go_on() {
    for (auto& slot : slots_) go_on(slot);
}

void Fleet::go_on(Slot& slot) {
    slot.stops_at_commit = false;
    if (!std::exchange(slot.stands_still, false) || !slot.node) return;
    ground_.trace.say(ground_.timeline.now(), "node {} goes on", slot.life);
    const auto span = ground_.timeline.now() - slot.stood_still_from;
    slot.stopped_by += span;
    ears_.stood_still(slot.life, span);
    slot.node->go_on();
}

void Fleet::heal() {
    store_is_slow_ = false;
    for (auto& slot : slots_) {
        slot.dies = slot.dies_at_commit = false;
        go_on(slot);
        start(slot);
    }
}

void Fleet::crash_all() {
    for (auto& slot : slots_) {
        if (!slot.node) continue;
        if (slot.node->is_stopping()) judge_stop(slot);
        crash(slot);
    }
}

}  // namespace usher::simulate
