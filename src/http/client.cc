#include "http/client.h"

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "base/suspend.h"
#include "http/curl_handle.h"

namespace usher::http {

namespace asio = boost::asio;

namespace {

using Result = std::expected<Response, TransportError>;
using Strand = asio::strand<asio::io_context::executor_type>;

void initialise_curl() {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (once != CURLE_OK) std::abort();
}

// A socket that libcurl asked to watch. It stays libcurl's: it is only let go of, never closed, and
// that before libcurl closes it, for its number may be another's a moment later.
struct Watched {
    explicit Watched(const Strand& strand) : descriptor{strand} {}
    ~Watched() { release(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void release() {
        if (descriptor.is_open()) descriptor.release();
    }

    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool waits_to_read = false;
    bool waits_to_write = false;
};

struct Call {
    Call(OutgoingRequest request, std::string origin, base::Completion<Result> done_)
        : transfer{std::move(request), std::move(origin)}, done{std::move(done_)} {}

    Transfer transfer;
    base::Completion<Result> done;
    base::Clock::TimerId timer{};
    bool running = false;  // handed to libcurl
};

// Everything runs on the strand. Calls wait here, not inside libcurl, so that one that waits is
// known not to have been sent.
class Engine : public std::enable_shared_from_this<Engine> {
  public:
    Engine(asio::io_context& context, base::Clock& clock, ClientOptions options)
        : strand_{asio::make_strand(context)},
          clock_{clock},
          options_{std::move(options)},
          timer_{strand_},
          multi_{curl_multi_init()} {
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Engine::on_socket);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Engine::on_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
        const auto most = static_cast<long>(options_.max_connections);
        curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
    }

    ~Engine() {
        stopped_ = true;
        for (auto& [id, call] : calls_) {
            if (call->running) curl_multi_remove_handle(multi_, call->transfer.handle());
        }
        curl_multi_cleanup(multi_);
    }

    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    const Strand& strand() const { return strand_; }

    void submit(OutgoingRequest request, base::Completion<Result> done) {
        auto origin = origin_of(request.url);
        if (!origin) return done(refused(TransportFailure::bad_url, "not an http or https URL"));
        if (stopped_) return done(refused(TransportFailure::shut_down, "the client is shut down"));
        auto call = std::make_unique<Call>(std::move(request), std::move(*origin), std::move(done));
        if (!call->transfer.prepare(options_)) {
            return call->done(refused(TransportFailure::bad_url,
                                      "the method or a header cannot be sent as such"));
        }
        const auto deadline = call->transfer.request().deadline;
        if (clock_.monotonic() >= deadline) {
            return call->done(refused(TransportFailure::timed_out, "the deadline had passed"));
        }
        const auto id = ++last_call_;
        // A number in a pointer's clothes: libcurl only hands it back.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        curl_easy_setopt(call->transfer.handle(), CURLOPT_PRIVATE, reinterpret_cast<void*>(id));
        call->timer = clock_.arm(deadline, strand_, [self = shared_from_this(), id](bool fired) {
            if (fired) self->fail(id, TransportFailure::timed_out, "the deadline has passed");
        });
        calls_.emplace(id, std::move(call));
        waiting_.push_back(id);
        start_waiting();
    }

    void stop() {
        stopped_ = true;
        while (!calls_.empty()) {
            fail(calls_.begin()->first, TransportFailure::shut_down, "the client is shut down");
        }
        watched_.clear();
        timer_.cancel();
    }

  private:
    using CallId = std::uintptr_t;

    static Result refused(TransportFailure failure, std::string detail) {
        return std::unexpected{TransportError{
            .failure = failure, .may_have_been_sent = false, .detail = std::move(detail)}};
    }

    // First come, first served, but a host at its limit holds up no other.
    void start_waiting() {
        for (auto next = waiting_.begin(); next != waiting_.end();) {
            if (running_ >= options_.max_connections) return;
            const auto id = *next;
            auto& call = *calls_.at(id);
            auto& here = running_per_origin_[call.transfer.origin()];
            if (here >= options_.max_connections_per_host) {
                ++next;
                continue;
            }
            ++here;
            ++running_;
            call.running = true;
            next = waiting_.erase(next);
            curl_multi_add_handle(multi_, call.transfer.handle());
        }
    }

    // Takes the call out, wherever it is.
    std::unique_ptr<Call> remove(CallId id) {
        auto node = calls_.extract(id);
        auto call = std::move(node.mapped());
        clock_.disarm(call->timer);
        if (!call->running) {
            std::erase(waiting_, id);
            return call;
        }
        curl_multi_remove_handle(multi_, call->transfer.handle());
        --running_;
        const auto here = running_per_origin_.find(call->transfer.origin());
        if (--here->second == 0) running_per_origin_.erase(here);
        return call;
    }

    void fail(CallId id, TransportFailure failure, std::string detail) {
        if (!calls_.contains(id)) return;
        const auto call = remove(id);
        call->done(std::unexpected{call->transfer.error(failure, std::move(detail))});
        if (!stopped_) start_waiting();
    }

    void act(curl_socket_t socket, int events) {
        int running = 0;
        curl_multi_socket_action(multi_, socket, events, &running);
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const auto code = message->data.result;
            char* id = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
            const auto call = remove(reinterpret_cast<CallId>(id));
            call->done(call->transfer.finish(code));
        }
        start_waiting();
    }

