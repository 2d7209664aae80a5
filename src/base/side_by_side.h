// Several coroutines at once, on the executor of the one that waits for them all: their parts
// between two waits never run at the same time.
#pragma once

#include <cstddef>
#include <functional>

#include "base/task.h"

namespace usher::base {

// Runs `run()` that often and returns when every one has ended; rethrows what the first threw that
// did. The executor must run one thing at a time.
Task<> side_by_side(std::size_t count, std::function<Task<>()> run);

}  // namespace usher::base
