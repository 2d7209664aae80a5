// Waiting for the end. Internal to server.
#pragma once

#include <functional>

namespace usher::server {

// From here on SIGTERM, SIGINT and SIGHUP are not deadly any more; to be called before threads
// start. SIGPIPE and SIGXFSZ are errors of the call that meets them.
void hold_signals();

// Blocks until SIGTERM or SIGINT; each SIGHUP meanwhile calls `reload`. Without one it is an end
// like the others: a terminal was closed.
void wait_for_stop(const std::function<void()>& reload = {});

}  // namespace usher::server
