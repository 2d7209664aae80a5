#include "server/node.h"

#include <algorithm>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "assembly/product.h"
#include "base/log.h"
#include "flow/sub_tenants.h"
#include "http/client.h"
#include "http/server.h"
#include "server/contexts.h"
#include "server/descriptors.h"
#include "store/store.h"

namespace usher::server {

namespace {

std::size_t io_threads(const Settings& settings) {
    if (settings.threads > 0) return static_cast<std::size_t>(settings.threads);
    return std::max(1U, std::thread::hardware_concurrency());
}

assembly::Options product_options(const Settings& settings) {
    assembly::Options options{.auth = settings.auth,
                              .api = settings.api,
                              .bango = settings.bango,
                              .converge = settings.converge};
    options.api.tenant_claim = settings.auth.tenant_claim;
    options.api.max_body_bytes = settings.operator_server.max_body_bytes;
    options.api.reports_apart = !settings.report_server.listen.empty();
    // Time to write the answer down after a call that took as long as it may.
    constexpr base::Duration kToSettle = std::chrono::seconds{15};
    options.converge.limits.lease = options.converge.limits.calls.call + kToSettle;
    return options;
}

// The address as somebody on this machine would type it.
std::string url_of(const http::ServerOptions& options, std::uint16_t port) {
    auto host = options.listen.substr(0, options.listen.rfind(':'));
    if (host == "0.0.0.0" || host.empty()) host = "127.0.0.1";
    if (host == "[::]") host = "[::1]";
    return fmt::format("{}://{}:{}", options.tls.certificate.empty() ? "http" : "https", host,
                       port);
}

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

// In the order of construction; Node::stop takes it down.
struct Node::Parts {
    explicit Parts(const Settings& s, base::Clock& c)
        : settings{s}, clock{c}, io{io_threads(s)}, loop{1} {}

    Settings settings;
    base::Clock& clock;
    Contexts io;    // the operator's listener, and the one for reports
    Contexts loop;  // convergence, outgoing calls, the admin listener
    base::Metrics metrics;
    std::unique_ptr<store::SteppedStore> store;
    std::unique_ptr<http::Client> client;
    std::unique_ptr<assembly::Product> product;
    std::unique_ptr<http::Server> operator_server;
    std::unique_ptr<http::Server> report_server;  // when reports have a listener of their own
    std::unique_ptr<http::Server> admin_server;
    bool running = false;

    std::expected<void, StartError> open(base::Random& random) {
        settings.store.metrics = &metrics;
        auto opened = store::open_store(settings.store_url, clock, settings.store);
        if (!opened) return std::unexpected{StartError{opened.error().sentence}};
        store = std::move(*opened);
        client = http::make_curl_client(loop.at(0), clock, settings.client);
        product = assembly::make_product(
            {clock, random, metrics, *store, *client, loop.at(0).get_executor()},
            product_options(settings));
        return {};
    }

    std::expected<void, StartError> listen() {
        auto operators = http::make_server(io.all(), clock, settings.operator_server,
                                           product->operator_handler, product->render_error);
        if (!operators) return std::unexpected{StartError{operators.error().sentence}};
        operator_server = std::move(*operators);
        if (product->report_handler) {
            auto reports = http::make_server(io.all(), clock, settings.report_server,
                                             product->report_handler, product->render_error);
            if (!reports) return std::unexpected{StartError{reports.error().sentence}};
            report_server = std::move(*reports);
        }
        auto admins = http::make_server(loop.all(), clock, settings.admin_server,
                                        product->admin_handler, product->render_error);
        if (!admins) return std::unexpected{StartError{admins.error().sentence}};
        admin_server = std::move(*admins);
        return {};
    }

    void turn() {
        running = true;
        boost::asio::co_spawn(loop.at(0), product->converger->run(), rethrow);
        boost::asio::co_spawn(loop.at(0), product->authenticator->run(), rethrow);
        loop.start();
    }

    // Only once it is known which tenants were added, or their callers would be turned away.
    base::Task<> learn_tenants() {
        constexpr base::Duration kPause = std::chrono::milliseconds{200};
        constexpr int kTries = 10;
        for (int tries = 0; tries < kTries; ++tries) {
            if (co_await flow::load_sub_tenants(product->converger->ports())) co_return;
            co_await base::sleep_for(clock, kPause);
        }
    }

    base::Task<> drain() {
        const auto deadline = clock.monotonic() + settings.drain;
        // Keys that are known still count; who waits for others is answered now.
        product->authenticator->stop();
        product->converger->ports().followers->dismiss();
        co_await operator_server->drain(deadline);
        if (report_server) co_await report_server->drain(deadline);
        co_await product->converger->stop(deadline);
        co_await admin_server->drain(deadline);
    }
};

Node::Node() = default;

Node::~Node() {
    stop();
}

std::expected<std::unique_ptr<Node>, StartError> Node::start(const Settings& settings,
                                                             base::Clock& clock,
                                                             base::Random& random) {
    std::unique_ptr<Node> node{new Node};
    node->parts_ = std::make_unique<Parts>(settings, clock);
    fit_descriptors(node->parts_->settings);
    if (auto opened = node->parts_->open(random); !opened) return std::unexpected{opened.error()};
    if (auto heard = node->parts_->listen(); !heard) return std::unexpected{heard.error()};
    node->parts_->turn();
    node->run(node->parts_->learn_tenants());
    node->parts_->io.start();
    return node;
}

std::string Node::operator_url() const {
    return url_of(parts_->settings.operator_server, parts_->operator_server->port());
}

std::string Node::admin_url() const {
    return url_of(parts_->settings.admin_server, parts_->admin_server->port());
}

assembly::Product& Node::product() {
    return *parts_->product;
}

void Node::reload() {
    auto loaded = parts_->operator_server->reload_tls();
    if (loaded && parts_->report_server) loaded = parts_->report_server->reload_tls();
    if (loaded) {
        base::log(base::LogLevel::info, "reloaded");
    } else {
        base::log(base::LogLevel::error, "reload_failed", {{"problem", loaded.error().sentence}});
    }
}

void Node::run(base::Task<> task) {
    std::promise<void> done;
    boost::asio::co_spawn(parts_->loop.at(0), std::move(task),
                          [&done](const std::exception_ptr& error) {
                              rethrow(error);
                              done.set_value();
                          });
    done.get_future().wait();
}

void Node::stop() {
    if (!parts_) return;
    if (parts_->running) run(parts_->drain());
    if (parts_->store) parts_->store->close();
    parts_->io.stop();
    parts_->loop.stop();
    // Sockets before their contexts; the coroutines in them before what they use.
    parts_->operator_server.reset();
    parts_->report_server.reset();
    parts_->admin_server.reset();
    parts_->client.reset();
    parts_->io.destroy();
    parts_->loop.destroy();
    parts_.reset();
}

}  // namespace usher::server
