#include "http/client.h"

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/lab_test.h"

namespace usher::http {
namespace {

using namespace std::chrono_literals;
using lab::Lab;
using lab::Raw;
using lab::tcp;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

using Result = std::expected<Response, TransportError>;

class ClientTest : public testing::Test {
  protected:
    OutgoingRequest request(std::string method, std::string url, std::string body = "") const {
        return {.method = std::move(method),
                .url = std::move(url),
                .headers = {},
                .body = std::move(body),
                .basic = std::nullopt,
                .deadline = lab_.in(1h)};
    }

    Result send(OutgoingRequest outgoing) {
        std::optional<Result> result;
        lab_.run(
            [&]() -> base::Task<> { result.emplace(co_await client_->send(std::move(outgoing))); });
        return std::move(*result);
    }

    Lab lab_;
    std::unique_ptr<Client> client_ = make_curl_client(lab_.context, *lab_.clock, {});
};

// A server that plays a script; it counts the requests that arrive, by their empty lines.
struct Script {
    using Play = std::function<base::Task<>(Raw&, int connection)>;

    Script(lab::asio::io_context& context, Play play_)
        : acceptor{context, {lab::asio::ip::address_v4::loopback(), 0}}, play{std::move(play_)} {
        lab::asio::co_spawn(context, [this] { return accept(); }, [](const std::exception_ptr&) {});
    }

    base::Task<> accept() {
        while (true) {
            auto [error, socket] = co_await acceptor.async_accept(lab::kTuple);
            if (error) co_return;
            Raw raw{std::move(socket)};
            co_await play(raw, connections++);
        }
    }

    base::Task<std::string> read_head(Raw& raw) {
        const auto [error, size] = co_await lab::asio::async_read_until(
            raw.socket, lab::asio::dynamic_buffer(raw.buffer), "\r\n\r\n", lab::kTuple);
        if (error) co_return "";
        auto head = raw.buffer.substr(0, size);
        raw.buffer.erase(0, size);
        heads.push_back(head);
        co_return head;
    }

    std::string url() const {
        return fmt::format("http://127.0.0.1:{}/x", acceptor.local_endpoint().port());
    }

