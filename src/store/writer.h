// Turns queued commands into groups: one transaction, then the answers. After anything broke,
// nothing is acknowledged before the engine was reopened.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/engine.h"
#include "store/outage.h"
#include "store/queue.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "store/write_side.h"

namespace usher::store {

class Writer final : public WriteSide {
  public:
    // `turn` is called before the work on a group begins, and when all of it is done.
    Writer(std::unique_ptr<WriteEngine> engine, base::Clock& clock, const StoreOptions& options,
           std::function<void()> turn);

    void submit(flow::Command command,
                base::Completion<flow::StoreResult<base::Time>> done) override;
    bool run_group() override;
    std::expected<void, std::string> writable() const override;
    bool wants_reopening() const override;
    void run_upkeep() override;
    void tell_of_upkeep(const UpkeepEars& ears) override;
    void close() override;

  private:
    using Answer = flow::StoreResult<base::Time>;
    enum class Ran { done, split, broken };

    bool take_group();
    void commit_group(std::span<Job> jobs, base::Time now);
    Ran run_all(std::span<Job> jobs, std::vector<Answer>& answers, base::Time now);
    Ran run_command(const flow::Command& command, Answer& answer, base::Time now);
    Applied decide_once(const flow::Command& command, const flow::Rows& rows);
    void end_transaction(std::span<Job> jobs, std::vector<Answer>& answers);
    void maintain();
    void break_off(std::span<Job> jobs, flow::StoreError error, std::string why);
    bool make_ready();

    std::unique_ptr<WriteEngine> engine_;
    base::Clock& clock_;
    const StoreOptions options_;
    const std::function<void()> turn_;
    CommandQueue queue_;
    const StoreMetrics metrics_;
    bool wrote_ = false;  // in the present transaction
    base::Monotonic begun_;
    Outage outage_;
};

}  // namespace usher::store