    static int on_timer(CURLM*, long milliseconds, void* engine) {
        auto& self = *static_cast<Engine*>(engine);
        self.timer_.cancel();
        if (milliseconds < 0 || self.stopped_) return 0;
        self.timer_.expires_after(std::chrono::milliseconds{milliseconds});
        self.timer_.async_wait([weak = self.weak_from_this()](boost::system::error_code error) {
            const auto alive = weak.lock();
            if (!error && alive && !alive->stopped_) alive->act(CURL_SOCKET_TIMEOUT, 0);
        });
        return 0;
    }

    static int on_socket(CURL*, curl_socket_t socket, int wanted, void* engine, void*) {
        auto& self = *static_cast<Engine*>(engine);
        const auto found = self.watched_.find(socket);
        if (wanted == CURL_POLL_REMOVE || self.stopped_) {
            if (found == self.watched_.end()) return 0;
            found->second->release();
            self.watched_.erase(found);
            return 0;
        }
        auto watched =
            found == self.watched_.end() ? std::make_shared<Watched>(self.strand_) : found->second;
        if (found == self.watched_.end()) {
            boost::system::error_code error;
            watched->descriptor.assign(socket, error);
            if (error) return -1;
            self.watched_.emplace(socket, watched);
        }
        watched->wanted = wanted;
        self.watch(socket, watched);
        return 0;
    }

    void watch(curl_socket_t socket, const std::shared_ptr<Watched>& watched) {
        using Wait = asio::posix::stream_descriptor::wait_type;
        const bool read = (watched->wanted & CURL_POLL_IN) != 0;
        const bool write = (watched->wanted & CURL_POLL_OUT) != 0;
        if (read && !std::exchange(watched->waits_to_read, true)) {
            wait(socket, watched, Wait::wait_read, CURL_CSELECT_IN, &Watched::waits_to_read);
        }
        if (write && !std::exchange(watched->waits_to_write, true)) {
            wait(socket, watched, Wait::wait_write, CURL_CSELECT_OUT, &Watched::waits_to_write);
        }
    }

    void wait(curl_socket_t socket, const std::shared_ptr<Watched>& watched,
              asio::posix::stream_descriptor::wait_type type, int event, bool Watched::* waits) {
        watched->descriptor.async_wait(
            type, [weak = weak_from_this(), weak_watched = std::weak_ptr{watched}, socket, event,
                   waits](boost::system::error_code error) {
                const auto self = weak.lock();
                const auto still = weak_watched.lock();
                if (!self || !still || error == asio::error::operation_aborted) return;
                (*still).*waits = false;
                const int wanted = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
                if ((still->wanted & wanted) == 0) return;
                self->act(socket, error ? CURL_CSELECT_ERR : event);
                // libcurl may have let the socket go, or another may have its number by now.
                const auto found = self->watched_.find(socket);
                if (found != self->watched_.end() && found->second == still) {
                    self->watch(socket, still);
                }
            });
    }

    const Strand strand_;
    base::Clock& clock_;
    const ClientOptions options_;
    asio::steady_timer timer_;
    std::unordered_map<curl_socket_t, std::shared_ptr<Watched>> watched_;
    CURLM* const multi_;
    std::map<CallId, std::unique_ptr<Call>> calls_;
    std::deque<CallId> waiting_;
    std::unordered_map<std::string, std::size_t> running_per_origin_;
    std::size_t running_ = 0;
    CallId last_call_ = 0;
    bool stopped_ = false;
};

class CurlClient final : public Client {
  public:
    CurlClient(asio::io_context& context, base::Clock& clock, ClientOptions options)
        : engine_{std::make_shared<Engine>(context, clock, std::move(options))} {}

    ~CurlClient() override {
        asio::post(engine_->strand(), [engine = engine_] { engine->stop(); });
    }

    base::Task<Result> send(OutgoingRequest request) override {
        const auto engine = engine_;
        co_return co_await base::suspend<Result>(
            [engine, request = std::move(request)](base::Completion<Result> done) mutable {
                asio::post(engine->strand(), [engine, request = std::move(request),
                                              done = std::move(done)]() mutable {
                    engine->submit(std::move(request), std::move(done));
                });
            });
    }

  private:
    const std::shared_ptr<Engine> engine_;
};

}  // namespace

std::unique_ptr<Client> make_curl_client(asio::io_context& context, base::Clock& clock,
                                         ClientOptions options) {
    initialise_curl();
    return std::make_unique<CurlClient>(context, clock, std::move(options));
}

std::string_view to_text(TransportFailure failure) {
    switch (failure) {
        case TransportFailure::bad_url:
            return "bad_url";
        case TransportFailure::resolve_failed:
            return "resolve_failed";
        case TransportFailure::connect_failed:
            return "connect_failed";
        case TransportFailure::tls_failed:
            return "tls_failed";
        case TransportFailure::timed_out:
            return "timed_out";
        case TransportFailure::broken:
            return "broken";
        case TransportFailure::response_too_large:
            return "response_too_large";
        case TransportFailure::unreadable:
            return "unreadable";
        case TransportFailure::shut_down:
            return "shut_down";
    }
    std::abort();
}

}  // namespace usher::http