    tcp::acceptor acceptor;
    Play play;
    int connections = 0;
    std::vector<std::string> heads;
};

TEST_F(ClientTest, SendsWhatItIsGivenAndReadsTheAnswer) {
    auto outgoing = request("PATCH", lab_.url("/a?b=c"), "body");
    outgoing.headers = {{"X-One", "1"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
    outgoing.basic = BasicCredentials{.username = "u", .password = base::Secret{"p:q"}};
    const auto answer = send(std::move(outgoing));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "PATCH /a?b=c [body]");
    EXPECT_EQ(answer->headers.find("content-type"), "text/plain");
    const auto& seen = lab_.seen.at(0).headers;
    EXPECT_EQ(seen.find("X-One"), "1");
    EXPECT_EQ(seen.find("X-Empty"), "");
    EXPECT_EQ(seen.find("Content-Type"), "application/json");
    EXPECT_EQ(seen.find("Authorization"), "Basic dTpwOnE=");
    EXPECT_EQ(seen.find("User-Agent"), "usher");
    EXPECT_EQ(seen.count("Expect"), 0U);
}

TEST_F(ClientTest, KnowsEveryMethod) {
    for (const auto* method : {"GET", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"}) {
        EXPECT_EQ(send(request(method, lab_.url("/a")))->body, fmt::format("{} /a []", method));
    }
    EXPECT_EQ(send(request("DELETE", lab_.url("/a"), "x"))->body, "DELETE /a [x]");
    EXPECT_EQ(send(request("HEAD", lab_.url("/a")))->body, "");
    EXPECT_EQ(lab_.seen.back().method, "HEAD");
    EXPECT_EQ(lab_.seen.at(3).headers.find("Content-Length"), "0");
    EXPECT_EQ(lab_.seen.at(3).headers.count("Content-Type"), 0U);
    EXPECT_EQ(lab_.seen.at(0).headers.count("Content-Length"), 0U);
}

TEST_F(ClientTest, TakesNoProxyFromTheEnvironment) {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    EXPECT_TRUE(send(request("GET", lab_.url("/a"))));
    unsetenv("http_proxy");
}

TEST_F(ClientTest, LeavesThePathAndRedirectsAlone) {
    EXPECT_EQ(send(request("GET", lab_.url("/a/../b/./c")))->body, "GET /a/../b/./c []");
    Script script{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await script.read_head(raw);
                      co_await raw.send(
                          "HTTP/1.1 302 Found\r\nLocation: /y\r\n"
                          "Content-Length: 0\r\n\r\n");
                  }};
    EXPECT_EQ(send(request("GET", script.url()))->status, 302);
    EXPECT_THAT(script.heads, SizeIs(1));
}

TEST_F(ClientTest, ReusesConnectionsAndManyGoAtOnce) {
    Script script{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      while (!(co_await script.read_head(raw)).empty()) {
                          co_await raw.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                      }
                  }};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(send(request("POST", script.url())));
    EXPECT_EQ(script.connections, 1);

    int answered = 0;
    lab_.run([&]() -> base::Task<> {
        for (int i = 0; i < 200; ++i) {
            lab::asio::co_spawn(lab_.context, client_->send(request("POST", lab_.url("/a"), "x")),
                                [&](const std::exception_ptr&, const Result& result) {
                                    answered += result ? 1 : 0;
                                });
        }
        const auto executor = co_await lab::asio::this_coro::executor;
        while (answered < 200) co_await lab::asio::post(executor, lab::asio::use_awaitable);
    });
    EXPECT_THAT(lab_.seen, SizeIs(200));
}

// libcurl by itself would send the request again on a fresh connection.
class DeadConnection : public ClientTest,
                       public testing::WithParamInterface<std::array<const char*, 2>> {};

TEST_P(DeadConnection, DoesNotMakeItSendTwice) {
    Script script{lab_.context, [&](Raw& raw, int connection) -> base::Task<> {
                      co_await script.read_head(raw);
                      if (connection > 0) co_return;
                      co_await raw.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                      co_await script.read_head(raw);
                  }};
    ASSERT_TRUE(send(request("GET", script.url())));
    const auto [method, body] = GetParam();
    const auto answer = send(request(method, script.url(), body));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::broken) << answer.error().detail;
    EXPECT_TRUE(answer.error().may_have_been_sent);
    ASSERT_THAT(script.heads, SizeIs(2));
    EXPECT_THAT(script.heads.back(), testing::StartsWith(method));
}

INSTANTIATE_TEST_SUITE_P(Methods, DeadConnection,
                         testing::Values(std::array{"POST", "body"}, std::array{"POST", ""},
                                         std::array{"PUT", "body"}, std::array{"PATCH", "body"},
                                         std::array{"DELETE", ""}));

TEST_F(ClientTest, RepeatsAGetOnADeadConnection) {
    Script script{lab_.context, [&](Raw& raw, int connection) -> base::Task<> {
                      co_await script.read_head(raw);
                      co_await raw.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                      if (connection == 0) co_await script.read_head(raw);
                  }};
    EXPECT_TRUE(send(request("GET", script.url())));
    EXPECT_TRUE(send(request("GET", script.url())));
    EXPECT_THAT(script.heads, SizeIs(3));
}

TEST_F(ClientTest, TellsABrokenAnswer) {
    std::string answer;
    Script script{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await script.read_head(raw);
                      co_await raw.send(answer);
                  }};
    const auto failure_for = [&](std::string bytes) {
        answer = std::move(bytes);
        const auto result = send(request("POST", script.url(), "x"));
        EXPECT_TRUE(result.error().may_have_been_sent);
        return result.error().failure;
    };
    EXPECT_EQ(failure_for(""), TransportFailure::broken);
    EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
              TransportFailure::broken);
    EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
              TransportFailure::broken);
    EXPECT_EQ(failure_for("this is not HTTP at all\r\n\r\n"), TransportFailure::unreadable);
    EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 << 20, 'x')),
              TransportFailure::response_too_large);
    EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nX: y"), TransportFailure::broken);
    EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nX: y\r\n"), TransportFailure::broken);
}

TEST_F(ClientTest, KeepsTheHeadLimitAndSkipsInterimAnswers) {
    Script script{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await script.read_head(raw);
                      co_await raw.send(
                          "HTTP/1.1 103 Early Hints\r\nX: early\r\n\r\n"
                          "HTTP/1.1 200 OK\r\nX:  late \r\nContent-Length: 0\r\n\r\n");
                  }};
    const auto answer = send(request("GET", script.url()));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->headers.count("X"), 1U);
    EXPECT_EQ(answer->headers.find("X"), "late");
    auto narrow = request("GET", script.url());
    narrow.max_response_bytes = 20;
    EXPECT_EQ(send(std::move(narrow)).error().failure, TransportFailure::response_too_large);
}

