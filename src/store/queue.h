// Commands that wait for the writer: bounded by count and age, taken fairly by tenant, in order
// within a tenant. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/suspend.h"
#include "base/time.h"
#include "flow/store.h"

namespace usher::store {

struct Job {
    flow::Command command;
    base::Completion<flow::StoreResult<base::Time>> done;
    base::Monotonic queued;
};

struct Refused {
    Job job;
    flow::StoreError error;
};

class CommandQueue {
  public:
    CommandQueue(std::size_t limit, base::Duration age);

    // Returns who must be refused: the job itself, or, when the queue is full of another tenant's
    // commands, the newest of the tenant that has the most.
    std::optional<Refused> push(Job job);

    struct Taken {
        std::vector<Job> jobs;
        std::vector<Job> expired;  // waited longer than the age
    };
    // One of each tenant in turn, up to `limit`; the next call goes on with the next tenant.
    Taken take(std::size_t limit, base::Monotonic now);

    bool empty() const;

    // Everything that waits; what is pushed later is refused with `closed`.
    std::vector<Job> close();

  private:
    void append(Job job);

    const std::size_t limit_;
    const base::Duration age_;
    mutable std::mutex mutex_;
    std::map<domain::TenantId, std::deque<Job>> lines_;  // none is empty
    std::list<domain::TenantId> turns_;                  // each tenant of lines_ once
    std::size_t count_ = 0;
    bool closed_ = false;
};

}  // namespace usher::store
