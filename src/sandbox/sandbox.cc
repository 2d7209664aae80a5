#include "sandbox/sandbox.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "sandbox/control.h"
#include "sandbox/crm_log.h"
#include "sandbox/journal.h"
#include "sandbox/partner_model.h"
#include "sandbox/state_file.h"

namespace usher::sandbox {

namespace {

constexpr std::string_view kPartnerMount = "/bango";
constexpr std::string_view kActivateMount = "/bango/activate/";
constexpr std::string_view kRecoverMount = "/bango/recover/";
constexpr std::string_view kIssuerKey = "issuer";
constexpr base::Duration kLongestSleep = std::chrono::seconds{60};

// A coroutine of the sandbox that throws is a bug.
void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

std::string base_url_of(const std::string& listen, std::uint16_t port) {
    auto host = listen.substr(0, listen.rfind(':'));
    if (host.empty() || host == "0.0.0.0" || host == "[::]") host = "127.0.0.1";
    return fmt::format("http://{}:{}", host, port);
}

http::Response render_error(http::ProtocolError error, std::string_view detail) {
    return control_error(http::status_of(error), detail);
}

}  // namespace

// Everything behind the sockets. Shared with the coroutines that use it.
class Sandbox::World : public std::enable_shared_from_this<World> {
  public:
    World(base::Clock& clock, base::Random& random, http::Client& client,
          const SandboxOptions& options)
        : clock_{clock},
          random_{random},
          client_{client},
          options_{options},
          partner_{options.partner, random, options.state_file.empty() ? nullptr : &journal_},
          crm_{options.max_received, options.state_file.empty() ? nullptr : &journal_},
          control_{partner_, crm_},
          news_{clock},
          ended_{clock} {}

    std::expected<void, std::string> load();
    void begin(std::string base_url, boost::asio::io_context& context);

    const std::string& base_url() const { return base_url_; }
    std::string issuer_url() const { return issuer_->issuer_url(); }

    base::Task<http::Response> handle(http::Request request);
    base::Task<> stop(base::Monotonic deadline);

  private:
    base::Task<http::Response> call_partner(http::Request request);
    http::Response route(const http::Request& request);
    http::Response receive(const http::Request& request);
    bool restore(Table table, const std::string& key, const std::string& value);
    bool save();
    http::Response saved(http::Response response);
    base::Task<> send_notifications(boost::asio::io_context& context);
    base::Task<> deliver(PartnerNotification notification);

    base::Clock& clock_;
    base::Random& random_;
    http::Client& client_;
    const SandboxOptions options_;
    std::string base_url_;
    Journal journal_;
    std::optional<StateFile> file_;
    PartnerModel partner_;
    CrmLog crm_;
    Control control_;
    std::optional<IssuerKeys> keys_;
    std::optional<Issuer> issuer_;
    base::Sleeper news_;   // of the coroutine that sends notifications
    base::Sleeper ended_;  // of stop()
    std::size_t alive_ = 0;
    bool stopping_ = false;
};

std::expected<void, std::string> Sandbox::World::load() {
    if (!options_.state_file.empty()) {
        auto file = StateFile::open(options_.state_file);
        if (!file) return std::unexpected{file.error()};
        file_ = *std::move(file);
        for (const auto table : kTables) {
            const auto rows = file_->load(table);
            if (!rows) return std::unexpected{rows.error()};
            for (const auto& [key, value] : *rows) {
                if (restore(table, key, value)) continue;
                return std::unexpected{
                    fmt::format("The sandbox's state file {} has an unreadable row ({} in {}): "
                                "remove the file to begin anew.",
                                options_.state_file, key, to_text(table))};
            }
        }
    }
    if (keys_) return {};
    keys_ = IssuerKeys::make(random_);
    if (file_) journal_.put(Table::keys, std::string{kIssuerKey}, keys_->to_row());
    if (!save()) return std::unexpected{fmt::format("{} cannot be written.", options_.state_file)};
    return {};
}

bool Sandbox::World::restore(Table table, const std::string& key, const std::string& value) {
    if (table == Table::received) return crm_.restore(key, value);
    if (table != Table::keys) return partner_.restore(table, key, value);
    keys_ = IssuerKeys::from_row(value);
    return keys_.has_value();
}

void Sandbox::World::begin(std::string base_url, boost::asio::io_context& context) {
    base_url_ = std::move(base_url);
    partner_.set_activation_base(base_url_ + std::string{kActivateMount});
    partner_.set_recovery_base(base_url_ + std::string{kRecoverMount});
    auto issuer = options_.issuer;
    issuer.base_url = base_url_;
    issuer_.emplace(std::move(issuer), *std::move(keys_), random_);
    ++alive_;
    boost::asio::co_spawn(
        context,
        // Asio keeps the function object as long as the coroutine.
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines)
        [self = shared_from_this(), &context]() -> base::Task<> {
            co_await self->send_notifications(context);
        },
        rethrow);
}

base::Task<http::Response> Sandbox::World::handle(http::Request request) {
    if (request.target.starts_with("/bango/v1/")) {
        co_return co_await call_partner(std::move(request));
    }
    auto response = saved(route(request));
    news_.wake();
    co_return response;
}

