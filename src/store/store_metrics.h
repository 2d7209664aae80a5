// What the store tells of itself. Does nothing without metrics to tell it to. Internal to the room.
#pragma once

#include <cstdint>

#include "base/metrics.h"
#include "base/time.h"

namespace usher::store {

class StoreMetrics {
  public:
    explicit StoreMetrics(base::Metrics* metrics);

    // One transaction: its commands, and the time from its beginning to its answer.
    void group(std::size_t commands, base::Duration took) const;
    void failed_group() const;

    // Between two groups, while whoever asks waits: the log is copied back.
    void upkeep(base::Duration took) const;

    // The log was copied back completely.
    void checkpoint() const;
    void log_bytes(std::int64_t bytes) const;

  private:
    prometheus::Histogram* seconds_ = nullptr;
    prometheus::Histogram* commands_ = nullptr;
    prometheus::Histogram* upkeep_ = nullptr;
    prometheus::Counter* failed_ = nullptr;
    prometheus::Counter* checkpoints_ = nullptr;
    prometheus::Gauge* log_bytes_ = nullptr;
};

}  // namespace usher::store
