#include "server/descriptors.h"

#include <algorithm>
#include <sys/resource.h>

#include "base/log.h"

namespace usher::server {

namespace {

// The store's files, event loops, the log, and connections that are being refused.
constexpr std::size_t kOwn = 192;
constexpr std::size_t kFewestConnections = 16;

std::size_t raise_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOwn;
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

}  // namespace

void fit_descriptors(Settings& settings) {
    const auto allowed = raise_limit();
    auto& connections = settings.operator_server.max_connections;
    const auto others = kOwn + settings.admin_server.max_connections +
                        settings.client.max_connections + settings.store.readers;
    if (allowed >= connections + others) return;
    const auto fitting = std::max(kFewestConnections, allowed - std::min(allowed, others));
    base::log(base::LogLevel::warning, "few_descriptors",
              {{"allowed", allowed},
               {"maxConnections", fitting},
               {"remedy", "raise the limit of open files (LimitNOFILE, ulimit -n)"}});
    connections = std::min(connections, fitting);
}

}  // namespace usher::server
