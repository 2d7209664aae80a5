// The sandbox with a thread and a client of its own. Internal to server.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "server/node.h"

namespace usher::server {

struct SandboxHostOptions {
    std::uint16_t port = 8081;
    std::string state;  // file; empty: in memory
};

class SandboxHost {
  public:
    // Serves when it returns. The clock and the random source must outlive it.
    static std::expected<std::unique_ptr<SandboxHost>, StartError> start(
        const SandboxHostOptions& options, base::Clock& clock, base::Random& random);
    ~SandboxHost();  // stops
    SandboxHost(const SandboxHost&) = delete;
    SandboxHost& operator=(const SandboxHost&) = delete;

    std::string url() const;
    void stop();

  private:
    SandboxHost();

    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace usher::server
