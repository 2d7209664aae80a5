#include "http/server.h"

#include <exception>
#include <unordered_set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "http/connection.h"
#include "http/listener.h"

namespace usher::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxRefusedAtOnce = 128;
constexpr std::chrono::milliseconds kPauseAfterFailedAccept{100};

// Counts a coroutine for as long as it runs, and wakes who waits for the last one.
class Counted {
  public:
    explicit Counted(std::shared_ptr<Core> core, std::atomic<std::size_t>* also = nullptr)
        : core_{std::move(core)}, also_{also} {
        core_->alive.fetch_add(1);
    }
    ~Counted() {
        if (also_ != nullptr) also_->fetch_sub(1);
        core_->alive.fetch_sub(1);
        if (core_->draining) core_->ended.wake();
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

  private:
    const std::shared_ptr<Core> core_;
    std::atomic<std::size_t>* const also_;
};

void rethrow(const std::exception_ptr& problem) {
    if (problem) std::rethrow_exception(problem);
}

// The part of the server that lives on one io_context; used on its thread only.
class Worker : public std::enable_shared_from_this<Worker> {
  public:
    Worker(std::shared_ptr<Core> core, asio::ip::tcp::acceptor acceptor)
        : core_{std::move(core)}, acceptor_{std::move(acceptor)} {}

    void start() {
        auto counted = std::make_unique<Counted>(core_);
        asio::co_spawn(
            acceptor_.get_executor(),
            [self = shared_from_this(), counted = std::move(counted)] { return self->accept(); },
            rethrow);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    void post_stop_accepting() {
        asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
            self->close_acceptor();
            for (auto* connection : self->connections_) connection->close_if_idle();
        });
    }

    void post_abort() {
        asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
            self->close_acceptor();
            for (auto* connection : self->connections_) connection->abort();
        });
    }

  private:
    base::Task<> accept() {
        asio::steady_timer pause{acceptor_.get_executor()};
        while (acceptor_.is_open()) {
            auto [error, socket] = co_await acceptor_.async_accept(kTuple);
            if (!acceptor_.is_open()) break;
            if (!error) {
                admit_or_drop(std::move(socket));
                continue;
            }
            if (error == asio::error::connection_aborted) continue;
            base::log(base::LogLevel::error, "http_accept_failed", {{"problem", error.message()}});
            pause.expires_after(kPauseAfterFailedAccept);
            co_await pause.async_wait(kTuple);
        }
    }

    // Making a connection can fail for lack of memory; others go on.
    void admit_or_drop(asio::ip::tcp::socket socket) {
        try {
            admit(std::move(socket));
        } catch (const std::exception& problem) {
            base::log(base::LogLevel::error, "http_connection_failed",
                      {{"problem", problem.what()}});
        }
    }

    void admit(asio::ip::tcp::socket socket) {
        if (core_->connections.fetch_add(1) < core_->options.max_connections) {
            spawn(std::move(socket), core_->connections, std::nullopt);
            return;
        }
        core_->connections.fetch_sub(1);
        if (core_->refused.fetch_add(1) < kMaxRefusedAtOnce) {
            spawn(std::move(socket), core_->refused,
                  Refusal{.error = ProtocolError::overloaded,
                          .detail = "Too many connections are open; try again shortly."});
            return;
        }
        core_->refused.fetch_sub(1);
    }

    void spawn(asio::ip::tcp::socket socket, std::atomic<std::size_t>& place,
               std::optional<Refusal> refusal) {
        asio::co_spawn(
            acceptor_.get_executor(),
            [self = shared_from_this(), counted = std::make_unique<Counted>(core_, &place),
             connection = std::make_shared<Connection>(core_, std::move(socket)),
             refusal] { return self->run(connection, refusal); },
            rethrow);
    }

    base::Task<> run(std::shared_ptr<Connection> connection, std::optional<Refusal> refusal) {
        connections_.insert(connection.get());
        // What goes wrong on one connection, also by a bug, must not take the others with it.
        try {
            if (refusal) {
                co_await connection->refuse(*refusal);
            } else {
                co_await connection->serve();
            }
        } catch (const std::exception& problem) {
            base::log(base::LogLevel::error, "http_connection_failed",
                      {{"problem", problem.what()}});
            connection->abort();
        }
        connections_.erase(connection.get());
    }

    void close_acceptor() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    const std::shared_ptr<Core> core_;
    asio::ip::tcp::acceptor acceptor_;
    std::unordered_set<Connection*> connections_;
};

class AsioServer final : public Server {
  public:
    AsioServer(std::shared_ptr<Core> core, std::vector<asio::ip::tcp::acceptor> acceptors)
        : core_{std::move(core)} {
        for (auto& acceptor : acceptors) {
            workers_.push_back(std::make_shared<Worker>(core_, std::move(acceptor)));
        }
        port_ = workers_.front()->port();
        for (const auto& worker : workers_) worker->start();
    }

    ~AsioServer() override {
        core_->draining = true;
        for (const auto& worker : workers_) worker->post_abort();
    }

    std::uint16_t port() const override { return port_; }

    std::expected<void, ListenError> reload_tls() override {
        const auto& files = core_->options.tls;
        if (files.certificate.empty()) return {};
        auto context = load_tls(files);
        if (!context) return std::unexpected{std::move(context.error())};
        core_->tls.set(std::move(*context));
        return {};
    }

    base::Task<> drain(base::Monotonic deadline) override {
        const auto core = core_;
        core->draining = true;
        for (const auto& worker : workers_) worker->post_stop_accepting();
        while (core->alive > 0 && core->clock.monotonic() < deadline) {
            co_await core->ended.until(deadline);
        }
        if (core->alive == 0) co_return;
        for (const auto& worker : workers_) worker->post_abort();
        while (core->alive > 0) {
            co_await core->ended.until(core->clock.monotonic() + std::chrono::seconds{1});
        }
    }

  private:
    const std::shared_ptr<Core> core_;
    std::vector<std::shared_ptr<Worker>> workers_;
    std::uint16_t port_{};
};

}  // namespace

int status_of(ProtocolError error) {
    switch (error) {
        case ProtocolError::malformed:
            return 400;
        case ProtocolError::timed_out:
            return 408;
        case ProtocolError::body_too_large:
            return 413;
        case ProtocolError::target_too_long:
            return 414;
        case ProtocolError::head_too_large:
            return 431;
        case ProtocolError::handler_failed:
            return 500;
        case ProtocolError::not_implemented:
            return 501;
        case ProtocolError::overloaded:
            return 503;
        case ProtocolError::version:
            return 505;
    }
    std::abort();
}

std::expected<void, ListenError> check_tls(const TlsFiles& files) {
    if (files.certificate.empty()) return {};
    auto context = load_tls(files);
    if (!context) return std::unexpected{std::move(context.error())};
    return {};
}

std::expected<std::unique_ptr<Server>, ListenError> make_server(
    const std::vector<asio::io_context*>& contexts, base::Clock& clock, ServerOptions options,
    Handler handler, RenderError render_error) {
    TlsContext tls;
    if (!options.tls.certificate.empty()) {
        auto context = load_tls(options.tls);
        if (!context) return std::unexpected{std::move(context.error())};
        tls = std::move(*context);
    }
    auto acceptors = listen(contexts, options.listen);
    if (!acceptors) return std::unexpected{std::move(acceptors.error())};
    auto core = std::make_shared<Core>(clock, std::move(options), std::move(tls),
                                       std::move(handler), std::move(render_error));
    return std::make_unique<AsioServer>(std::move(core), std::move(*acceptors));
}

}  // namespace usher::http
