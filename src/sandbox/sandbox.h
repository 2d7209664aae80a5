// The other parties of Usher's world on one port, for development and tests: Bango as partner, a
// token issuer in Keycloak's form and a CRM that listens (interface §5). Not for production.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "http/client.h"
#include "http/server.h"
#include "sandbox/issuer.h"
#include "sandbox/partner_options.h"

namespace usher::sandbox {

struct SandboxOptions {
    std::string listen = "127.0.0.1:8081";  // port 0 takes a free one
    std::string state_file;                 // empty: everything is new at each start
    PartnerOptions partner;
    IssuerOptions issuer;               // its base_url is set by the sandbox
    std::size_t max_received = 10'000;  // by the CRM; the oldest are dropped
    std::chrono::milliseconds notification_timeout{5'000};
};

class Sandbox {
  public:
    // Serves at once, everything on `context`, which one thread may run; call this before it runs,
    // or on its thread. What is given must outlive the sandbox and the context's handlers. The
    // error is a sentence that names the address or the file, and the remedy.
    static std::expected<std::unique_ptr<Sandbox>, std::string> start(
        boost::asio::io_context& context, base::Clock& clock, base::Random& random,
        http::Client& client, const SandboxOptions& options);
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    std::uint16_t port() const;
    std::string base_url() const;    // "http://127.0.0.1:8081"
    std::string issuer_url() const;  // base_url + "/keycloak/auth/realms/nagra"

    // Ends what is under way until `deadline`. From any executor, once, before the sandbox goes.
    base::Task<> drain(base::Monotonic deadline);

  private:
    class World;
    Sandbox(std::shared_ptr<World> world, std::unique_ptr<http::Server> server,
            boost::asio::io_context& context);

    std::shared_ptr<World> world_;
    std::unique_ptr<http::Server> server_;
    boost::asio::io_context& context_;
};

}  // namespace usher::sandbox
