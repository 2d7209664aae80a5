// The side of a store that takes commands, runs them as transactions and answers them. `Writer` has
// one engine and one transaction at a time; `memory::SharedWriter` is one of several that write to
// the same database. Internal to the room.
#pragma once

#include <expected>
#include <string>

#include "base/suspend.h"
#include "flow/store.h"
#include "store/engine.h"

namespace usher::store {

class WriteSide {
  public:
    virtual ~WriteSide() = default;

    // Thread-safe. Refusals are answered at once.
    virtual void submit(flow::Command command,
                        base::Completion<flow::StoreResult<base::Time>> done) = 0;

    // By one thread at a time. True when more waits.
    virtual bool run_group() = 0;

    // Thread-safe.
    virtual std::expected<void, std::string> writable() const = 0;
    virtual bool wants_reopening() const = 0;

    // What is done beside the transactions, by another thread.
    virtual void run_upkeep() {}
    // Who is told of it, until close().
    virtual void tell_of_upkeep(const UpkeepEars&) {}

    // Everything that waits is answered with `closed`, and so is what comes later.
    virtual void close() = 0;
};

}  // namespace usher::store
