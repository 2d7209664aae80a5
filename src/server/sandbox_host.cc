#include "server/sandbox_host.h"

#include <exception>
#include <future>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "http/client.h"
#include "sandbox/sandbox.h"
#include "server/contexts.h"

namespace usher::server {

struct SandboxHost::Parts {
    explicit Parts(base::Clock& c) : clock{c}, contexts{1} {}

    base::Clock& clock;
    Contexts contexts;
    std::unique_ptr<http::Client> client;
    std::unique_ptr<sandbox::Sandbox> sandbox;
};

SandboxHost::SandboxHost() = default;

SandboxHost::~SandboxHost() {
    stop();
}

std::expected<std::unique_ptr<SandboxHost>, StartError> SandboxHost::start(
    const SandboxHostOptions& options, base::Clock& clock, base::Random& random) {
    auto parts = std::make_unique<Parts>(clock);
    auto& context = parts->contexts.at(0);
    parts->client = http::make_curl_client(context, clock, {});
    auto sandbox = sandbox::Sandbox::start(
        context, clock, random, *parts->client,
        {.listen = fmt::format("127.0.0.1:{}", options.port), .state_file = options.state});
    if (!sandbox) return std::unexpected{StartError{sandbox.error()}};
    parts->sandbox = std::move(*sandbox);
    parts->contexts.start();
    std::unique_ptr<SandboxHost> host{new SandboxHost};
    host->parts_ = std::move(parts);
    return host;
}

std::string SandboxHost::url() const {
    return parts_->sandbox->base_url();
}

void SandboxHost::stop() {
    if (!parts_) return;
    constexpr base::Duration kPatience = std::chrono::seconds{2};
    std::promise<void> done;
    boost::asio::co_spawn(parts_->contexts.at(0),
                          parts_->sandbox->drain(parts_->clock.monotonic() + kPatience),
                          [&done](const std::exception_ptr& error) {
                              if (error) std::rethrow_exception(error);
                              done.set_value();
                          });
    done.get_future().wait();
    parts_->contexts.stop();
    parts_->sandbox.reset();
    parts_->client.reset();
    parts_->contexts.destroy();
    parts_.reset();
}

}  // namespace usher::server
