// Copies the log back into the file beside the writer, over a connection of its own: SQLite lets
// one connection do so while another one writes. What the writer appends meanwhile, and beginning
// the log anew, are left to the writer. Internal to the room.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "store/engine.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/engine.h"

namespace usher::store::sqlite {

// Asked by the writer's thread, and stepped by another, or by the same.
class Copier {
  public:
    using Copied = Result<Connection::LogCopied>;

    explicit Copier(std::shared_ptr<Shared> shared) : shared_{std::move(shared)} {}

    // One at a time: not while one is wanted, nor before what the last one came to was taken.
    void begin();
    bool is_wanted() const;
    bool has_ended() const;
    std::optional<Copied> take();
    // Until none is wanted; steps by itself where nobody else does.
    void wait();

    // Does what is wanted.
    void step();

    // Who is told of both, from any thread; once replaced not any more, not even at this moment.
    void tell(UpkeepEars ears);

  private:
    Copied copy();
    Result<> open();

    const std::shared_ptr<Shared> shared_;
    std::unique_ptr<Connection> connection_;  // of whoever steps
    int opened_ = 0;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable ended_;
    bool wanted_ = false;
    std::optional<Copied> copied_;
    UpkeepEars ears_;
};

}  // namespace usher::store::sqlite
