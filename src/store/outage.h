// Why a store takes no writes at the moment, and when it is tried again. Thread-safe. Internal to
// the room.
#pragma once

#include <expected>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"

namespace usher::store {

class Outage {
  public:
    enum class State { none, pausing, to_retry };

    // Something failed. The first time it is tried again at once, then after longer and longer.
    void begin(std::string why, base::Monotonic now);
    void end();

    // A commit went well: what fails next is the first failure again.
    void forget_failures();

    State state(base::Monotonic now) const;
    std::expected<void, std::string> writable() const;

  private:
    struct Trouble {
        std::string sentence;
        base::Monotonic retry_at;
    };
    mutable std::mutex mutex_;
    std::optional<Trouble> trouble_;
    int failures_ = 0;
};

}  // namespace usher::store