TEST_F(ClientTest, KnowsWhatCannotHaveBeenSent) {
    tcp::acceptor closed{lab_.context, {lab::asio::ip::address_v4::loopback(), 0}};
    const auto port = closed.local_endpoint().port();
    closed.close();
    const auto failure_of = [&](OutgoingRequest outgoing) {
        const auto result = send(std::move(outgoing));
        EXPECT_FALSE(result.error().may_have_been_sent) << result.error().detail;
        return result.error().failure;
    };
    EXPECT_EQ(failure_of(request("POST", fmt::format("http://127.0.0.1:{}/", port))),
              TransportFailure::connect_failed);
    EXPECT_EQ(failure_of(request("POST", "http://nowhere.invalid/")),
              TransportFailure::resolve_failed);
    for (const auto* url : {"", "nonsense", "ftp://h/", "file:///etc/passwd", "http://",
                            "http://u:p@h/", "http://h:99999/"}) {
        EXPECT_EQ(failure_of(request("GET", url)), TransportFailure::bad_url) << url;
    }
    EXPECT_EQ(failure_of(request("GE T", lab_.url("/"))), TransportFailure::bad_url);
    auto injected = request("GET", lab_.url("/"));
    injected.headers = {{"X", "a\r\nY: b"}};
    EXPECT_EQ(failure_of(std::move(injected)), TransportFailure::bad_url);
    auto late = request("GET", lab_.url("/"));
    late.deadline = lab_.in(-1ms);
    EXPECT_EQ(failure_of(std::move(late)), TransportFailure::timed_out);
    const auto plain = lab_.url("/");
    EXPECT_EQ(failure_of(request("POST", "https" + plain.substr(4))), TransportFailure::tls_failed);
    EXPECT_THAT(lab_.seen, testing::IsEmpty());
}

TEST_F(ClientTest, KeepsTheDeadlineOfTheWholeCall) {
    Script silent{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await silent.read_head(raw);
                      co_await silent.read_head(raw);
                  }};
    auto outgoing = request("POST", silent.url(), "x");
    outgoing.deadline = lab_.in(50ms);
    const auto answer = send(std::move(outgoing));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::timed_out);
    EXPECT_TRUE(answer.error().may_have_been_sent);
}

TEST_F(ClientTest, GivesUpConnectingAfterItsTime) {
    // A listener that never accepts and whose queue is full.
    tcp::acceptor full{lab_.context};
    full.open(tcp::v4());
    full.bind({lab::asio::ip::address_v4::loopback(), 0});
    full.listen(0);
    std::vector<tcp::socket> filling;
    for (int i = 0; i < 8; ++i) {
        filling.emplace_back(lab_.context).async_connect(full.local_endpoint(), [](auto) {});
    }
    auto outgoing =
        request("POST", fmt::format("http://127.0.0.1:{}/", full.local_endpoint().port()));
    outgoing.connect_timeout = 50ms;
    const auto answer = send(std::move(outgoing));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::connect_failed) << answer.error().detail;
    EXPECT_FALSE(answer.error().may_have_been_sent);
}

TEST_F(ClientTest, WhatWaitsForAConnectionHasNotBeenSent) {
    client_ = make_curl_client(lab_.context, *lab_.clock, {.max_connections_per_host = 1});
    Script silent{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await silent.read_head(raw);
                      co_await silent.read_head(raw);
                  }};
    std::optional<Result> first;
    std::optional<Result> second;
    lab_.run([&]() -> base::Task<> {
        auto one = request("POST", silent.url());
        one.deadline = lab_.in(100ms);
        lab::asio::co_spawn(
            lab_.context, client_->send(std::move(one)),
            [&](const std::exception_ptr&, Result r) { first.emplace(std::move(r)); });
        auto two = request("POST", silent.url());
        two.deadline = lab_.in(50ms);
        second.emplace(co_await client_->send(std::move(two)));
        // Another host is not held up.
        EXPECT_TRUE(co_await client_->send(request("GET", lab_.url("/"))));
        const auto executor = co_await lab::asio::this_coro::executor;
        while (!first) co_await lab::asio::post(executor, lab::asio::use_awaitable);
    });
    EXPECT_TRUE(first->error().may_have_been_sent);
    EXPECT_FALSE(second->error().may_have_been_sent);
    EXPECT_EQ(second->error().failure, TransportFailure::timed_out);
    EXPECT_THAT(silent.heads, SizeIs(1));
}

TEST_F(ClientTest, FailsWhatIsUnderWayWhenDestroyed) {
    Script silent{lab_.context, [&](Raw& raw, int) -> base::Task<> {
                      co_await silent.read_head(raw);
                      client_.reset();
                      co_await silent.read_head(raw);
                  }};
    const auto answer = send(request("POST", silent.url(), "x"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::shut_down);
    EXPECT_TRUE(answer.error().may_have_been_sent);
}

TEST_F(ClientTest, TellsNoPassword) {
    auto outgoing = request("GET", "http://nowhere.invalid/?token=hidden");
    outgoing.basic = BasicCredentials{.username = "someone", .password = base::Secret{"hidden"}};
    EXPECT_THAT(send(std::move(outgoing)).error().detail,
                AllOf(HasSubstr("nowhere.invalid"), Not(HasSubstr("hidden"))));
}

TEST(TransportFailureText, IsTheNameOfEach) {
    EXPECT_EQ(to_text(TransportFailure::broken), "broken");
    EXPECT_EQ(to_text(TransportFailure::shut_down), "shut_down");
}

}  // namespace
}  // namespace usher::http
