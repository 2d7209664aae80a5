// Waiting for the end. Internal to server.
#pragma once

namespace usher::server {

// From here on SIGTERM and SIGINT are not deadly any more; to be called before threads start.
void hold_signals();

// Blocks until one of them arrives.
void wait_for_stop();

}  // namespace usher::server
