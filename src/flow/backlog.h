// What is not settled, counted now and then: for whoever watches, who asks more often than it may
// be counted. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/task.h"
#include "flow/ports.h"

namespace usher::flow {

struct Counted {
    std::vector<BacklogPart> parts;
    base::Time at;
};

class Backlog {
  public:
    // `ports` must outlive it. `long_ago`: what is not settled for so long needs a person.
    Backlog(Ports& ports, base::Duration long_ago) : ports_{ports}, long_ago_{long_ago} {}

    // At most two seconds old, or twenty times what counting takes: so a twentieth of the time at
    // most is spent on it, whoever asks. While somebody else counts, the count before is given.
    base::Task<StoreResult<std::shared_ptr<const Counted>>> count();

  private:
    std::shared_ptr<const Counted> known() const;

    Ports& ports_;
    const base::Duration long_ago_;
    std::atomic<bool> counting_ = false;
    mutable std::mutex mutex_;  // of the next two
    std::shared_ptr<const Counted> counted_;
    base::Monotonic good_until_{};
};

}  // namespace usher::flow
