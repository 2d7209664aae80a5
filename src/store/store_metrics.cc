#include "store/store_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace usher::store {

StoreMetrics::StoreMetrics(base::Metrics* metrics) {
    if (metrics == nullptr) return;
    const std::vector<double> bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                     0.05,   0.1,   0.25,   1,     5};
    seconds_ = &metrics->histogram("usher_store_group_seconds",
                                   "Time of one transaction, its sync included.", bounds);
    upkeep_ = &metrics->histogram(
        "usher_store_upkeep_seconds",
        "Time after one transaction in which the next waits: the log is copied back.", bounds);
    commands_ =
        &metrics->histogram("usher_store_group_commands", "Commands that one transaction carried.",
                            {1, 2, 4, 8, 16, 32, 64, 128});
    failed_ = &metrics->counter("usher_store_failed_groups_total",
                                "Transactions that were not recorded, or not known to be.");
    checkpoints_ = &metrics->counter("usher_store_checkpoints_total",
                                     "How often the log was copied back completely.");
    log_bytes_ =
        &metrics->gauge("usher_store_log_bytes", "Of the log that is in use, copied back or not.");
}

void StoreMetrics::group(std::size_t commands, base::Duration took) const {
    if (seconds_ == nullptr) return;
    seconds_->Observe(std::chrono::duration<double>(took).count());
    commands_->Observe(static_cast<double>(commands));
}

void StoreMetrics::upkeep(base::Duration took) const {
    if (upkeep_ != nullptr) upkeep_->Observe(std::chrono::duration<double>(took).count());
}

void StoreMetrics::failed_group() const {
    if (failed_ != nullptr) failed_->Increment();
}

void StoreMetrics::checkpoint() const {
    if (checkpoints_ != nullptr) checkpoints_->Increment();
}

void StoreMetrics::log_bytes(std::int64_t bytes) const {
    if (log_bytes_ != nullptr) log_bytes_->Set(static_cast<double>(bytes));
}

}  // namespace usher::store
