// A person who looks after a server: pauses the partner for a while and lets it go on again,
// through the admin listener of whichever node hears it, again and again until it is done. One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "http/message.h"
#include "simulate/dice.h"
#include "simulate/judge.h"
#include "simulate/stage.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"

namespace usher::simulate {

class Overseer {
  public:
    // Hands a request to a node that lives; kWorld when there is none.
    using Serve = std::function<Life(http::Request, std::function<void(http::Response)>)>;

    Overseer(const Stage& stage, Dice& dice, Timeline& timeline, Trace& trace, Serve serve)
        : stage_{stage},
          dice_{dice},
          timeline_{timeline},
          trace_{trace},
          serve_{std::move(serve)} {}

    // One tenant's calls, or all. A pause that is in force, or asked for, stays as it is.
    void pause();
    void resume();
    // Whatever became of all that was asked before: nothing is paused any more once this is done.
    void put_right();

    const std::vector<Pause>& pauses() const { return pauses_; }

  private:
    enum class Wish { none, pause, resume };

    void ask();
    void hear(std::uint64_t number, const http::Response& response);
    http::Request request(const domain::TenantId& tenant, bool lifts) const;
    void lift(const domain::TenantId& tenant);

    const Stage& stage_;
    Dice& dice_;
    Timeline& timeline_;
    Trace& trace_;
    Serve serve_;
    Wish wish_ = Wish::none;
    domain::TenantId tenant_;           // empty: every one
    std::uint64_t asked_ = 0;           // only the newest question counts
    std::set<domain::TenantId> ever_;   // paused
    std::set<domain::TenantId> right_;  // since it was to be put right
    std::vector<Pause> pauses_;
};

}  // namespace usher::simulate
