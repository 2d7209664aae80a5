// Many threads at once, for the thread sanitizer: keys rotate, the issuer comes and goes, tokens
// are good, forged and unknown.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "auth/authenticator.h"
#include "auth/test_world.h"

namespace usher::auth {
namespace {

using namespace std::chrono_literals;
using test::bearer;
using test::claims;
using test::rsa_jwk;
using test::rsa_key;

struct Tally {
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};  // as this token must be
    std::atomic<int> unavailable{0};
    std::atomic<int> wrong{0};

    int all() const { return accepted + refused + unavailable + wrong; }
};

struct Case {
    std::string authorization;
    bool good;
};

std::vector<Case> make_cases() {
    std::vector<Case> cases;
    for (int i = 0; i < 40; ++i) {
        cases.push_back({bearer(rsa_key(0), "a", claims("u-" + std::to_string(i))), true});
        cases.push_back({bearer(rsa_key(1), "a", claims("u-" + std::to_string(i))), false});
        cases.push_back({"Bearer " + test::token(rsa_key(0), "RS256",
                                                 test::header("x-" + std::to_string(i)), claims()),
                         false});
    }
    return cases;
}

base::Task<> ask_all(Authenticator& auth, test::FakeIssuer& issuer, test::ManualClock& clock,
                     const std::vector<Case>& cases, Tally& tally) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
        if (i % 10 == 0) clock.advance(1s);
        if (i % 16 == 0) issuer.publish({rsa_jwk(rsa_key(0), R"("kid":"a")")});
        if (i % 16 == 8) {
            issuer.publish(
                {rsa_jwk(rsa_key(0), R"("kid":"a")"), rsa_jwk(rsa_key(2), R"("kid":"b")")});
        }
        issuer.set_away(i % 30 > 25);
        const auto result = co_await auth.authenticate(cases[i].authorization);
        if (result) {
            ++(cases[i].good ? tally.accepted : tally.wrong);
        } else if (result.error() == TokenRefusal::keys_unavailable) {
            ++tally.unavailable;
        } else {
            ++(cases[i].good ? tally.wrong : tally.refused);
        }
    }
}

// When everybody waits for an interval to end, the clock has to go on.
base::Task<> turn_clock(test::ManualClock& clock, const Tally& tally,
                        const std::atomic<int>& left) {
    while (left > 0) {
        const int before = tally.all();
        for (int i = 0; i < 100; ++i) co_await boost::asio::post(boost::asio::use_awaitable);
        if (tally.all() == before) clock.advance(10ms);
    }
}

TEST(Threads, everybodyAtOnce) {
    constexpr int kCallers = 8;
    const auto cases = make_cases();
    test::ManualClock clock;
    test::FakeIssuer issuer;
    issuer.publish({rsa_jwk(rsa_key(0), R"("kid":"a")")});
    Tally tally;
    std::atomic<int> left{kCallers};
    boost::asio::thread_pool threads{4};
    AuthenticatorOptions options;
    options.issuer = test::kIssuer;
    options.cache_entries = 32;
    options.jwks_min_interval = 100ms;
    auto auth = std::make_unique<Authenticator>(options, clock, issuer, threads.get_executor());
    const auto rethrow = [](const std::exception_ptr& bug) {
        if (bug) std::rethrow_exception(bug);
    };
    boost::asio::co_spawn(threads, auth->run(), rethrow);
    for (int i = 0; i < kCallers; ++i) {
        boost::asio::co_spawn(threads, ask_all(*auth, issuer, clock, cases, tally),
                              [&](const std::exception_ptr& bug) {
                                  rethrow(bug);
                                  if (--left == 0) auth->stop();
                              });
    }
    boost::asio::co_spawn(threads, turn_clock(clock, tally, left), rethrow);
    threads.join();
    EXPECT_EQ(tally.wrong, 0);
    EXPECT_EQ(tally.accepted + tally.refused + tally.unavailable,
              kCallers * static_cast<int>(cases.size()));
    EXPECT_GT(tally.accepted, 0);
    EXPECT_GT(tally.refused, 0);
    EXPECT_LE(auth->stats().cached, 32U);
}

}  // namespace
}  // namespace usher::auth
