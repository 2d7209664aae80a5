// The long-running commands: start, say so, wait for SIGTERM or SIGINT, stop in order.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "server/node.h"
#include "server/settings.h"

namespace usher::server {

// Returns after an orderly stop. The ready line goes to standard output, and to systemd.
std::expected<void, StartError> serve(const Settings& settings);

struct DevOptions {
    std::uint16_t port = 8080;  // 0: a free one, of each
    std::uint16_t sandbox_port = 8081;
    std::uint16_t admin_port = 8082;
    std::string data;         // folder for both sides' state; empty: new at each start
    Environment environment;  // settings that differ from dev's own
};

// Server and sandbox in one process, with the tenants, products and accounts of interface §5.
std::expected<void, StartError> dev(const DevOptions& options);

struct SandboxCommandOptions {
    std::uint16_t port = 8081;
    std::string state;  // file; empty: in memory
};

// The sandbox alone.
std::expected<void, StartError> run_sandbox(const SandboxCommandOptions& options);

}  // namespace usher::server
