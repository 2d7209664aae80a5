// For the tests of this room: a clock that is moved by hand and an issuer without sockets.
// Both thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "auth/test_issuer.h"
#include "base/clock.h"
#include "base/suspend.h"
#include "http/client.h"

namespace usher::auth::test {

class ManualClock final : public base::Clock {
  public:
    base::Time now() const override {
        const std::lock_guard lock{mutex_};
        return base::from_micros(kStart) + passed_;
    }

    base::Monotonic monotonic() const override {
        const std::lock_guard lock{mutex_};
        return base::Monotonic{passed_};
    }

    TimerId arm(base::Monotonic when, base::Executor executor, Handler handler) override {
        const std::lock_guard lock{mutex_};
        const auto id = ++last_;
        if (when <= base::Monotonic{passed_}) {
            post(executor, std::move(handler), true);
        } else {
            armed_.emplace(id, Armed{when, std::move(executor), std::move(handler)});
        }
        return id;
    }

    void disarm(TimerId id) override {
        const std::lock_guard lock{mutex_};
        auto node = armed_.extract(id);
        if (!node.empty()) post(node.mapped().executor, std::move(node.mapped().handler), false);
    }

    void advance(base::Duration by) {
        const std::lock_guard lock{mutex_};
        passed_ += by;
        for (auto at = armed_.begin(); at != armed_.end();) {
            if (at->second.when > base::Monotonic{passed_}) {
                ++at;
                continue;
            }
            post(at->second.executor, std::move(at->second.handler), true);
            at = armed_.erase(at);
        }
    }

    static constexpr long long kStart = 1'800'000'000'000'000;

  private:
    struct Armed {
        base::Monotonic when;
        base::Executor executor;
        Handler handler;
    };

    static void post(const base::Executor& executor, Handler handler, bool fired) {
        boost::asio::post(executor,
                          [handler = std::move(handler), fired]() mutable { handler(fired); });
    }

    mutable std::mutex mutex_;
    base::Duration passed_{};
    TimerId last_ = 0;
    std::map<TimerId, Armed> armed_;
};

inline const std::string kIssuer = "https://operator.example/keycloak/auth/realms/nagra";
inline const std::string kDiscovery = kIssuer + "/.well-known/openid-configuration";
inline const std::string kCerts = kIssuer + "/protocol/openid-connect/certs";

class FakeIssuer final : public http::Client {
  public:
    using Answer = std::expected<http::Response, http::TransportError>;

    FakeIssuer() {
        pages_[kDiscovery] = R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + kCerts + R"("})";
    }

    base::Task<Answer> send(http::OutgoingRequest request) override {
        const auto early = answer(request.url);
        if (is_held(request.url)) {
            co_await base::suspend<bool>([this](base::Completion<bool> done) {
                const std::lock_guard lock{mutex_};
                waiting_.push_back(std::move(done));
            });
        }
        co_return answers_early() ? early : answer(request.url);
    }

    void publish(const std::vector<std::string>& keys) { set(kCerts, jwks(keys)); }

    void set(const std::string& url, std::string body) {
        const std::lock_guard lock{mutex_};
        pages_[url] = std::move(body);
    }

    void remove(const std::string& url) {
        const std::lock_guard lock{mutex_};
        pages_.erase(url);
    }

    void set_away(bool away) {
        const std::lock_guard lock{mutex_};
        away_ = away;
    }

    // From now on requests are taken and not answered, until release().
    void hold() {
        const std::lock_guard lock{mutex_};
        held_ = true;
    }

    // As hold(), but with the answers of the moment when they were asked for.
    void hold_answers() {
        const std::lock_guard lock{mutex_};
        held_ = true;
        early_ = true;
    }

    void release() {
        const std::lock_guard lock{mutex_};
        held_ = false;
        for (auto& done : waiting_) done(true);
        waiting_.clear();
    }

    std::size_t asked(const std::string& url) const {
        const std::lock_guard lock{mutex_};
        const auto found = asked_.find(url);
        return found == asked_.end() ? 0 : found->second;
    }

    std::size_t addresses_asked() const {
        const std::lock_guard lock{mutex_};
        return asked_.size();
    }

  private:
    bool answers_early() const {
        const std::lock_guard lock{mutex_};
        return early_;
    }

    bool is_held(const std::string& url) {
        const std::lock_guard lock{mutex_};
        ++asked_[url];
        return held_;
    }

    Answer answer(const std::string& url) const {
        const std::lock_guard lock{mutex_};
        if (away_) {
            return std::unexpected{
                http::TransportError{http::TransportFailure::connect_failed, false, "refused"}};
        }
        const auto page = pages_.find(url);
        if (page == pages_.end()) return http::make_response(404, "text/plain", "");
        return http::make_response(200, "application/json", page->second);
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::string> pages_;
    std::map<std::string, std::size_t> asked_;
    std::vector<base::Completion<bool>> waiting_;
    bool away_ = false;
    bool held_ = false;
    bool early_ = false;
};

// A good access token's claims at ManualClock's start, valid for 300 s; `more` comes last, e.g.
// R"(,"azp":"portal")".
inline std::string claims(const std::string& subject = "u-1", const std::string& more = {},
                          const std::string& type = "Bearer", const std::string& issuer = kIssuer) {
    return R"({"exp":1800000300,"iat":1800000000,"typ":")" + type + R"(","iss":")" + issuer +
           R"(","sub":")" + subject + R"(","realm_access":{"roles":["operatorRole"]})" + more + "}";
}

inline std::string header(const std::string& kid, const std::string& more = {}) {
    return R"({"alg":"RS256","typ":"JWT","kid":")" + kid + R"(")" + more + "}";
}

inline std::string bearer(const PrivateKey& key, const std::string& kid,
                          const std::string& payload = claims()) {
    return "Bearer " + token(key, "RS256", header(kid), payload);
}

}  // namespace usher::auth::test
