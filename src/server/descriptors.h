// How many files and sockets the process may have open. Internal to server.
#pragma once

#include "server/settings.h"

namespace usher::server {

// Takes what the system allows this process, and lowers operator.max_connections where that is too
// little for it beside the store and the calls to the partner: clients must never use up what those
// need. Says so in the log.
void fit_descriptors(Settings& settings);

}  // namespace usher::server