base::Task<http::Response> Sandbox::World::call_partner(http::Request request) {
    request.target.erase(0, kPartnerMount.size());
    const auto call = partner_.admit(std::move(request), clock_.now());
    if (call.delay > base::Duration::zero()) {
        save();
        co_await base::sleep_for(clock_, call.delay);
    }
    auto reply = partner_.serve(call, clock_.now());
    auto response = saved(std::move(reply.response));
    news_.wake();
    if (reply.delay > base::Duration::zero()) co_await base::sleep_for(clock_, reply.delay);
    co_return response;
}

http::Response Sandbox::World::route(const http::Request& request) {
    const auto now = clock_.now();
    const std::string_view target = request.target;
    const auto path = target.substr(0, target.find('?'));
    if (path.starts_with(kActivateMount)) {
        return control_.open_link(request, path.substr(kActivateMount.size()), now);
    }
    if (path.starts_with(kRecoverMount)) {
        return control_.open_recovery(request, path.substr(kRecoverMount.size()), now);
    }
    if (path.starts_with("/sandbox/")) return control_.handle(request, now);
    if (path.starts_with(Issuer::kPath)) return issuer_->handle(request, now);
    if (path.starts_with("/crm/")) return receive(request);
    return control_error(404, "There is no such resource");
}

http::Response Sandbox::World::receive(const http::Request& request) {
    if (request.method != "POST") {
        auto response = control_error(405, "The CRM is told things by POST");
        response.headers.add("Allow", "POST");
        return response;
    }
    crm_.add(request, clock_.now());
    return http::make_response(200, "application/json", "{}");
}

// What could not be written stays in the journal and goes with the next save.
bool Sandbox::World::save() {
    if (!file_) return true;
    const auto done = file_->save(journal_.writes());
    if (!done) {
        base::log(base::LogLevel::error, "sandbox_state_not_saved", {{"problem", done.error()}});
        return false;
    }
    journal_.clear();
    return true;
}

http::Response Sandbox::World::saved(http::Response response) {
    if (save()) return response;
    return control_error(500, "The sandbox could not save its state");
}

base::Task<> Sandbox::World::send_notifications(boost::asio::io_context& context) {
    while (!stopping_) {
        const auto now = clock_.now();
        auto due = partner_.advance(now);
        save();
        for (auto& notification : due) {
            ++alive_;
            boost::asio::co_spawn(
                context,
                // Asio keeps the function object as long as the coroutine.
                // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines)
                [self = shared_from_this(), each = std::move(notification)]() -> base::Task<> {
                    co_await self->deliver(each);
                },
                rethrow);
        }
        const auto next = partner_.next_event();
        const auto span =
            next ? std::clamp(*next - now, base::Duration::zero(), kLongestSleep) : kLongestSleep;
        co_await news_.until(clock_.monotonic() + span);
    }
    --alive_;
    ended_.wake();
}

base::Task<> Sandbox::World::deliver(PartnerNotification notification) {
    const auto& partner = partner_.options();
    http::OutgoingRequest request{
        .method = "POST",
        .url = notification.url,
        .headers = {{"Content-Type", "application/json"}},
        .body = notification.body,
        .basic = http::BasicCredentials{partner.username, partner.password},
        .deadline = clock_.monotonic() + options_.notification_timeout};
    const auto answer = co_await client_.send(std::move(request));
    const bool delivered = answer && answer->status >= 200 && answer->status < 300;
    partner_.settle_notification(notification.number, delivered, clock_.now());
    save();
    --alive_;
    news_.wake();
    ended_.wake();
}

base::Task<> Sandbox::World::stop(base::Monotonic deadline) {
    stopping_ = true;
    news_.wake();
    while (alive_ > 0 && clock_.monotonic() < deadline) co_await ended_.until(deadline);
}

Sandbox::Sandbox(std::shared_ptr<World> world, std::unique_ptr<http::Server> server,
                 boost::asio::io_context& context)
    : world_{std::move(world)}, server_{std::move(server)}, context_{context} {}

Sandbox::~Sandbox() = default;

std::expected<std::unique_ptr<Sandbox>, std::string> Sandbox::start(
    boost::asio::io_context& context, base::Clock& clock, base::Random& random,
    http::Client& client, const SandboxOptions& options) {
    auto world = std::make_shared<World>(clock, random, client, options);
    if (const auto loaded = world->load(); !loaded) return std::unexpected{loaded.error()};
    auto server = http::make_server(
        {&context}, clock, {.listen = options.listen},
        [world](http::Request request) { return world->handle(std::move(request)); }, render_error);
    if (!server) return std::unexpected{server.error().sentence};
    world->begin(base_url_of(options.listen, (*server)->port()), context);
    return std::unique_ptr<Sandbox>{new Sandbox{std::move(world), *std::move(server), context}};
}

std::uint16_t Sandbox::port() const {
    return server_->port();
}

std::string Sandbox::base_url() const {
    return world_->base_url();
}

std::string Sandbox::issuer_url() const {
    return world_->issuer_url();
}

base::Task<> Sandbox::drain(base::Monotonic deadline) {
    co_await server_->drain(deadline);
    co_await boost::asio::co_spawn(
        context_,
        // Asio keeps the function object as long as the coroutine.
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines)
        [world = world_, deadline]() -> base::Task<> { co_await world->stop(deadline); },
        boost::asio::use_awaitable);
}

}  // namespace usher::sandbox
