// The nodes of a world: one over a file, or several over one database behind a load balancer. They
// start, die, stand still, are stopped in order and start again. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "simulate/faults.h"
#include "simulate/figures.h"
#include "simulate/invariants.h"
#include "simulate/network.h"
#include "simulate/node.h"
#include "simulate/storage.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"

namespace usher::simulate {

// What a fleet works on. All must outlive it.
struct FleetGround {
    Timeline& timeline;
    Dice& dice;
    Dice& choices;  // which node, and who goes on between two statements; of several alone
    base::Random& random;
    Trace& trace;
    Figures& figures;
    Findings& found;
    Network& network;
    const FaultPlan& plan;
    Storage& storage;
};

struct FleetEars {
    std::function<void(Life)> gone;  // who waits for this one will wait no more
    std::function<void(Life, base::Duration)> stood_still;
    std::function<void()> plan_crash;  // another one, as soon as a node starts again
};

class Fleet {
  public:
    Fleet(const FleetGround& ground, std::size_t nodes, FleetEars ears);
    ~Fleet();
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    void set_trouble_ends(base::Monotonic when) { trouble_ends_ = when; }

    void start_all();

    // By one that lives, chosen at random; kWorld when there is none.
    Life serve(http::Request request, std::function<void(http::Response)> answered);
    // The same at its admin listener.
    Life serve_admin(http::Request request, std::function<void(http::Response)> answered);
    Node* any();  // nullptr: none lives

    // After each happening: whoever must die dies, and everything moves that needs no time.
    void move();

    // One of them, at once or with its next commit.
    void crash_one();
    void stop_one();
    void stand_still();
    void go_on();
    base::Duration& clock_offset(std::size_t node) { return slots_.at(node).offset; }
    std::size_t size() const { return slots_.size(); }
    void set_store_slow(bool slow) { store_is_slow_ = slow; }

    // Every node goes on or starts; nothing more goes wrong with them.
    void heal();
    void crash_all();

  private:
    struct Slot {
        std::size_t number = 0;
        Life life = kWorld;
        base::Duration offset{};  // of its clock
        std::unique_ptr<Node> node;
        std::uint64_t group = 0;  // commands in the transaction that is under way
        bool committed = false;   // since it was last asked
        bool stops_at_commit = false;
        bool dies_at_commit = false;
        bool dies = false;
        bool stands_still = false;
        base::Monotonic stood_still_from;
        base::Monotonic stopped_by;  // when it is stopping
    };

    void start(Slot& slot);
    void start_after(Slot& slot, base::Duration span);
    void crash(Slot& slot);
    void drop(Slot& slot);
    void stand_still(Slot& slot);
    void go_on(Slot& slot);
    void end_stop(Slot& slot, Life life);
    void judge_stop(const Slot& slot);
    Slot* some_slot();
    bool is_several() const { return slots_.size() > 1; }
    bool in_trouble() const { return ground_.timeline.now() < trouble_ends_; }
    store::StoreOptions store_options(Slot& slot);
    store::CommitFault commit_fault();
    base::Duration store_latency();
    void count(Fault fault) { ++ground_.figures.faults.at(static_cast<std::size_t>(fault)); }

    FleetGround ground_;
    FleetEars ears_;
    std::vector<Slot> slots_;  // never moved: nodes refer to them
    Life last_life_ = kWorld;
    base::Monotonic trouble_ends_;
    base::Duration slowest_turn_{};  // of the store, when nothing is wrong with it
    bool store_is_slow_ = false;
    double pauses_ = 0;            // how likely others come between two statements
    std::size_t connections_ = 1;  // of each node
};

}  // namespace usher::simulate
