#include "http/server.h"

#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/suspend.h"
#include "http/lab_test.h"
#include "http/listener.h"
#include "http/wire.h"

namespace usher::http {
namespace {

using namespace std::chrono_literals;
using lab::Lab;
using lab::Raw;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::string body_of(std::string_view response) {
    const auto at = response.find("\r\n\r\n");
    return std::string{response.substr(at + 4)};
}

// A handler whose requests wait until the test lets them go.
struct Gate {
    base::Task<Response> hold(Request) {
        co_await base::suspend<bool>(
            [this](base::Completion<bool> done) { held.push_back(std::move(done)); });
        co_return make_response(200, "text/plain", "held");
    }

    Handler handler() {
        return [this](Request request) { return hold(std::move(request)); };
    }

    void open() {
        for (auto& one : std::exchange(held, {})) one(true);
    }

    std::vector<base::Completion<bool>> held;
};

base::Task<> until(std::function<bool()> reached) {
    const auto executor = co_await lab::asio::this_coro::executor;
    while (!reached()) co_await lab::asio::post(executor, lab::asio::use_awaitable);
}

std::string converse(Lab& lab, std::string bytes) {
    std::string answer;
    lab.run(
        [&]() -> base::Task<> { answer = co_await lab::converse(lab.server->port(), {bytes}); });
    return answer;
}

TEST(Server, GivesTheHandlerTheWholeRequest) {
    Lab lab;
    const auto answer = converse(
        lab, "PUT /a%20b?c=d HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(body_of(answer), "PUT /a%20b?c=d [hi]");
    ASSERT_THAT(lab.seen, SizeIs(1));
    EXPECT_EQ(lab.seen[0].headers.find("x-one"), "1");
    EXPECT_EQ(lab.seen[0].peer, "127.0.0.1");
}

TEST(Server, JoinsChunksAndIgnoresTrailers) {
    Lab lab;
    converse(lab,
             "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: x\r\n\r\n");
    ASSERT_THAT(lab.seen, SizeIs(1));
    EXPECT_EQ(lab.seen[0].body, "abcde");
    EXPECT_EQ(lab.seen[0].headers.count("Authorization"), 0U);
}

TEST(Server, KeepsTheConnection) {
    Lab lab;
    lab.run([&]() -> base::Task<> {
        auto raw = co_await Raw::connect(lab.server->port());
        for (int i = 0; i < 3; ++i) {
            co_await raw.send(kGet);
            const auto response = co_await raw.read_response();
            EXPECT_THAT(response,
                        AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), Not(HasSubstr("Connection:"))));
        }
    });
    EXPECT_THAT(lab.seen, SizeIs(3));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    Lab lab;
    std::string requests;
    std::string bodies;
    for (int i = 0; i < 50; ++i) {
        requests += fmt::format("POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", i);
    }
    lab.run([&]() -> base::Task<> {
        auto raw = co_await Raw::connect(lab.server->port());
        co_await raw.send(requests);
        for (int i = 0; i < 50; ++i) {
            const auto response = co_await raw.read_response();
            EXPECT_EQ(body_of(response), fmt::format("POST /{} [x]", i));
        }
    });
}

TEST(Server, ClosesWhereTheCallerAsks) {
    Lab lab;
    EXPECT_THAT(converse(lab, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(converse(lab, "GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
    const std::string keep = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    const auto kept = converse(lab, keep + keep);
    EXPECT_THAT(kept, HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(lab::statuses_of(kept), ElementsAre(200, 200));
}

TEST(Server, AnswersHeadWithoutTheBody) {
    Lab lab;
    const auto answer = converse(lab, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_EQ(body_of(answer), "");
}

TEST(Server, AllowsABodyThatIsAskedAbout) {
    Lab lab;
    lab.run([&]() -> base::Task<> {
        auto raw = co_await Raw::connect(lab.server->port());
        co_await raw.send(
            "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        const auto allowed = co_await raw.read_response();
        EXPECT_EQ(allowed, "HTTP/1.1 100 Continue\r\n\r\n");
        co_await raw.send("hi");
        EXPECT_EQ(body_of(co_await raw.read_response()), "PUT /a [hi]");
        co_await raw.send(
            "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
            "9999999\r\n\r\n");
        EXPECT_THAT(co_await raw.read_to_end(), StartsWith("HTTP/1.1 413 "));
    });
}

TEST(Server, KeepsItsSizes) {
    Lab lab{{.max_target_bytes = 100, .max_header_bytes = 400, .max_body_bytes = 10}};
    const auto first_status = [&](std::string bytes) {
        const auto statuses = lab::statuses_of(converse(lab, bytes));
        return statuses.size() == 1 ? statuses[0] : 0;
    };
    const auto target = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n";
    };
    EXPECT_EQ(first_status(target(100) + "\r\n"), 200);
    EXPECT_EQ(first_status(target(101) + "\r\n"), 414);
    EXPECT_EQ(first_status("GET /" + std::string(300, 'a')), 414);
    const auto head = target(10);
    const auto field = [&](std::size_t size) {
        return "X: " + std::string(size - head.size() - 7, 'x') + "\r\n\r\n";
    };
    EXPECT_EQ(first_status(head + field(400)), 200);
    EXPECT_EQ(first_status(head + field(401)), 431);
    EXPECT_EQ(first_status(head + "X: " + std::string(1000, 'x')), 431);
    const auto body = [](std::string fields, std::string bytes) {
        return "PUT /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n" + bytes;
    };
    EXPECT_EQ(first_status(body("Content-Length: 10", "0123456789")), 200);
    EXPECT_EQ(first_status(body("Content-Length: 11", "")), 413);
    EXPECT_EQ(first_status(body("Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n")),
              200);
    EXPECT_EQ(first_status(body("Transfer-Encoding: chunked", "5\r\n01234\r\n6\r\n012345")), 413);
    EXPECT_THAT(lab.seen, SizeIs(4));
}

// A reset would take the answers from a caller who still sends, or has not read them yet.
TEST(Server, HearsOutWhoSendsFarTooMuch) {
    Lab lab;
    lab.run([&lab]() -> base::Task<> {
        auto raw = co_await lab::Raw::connect(lab.server->port());
        std::string sent;
        for (int i = 0; i < 32; ++i) sent += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        sent += "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3145728\r\n\r\n";
        sent.append(3'145'728, 'x');
        EXPECT_TRUE(co_await raw.send(std::move(sent)));
        raw.finish_sending();
        std::vector<int> wanted(32, 200);
        wanted.push_back(413);
        EXPECT_EQ(lab::statuses_of(co_await raw.read_to_end()), wanted);
    });
}

TEST(Server, KeepsItsTimes) {
    Lab lab{{.idle_timeout = 30ms, .request_timeout = 30ms}};
    lab.run([&]() -> base::Task<> {
        auto idle = co_await Raw::connect(lab.server->port());
        EXPECT_EQ(co_await idle.read_to_end(), "");
        auto after_one = co_await Raw::connect(lab.server->port());
        co_await after_one.send(kGet);
        EXPECT_THAT(lab::statuses_of(co_await after_one.read_to_end()), ElementsAre(200));
        auto half_head = co_await Raw::connect(lab.server->port());
        co_await half_head.send("GET /a HTTP/1.1\r\nHo");
        EXPECT_THAT(lab::statuses_of(co_await half_head.read_to_end()), ElementsAre(408));
        auto half_body = co_await Raw::connect(lab.server->port());
        co_await half_body.send("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nx");
        EXPECT_THAT(lab::statuses_of(co_await half_body.read_to_end()), ElementsAre(408));
    });
    EXPECT_THAT(lab.seen, SizeIs(1));
}

TEST(Server, GivesUpOnAReaderThatDoesNotRead) {
    constexpr std::size_t kSize = 64 * 1024 * 1024;
    Lab lab{{.write_timeout = 30ms}, [](Request) -> base::Task<Response> {
                co_return make_response(200, "text/plain", std::string(kSize, 'x'));
            }};
    lab.run([&]() -> base::Task<> {
        auto raw = co_await Raw::connect(lab.server->port());
        co_await raw.send(kGet);
        co_await raw.socket.async_wait(lab::tcp::socket::wait_read, lab::asio::use_awaitable);
        co_await lab.server->drain(lab.in(1h));
        EXPECT_LT((co_await raw.read_to_end()).size(), kSize);
    });
}

TEST(Server, RefusesMoreConnectionsThanAllowed) {
    Lab lab{{.max_connections = 2, .retry_after = 7s}};
    lab.run([&]() -> base::Task<> {
        auto one = co_await Raw::connect(lab.server->port());
        auto two = co_await Raw::connect(lab.server->port());
        co_await one.send(kGet);
        co_await two.send(kGet);
        EXPECT_NE(co_await one.read_response(), "");
        EXPECT_NE(co_await two.read_response(), "");
        auto three = co_await Raw::connect(lab.server->port());
        const auto refusal = co_await three.read_to_end();
        EXPECT_THAT(refusal, AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 7\r\n"),
                                   HasSubstr("Connection: close\r\n")));
        co_await one.send(kGet);
        EXPECT_NE(co_await one.read_response(), "");
    });
}

TEST(Server, RefusesMoreRequestsThanAllowedAndGoesOn) {
    Gate gate;
    Lab lab{{.max_in_flight = 1}, gate.handler()};
    lab.run([&]() -> base::Task<> {
        auto one = co_await Raw::connect(lab.server->port());
        auto two = co_await Raw::connect(lab.server->port());
        co_await one.send(kGet);
        co_await until([&] { return gate.held.size() == 1; });
        co_await two.send(kGet);
        EXPECT_THAT(co_await two.read_response(),
                    AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
        gate.open();
        EXPECT_THAT(co_await one.read_response(), StartsWith("HTTP/1.1 200 "));
        co_await two.send(kGet);
        co_await until([&] { return gate.held.size() == 1; });
        gate.open();
        EXPECT_THAT(co_await two.read_response(), StartsWith("HTTP/1.1 200 "));
    });
}

TEST(Server, SurvivesAHandlerThatFails) {
    int calls = 0;
    Lab lab{{}, [&](Request) -> base::Task<Response> {
                ++calls;
                if (calls == 1) throw std::runtime_error{"secret"};
                if (calls == 2) throw 7;
                co_return Response{.status = 200, .headers = {{"X", "a\r\nY: b"}}, .body = ""};
            }};
    const auto answer = converse(lab, kGet + kGet + kGet);
    EXPECT_THAT(lab::statuses_of(answer), ElementsAre(500, 500, 500));
    EXPECT_THAT(answer, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("Y: b"))));
}

TEST(Server, FinishesWhatIsUnderWayWhenDraining) {
    Gate gate;
    Lab lab{{}, gate.handler()};
    lab.run([&]() -> base::Task<> {
        auto idle = co_await Raw::connect(lab.server->port());
        auto busy = co_await Raw::connect(lab.server->port());
        co_await busy.send(kGet + kGet);
        co_await until([&] { return gate.held.size() == 1; });
        bool drained = false;
        lab::asio::co_spawn(lab.context, lab.server->drain(lab.in(1h)),
                            [&](const std::exception_ptr&) { drained = true; });
        EXPECT_EQ(co_await idle.read_to_end(), "");
        EXPECT_FALSE(drained);
        gate.open();
        const auto last = co_await busy.read_to_end();
        EXPECT_THAT(lab::statuses_of(last), ElementsAre(200));
        EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
        busy.socket.close();
        co_await until([&] { return drained; });
        lab::tcp::socket late{lab.context};
        const auto [refused] = co_await late.async_connect(
            {lab::asio::ip::address_v4::loopback(), lab.server->port()}, lab::kTuple);
        EXPECT_EQ(refused, lab::asio::error::connection_refused);
    });
}

TEST(Server, WaitsForHandlersBeyondTheDeadlineOfADrain) {
    Gate gate;
    Lab lab{{}, gate.handler()};
    lab.run([&]() -> base::Task<> {
        auto busy = co_await Raw::connect(lab.server->port());
        co_await busy.send(kGet);
        co_await until([&] { return gate.held.size() == 1; });
        bool drained = false;
        lab::asio::co_spawn(lab.context, lab.server->drain(lab.in(0ms)),
                            [&](const std::exception_ptr&) { drained = true; });
        EXPECT_EQ(co_await busy.read_to_end(), "");
        EXPECT_FALSE(drained);
        gate.open();
        co_await until([&] { return drained; });
    });
}

TEST(Server, ServesFromSeveralThreadsOnOnePort) {
    auto clock = base::make_system_clock();
    lab::asio::io_context one{1};
    lab::asio::io_context two{1};
    lab::asio::io_context callers{1};
    std::atomic<int> handled = 0;
    const auto handler = [&](Request) -> base::Task<Response> {
        ++handled;
        co_return make_response(200, "text/plain", "ok");
    };
    auto server =
        make_server({&one, &two}, *clock, {.listen = "127.0.0.1:0"}, handler, lab::render_plainly);
    ASSERT_TRUE(server);
    std::jthread first{[&] { one.run(); }};
    std::jthread second{[&] { two.run(); }};
    lab::run(callers, [&]() -> base::Task<> {
        for (int i = 0; i < 40; ++i) {
            const auto answer = co_await lab::converse((*server)->port(), {kGet + kGet});
            EXPECT_THAT(lab::statuses_of(answer), ElementsAre(200, 200));
        }
        co_await (*server)->drain(clock->monotonic() + 1h);
    });
    EXPECT_EQ(handled, 80);
}

TEST(Listen, SaysWhatIsWrongWithAnAddress) {
    Lab lab;
    const auto problem = [&](std::string address) -> std::string {
        auto made = make_server({&lab.context, &lab.context}, *lab.clock, {.listen = address}, {},
                                lab::render_plainly);
        return made ? "" : made.error().sentence;
    };
    for (const auto* address : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "host:80", "[::1]"}) {
        EXPECT_THAT(problem(address), AllOf(HasSubstr(address), HasSubstr("address:port")));
    }
    const auto taken = fmt::format("127.0.0.1:{}", lab.server->port());
    EXPECT_THAT(problem(taken), AllOf(HasSubstr(taken), HasSubstr("already in use")));
    EXPECT_THAT(problem("192.0.2.1:0"), HasSubstr("no address of this machine"));
    EXPECT_EQ(parse_listen_address("[::1]:80")->port(), 80);
}

// Also when the other server shares its port among its own threads.
TEST(Listen, DoesNotShareAPortWithAnotherServer) {
    auto clock = base::make_system_clock();
    lab::asio::io_context one{1};
    lab::asio::io_context two{1};
    auto first =
        make_server({&one, &two}, *clock, {.listen = "127.0.0.1:0"}, {}, lab::render_plainly);
    ASSERT_TRUE(first);
    const auto address = fmt::format("127.0.0.1:{}", (*first)->port());
    EXPECT_FALSE(make_server({&one, &two}, *clock, {.listen = address}, {}, lab::render_plainly));
    EXPECT_FALSE(make_server({&one}, *clock, {.listen = address}, {}, lab::render_plainly));
}

TEST(ToWire, OwnsTheFramingFields) {
    Response response = make_response(201, "text/plain", "abc");
    response.headers.add("content-length", "99");
    response.headers.add("Transfer-Encoding", "chunked");
    response.headers.add("connection", "upgrade");
    EXPECT_EQ(to_wire(response, {}),
              "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(to_wire({.status = 204, .headers = {}, .body = "x"}, {.keep_alive = false}),
              "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(ToWire, RefusesWhatBreaksTheFraming) {
    EXPECT_FALSE(to_wire({.status = 100, .headers = {}, .body = ""}, {}));
    EXPECT_FALSE(to_wire({.status = 200, .headers = {{"X", "a\nb"}}, .body = ""}, {}));
    EXPECT_FALSE(to_wire({.status = 200, .headers = {{"X Y", "a"}}, .body = ""}, {}));
    EXPECT_FALSE(to_wire({.status = 200, .headers = {{"", "a"}}, .body = ""}, {}));
}

TEST(StatusOf, IsTheOneOfEachError) {
    EXPECT_EQ(status_of(ProtocolError::malformed), 400);
    EXPECT_EQ(status_of(ProtocolError::overloaded), 503);
    EXPECT_EQ(status_of(ProtocolError::version), 505);
}

}  // namespace
}  // namespace usher::http
