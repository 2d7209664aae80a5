#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/operations.h"
#include "assembly/product.h"
#include "base/log.h"
#include "server/sandbox_host.h"
#include "server/serve.h"
#include "server/signals.h"

namespace usher::server {

namespace {

namespace fs = std::filesystem;

constexpr int kAccounts = 9;

// A folder that goes with the process, for a start where everything is new.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        auto pattern = (fs::temp_directory_path() / "usher-dev-XXXXXX").string();
        if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

// The partner must be told our address before we listen, so a free port is chosen beforehand.
std::uint16_t choose_port(std::uint16_t wanted) {
    if (wanted != 0) return wanted;
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
    return acceptor.local_endpoint().port();
}

std::vector<api::TenantOptions> dev_tenants() {
    using api::Edition;
    return {{.id = domain::TenantId{"demo"}, .is_default = true},
            {.id = domain::TenantId{"demo_b"}, .edition = Edition::b},
            {.id = domain::TenantId{"demo_c"}, .edition = Edition::c},
            {.id = domain::TenantId{"second"}}};
}

Settings dev_settings(const DevOptions& options, const fs::path& folder,
                      const std::string& sandbox_url) {
    Settings settings;
    const auto port = choose_port(options.port);
    settings.operator_server.listen = fmt::format("127.0.0.1:{}", port);
    settings.admin_server.listen = fmt::format("127.0.0.1:{}", options.admin_port);
    settings.store_url = "sqlite:" + (folder / "usher.db").string();
    settings.auth.issuer = sandbox_url + "/keycloak/auth/realms/nagra";
    settings.auth.tenant_claim = "tenants";
    settings.api.tenants = dev_tenants();
    settings.api.partner = {.username = "usher",
                            .password = base::Secret{"usher"},
                            .api_key = base::Secret{"usher-reports"},
                            .client = "partner-reports"};
    settings.bango.route = {.url = sandbox_url + "/bango",
                            .username = "usher",
                            .password = base::Secret{"usher"},
                            .customer_id = "{tenant}-{account}"};
    settings.bango.public_url = fmt::format("http://127.0.0.1:{}", port);
    // A person is watching: come back to a partner that was away within seconds, not minutes.
    settings.converge.limits.schedule.backoff_longest = std::chrono::seconds{5};
    settings.converge.routes.breaker.longest_pause = std::chrono::seconds{2};
    settings.log_level = "warning";
    return settings;
}

base::Task<> fill_tenant(api::Operations& operations, domain::TenantId tenant) {
    constexpr std::array kProducts{"MUSIC", "MUSIC_PREMIUM", "MUSIC_MONTHLY"};
    for (const auto* key : kProducts) {
        const auto made =
            co_await operations.put_product({.tenant = tenant,
                                             .name = fmt::format("Bango test product {}", key),
                                             .merchant = domain::MerchantId{"BANGO_US"},
                                             .product_key = domain::ProductKey{key}});
        if (!made) base::log(base::LogLevel::error, "dev_product_missing", {{"product", key}});
    }
    for (int i = 1; i <= kAccounts; ++i) {
        const domain::AccountId id{fmt::format("account-{}", i)};
        const auto made = co_await operations.add_account({.tenant = tenant, .id = id});
        if (!made) {
            base::log(base::LogLevel::error, "dev_account_missing", {{"account", id.text()}});
        }
    }
}

base::Task<> fill(api::Operations& operations, std::vector<api::TenantOptions> tenants) {
    for (const auto& tenant : tenants) co_await fill_tenant(operations, tenant.id);
}

std::expected<fs::path, StartError> make_folder(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (!error) return fs::path{path};
    return std::unexpected{
        StartError{fmt::format("cannot make the folder {}: {}; give --data a "
                               "folder that can be written",
                               path, error.message())}};
}

}  // namespace

std::expected<void, StartError> dev(const DevOptions& options) {
    hold_signals();
    std::optional<TemporaryFolder> temporary;
    if (options.data.empty()) temporary.emplace();
    const auto folder = make_folder(temporary ? temporary->path().string() : options.data);
    if (!folder) return std::unexpected{folder.error()};

    const auto clock = base::make_system_clock();
    const auto random = base::make_system_random();
    auto sandbox = SandboxHost::start(
        {.port = options.sandbox_port, .state = (*folder / "sandbox.db").string()}, *clock,
        *random);
    if (!sandbox) return std::unexpected{sandbox.error()};

    auto settings = dev_settings(options, *folder, (*sandbox)->url());
    auto problems = read_environment(settings, options.environment);
    if (problems.empty()) problems = check(settings);
    if (!problems.empty()) {
        return std::unexpected{StartError{fmt::format("{}", fmt::join(problems, "\n"))}};
    }
    base::set_log_level(log_level_of(settings));
    auto node = Node::start(settings, *clock, *random);
    if (!node) return std::unexpected{node.error()};
    (*node)->run(fill(*(*node)->product().operations, settings.api.tenants));
    std::cout << fmt::format("ready operator={} admin={} sandbox={}", (*node)->operator_url(),
                             (*node)->admin_url(), (*sandbox)->url())
              << '\n'
              << std::flush;
    const bool has_tls = !settings.operator_server.tls.certificate.empty();
    wait_for_stop(has_tls ? [&node] { (*node)->reload(); } : std::function<void()>{});
    (*node)->stop();
    (*sandbox)->stop();
    return {};
}

std::expected<void, StartError> run_sandbox(const SandboxCommandOptions& options) {
    hold_signals();
    base::set_log_level(base::LogLevel::warning);
    const auto clock = base::make_system_clock();
    const auto random = base::make_system_random();
    auto sandbox =
        SandboxHost::start({.port = options.port, .state = options.state}, *clock, *random);
    if (!sandbox) return std::unexpected{sandbox.error()};
    std::cout << fmt::format("ready sandbox={}", (*sandbox)->url()) << '\n' << std::flush;
    wait_for_stop();
    (*sandbox)->stop();
    return {};
}

}  // namespace usher::server
