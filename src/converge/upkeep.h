// What is done from time to time: goes on with what changes of accounts left to do
// (flow/account.h), after a crash and for what was refused or began meanwhile; and lets go of the
// answers that were kept long enough (flow/once.h). Runs on one executor.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "flow/ports.h"

namespace usher::converge {

class Upkeep {
  public:
    // All must outlive it.
    Upkeep(base::Executor executor, flow::Ports& ports, base::Duration every);

    // Until stop(). Once, on the executor.
    void start();

    // Returns when nothing is under way any more, or at `deadline`.
    base::Task<> stop(base::Monotonic deadline);

  private:
    base::Task<> run();

    base::Executor executor_;
    flow::Ports& ports_;
    const base::Duration every_;
    base::Sleeper sleeper_;
    base::Sleeper ended_;
    bool stopping_ = false;
    bool running_ = false;
};

}  // namespace usher::converge
