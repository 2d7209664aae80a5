// Sends prepared HTTP requests over kept connections, one at a time on each, and measures the
// answers. It does as little as it can, because it shares the cores with whoever is measured.
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <netinet/tcp.h>
#include <queue>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "histogram.h"

namespace usher::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

constexpr const char* kUsage =
    "Usage: bench_load --port PORT --requests FILE [--connections N] [--seconds S] [--warmup S]\n"
    "                  [--threads N] [--rate PER_SECOND] [--contains TEXT]\n"
    "FILE: `slots requests-per-slot`, then each request as `length` and its bytes. Connection i\n"
    "goes round the requests of slot i. Prints one JSON object.\n"
    "  --rate      in all, by a schedule that does not wait for answers; else as fast as it goes\n"
    "  --contains  counts the 200 answers that hold this text\n";

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "bench_load: " << why << '\n';
    std::exit(1);
}

struct Options {
    int port = 0;
    std::string requests;
    std::size_t connections = 64;
    double seconds = 5;
    double warmup = 1;
    std::size_t threads = 1;
    double rate = 0;
    std::string contains;
};

struct Plan {
    std::size_t slots = 0;
    std::size_t per_slot = 0;
    std::vector<std::string> requests;
    std::vector<std::size_t> positions;  // of each slot
};

struct Schedule {
    Time begin;  // of what is measured
    Time end;
};

struct Result {
    Histogram latency;
    std::map<int, std::uint64_t> answers;  // by status, all of them
    std::uint64_t counted = 0;             // hold the text
    std::uint64_t broken = 0;              // connections that ended without an answer
};

struct Connection {
    int fd = -1;
    std::size_t slot = 0;
    Time started;          // or should have: by the schedule
    bool waiting = false;  // for an answer
    std::string answer;
};

// How long the answer is, once its head is there; 0 before.
std::size_t length_of(std::string_view answer) {
    const auto head = answer.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    constexpr std::array kNames{std::string_view{"\r\nContent-Length:"},
                                std::string_view{"\r\ncontent-length:"}};
    for (const auto name : kNames) {
        const auto at = answer.substr(0, head).find(name);
        if (at == std::string_view::npos) continue;
        std::size_t body = 0;
        const char* digits = answer.data() + at + name.size();
        while (*digits == ' ') ++digits;
        std::from_chars(digits, answer.data() + head, body);
        return head + 4 + body;
    }
    fail("an answer without Content-Length: " + std::string{answer.substr(0, head)});
}

int status_of(std::string_view answer) {
    int status = 0;
    if (answer.size() > 12) std::from_chars(answer.data() + 9, answer.data() + 12, status);
    return status;
}

int connect_to(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        fail("no connection to port " + std::to_string(port) + ": " + std::strerror(errno));
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// One thread and its connections.
class Loader {
  public:
    Loader(const Options& options, Plan& plan, Schedule schedule)
        : options_{options}, plan_{plan}, schedule_{schedule}, epoll_{epoll_create1(0)} {}
    ~Loader() {
        for (const auto& connection : connections_) close(connection.fd);
        close(epoll_);
    }
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    void open(std::size_t first, std::size_t step) {
        for (std::size_t i = first; i < options_.connections; i += step) {
            connections_.push_back({.fd = connect_to(options_.port), .slot = i % plan_.slots});
        }
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
        }
    }

    void run() {
        start();
        std::array<epoll_event, 256> events;
        // After the end only what is under way is waited for: every change sent is counted.
        const auto patience = schedule_.end + std::chrono::seconds{30};
        while (under_way_ > 0 || !turns_.empty()) {
            const auto wait = time_left();
            const int ready = epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
            if (Clock::now() > patience) fail("answers did not come within 30 s");
            for (int i = 0; i < ready; ++i) receive(connections_[events[i].data.u64]);
            send_due();
        }
    }

    Result result;

  private:
    struct Turn {
        Time when;
        std::size_t connection;
        bool operator>(const Turn& other) const { return when > other.when; }
    };

    void start() {
        const auto now = Clock::now();
        if (options_.rate <= 0) {
            for (auto& connection : connections_) send(connection, now);
            return;
        }
        const double all = static_cast<double>(options_.connections) / options_.rate;
        interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{all});
        const auto count = static_cast<long>(connections_.size());
        for (long i = 0; i < count; ++i) {
            turns_.push({now + interval_ * i / count, static_cast<std::size_t>(i)});
        }
    }

    // To the nanosecond: in whole milliseconds a quick schedule would never sleep, and take from
    // the measured the cores that both share.
    timespec time_left() const {
        if (turns_.empty()) return {.tv_sec = 1, .tv_nsec = 0};
        const auto left = std::chrono::nanoseconds{turns_.top().when - Clock::now()}.count();
        const auto bounded = std::clamp<long>(left, 0, 1'000'000'000);
        return {.tv_sec = bounded / 1'000'000'000, .tv_nsec = bounded % 1'000'000'000};
    }

    // With a schedule: a connection whose answer is late sends at once when it has come, and its
    // latency counts from when it should have sent.
    void send_due() {
        const auto now = Clock::now();
        while (!turns_.empty() && turns_.top().when <= now) {
            const auto turn = turns_.top();
            turns_.pop();
            if (turn.when >= schedule_.end) continue;
            send(connections_[turn.connection], turn.when);
        }
    }

    void send(Connection& connection, Time started) {
        auto& position = plan_.positions[connection.slot];
        const auto& request = plan_.requests[connection.slot * plan_.per_slot + position];
        position = (position + 1) % plan_.per_slot;
        connection.started = started;
        connection.waiting = true;
        ++under_way_;
        std::size_t sent = 0;
        while (sent < request.size()) {
            const auto now =
                ::send(connection.fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
            if (now > 0) {
                sent += static_cast<std::size_t>(now);
            } else if (errno != EAGAIN) {
                fail(std::string{"a request could not be sent: "} + std::strerror(errno));
            }
        }
    }

    void receive(Connection& connection) {
        std::array<char, 16384> bytes;
        const auto got = recv(connection.fd, bytes.data(), bytes.size(), 0);
        if (got <= 0) {
            if (got < 0 && errno == EAGAIN) return;
            lose(connection);
            return;
        }
        std::string_view answer{bytes.data(), static_cast<std::size_t>(got)};
        if (!connection.answer.empty()) {
            connection.answer.append(answer);
            answer = connection.answer;
        }
        const auto length = length_of(answer);
        if (length == 0 || answer.size() < length) {
            if (connection.answer.empty()) connection.answer = answer;
            return;
        }
        if (answer.size() > length || !connection.waiting) fail("an answer that nobody asked for");
        take(connection, answer);
        connection.answer.clear();
    }

    void take(Connection& connection, std::string_view answer) {
        const auto now = Clock::now();
        const int status = status_of(answer);
        ++result.answers[status];
        if (status == 200 && !options_.contains.empty() &&
            answer.find(options_.contains) != std::string_view::npos) {
            ++result.counted;
        }
        if (now >= schedule_.begin && now < schedule_.end) {
            result.latency.add((now - connection.started).count());
        }
        connection.waiting = false;
        --under_way_;
        go_on(connection, now);
    }

    void go_on(Connection& connection, Time now) {
        if (options_.rate > 0) {
            const auto index = static_cast<std::size_t>(&connection - connections_.data());
            turns_.push({connection.started + interval_, index});
        } else if (now < schedule_.end) {
            send(connection, now);
        }
    }

    void lose(Connection& connection) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.fd, nullptr);
        if (connection.waiting) --under_way_;
        connection.waiting = false;
        ++result.broken;
    }

    const Options& options_;
    Plan& plan_;
    Schedule schedule_;
    int epoll_;
    std::vector<Connection> connections_;
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
    Clock::duration interval_{};
    std::size_t under_way_ = 0;
};

Options read_options(int count, char** words) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name{words[i]};
        const char* value = words[i + 1];
        if (name == "--port")
            options.port = std::atoi(value);
        else if (name == "--requests")
            options.requests = value;
        else if (name == "--connections")
            options.connections = std::strtoul(value, nullptr, 10);
        else if (name == "--seconds")
            options.seconds = std::atof(value);
        else if (name == "--warmup")
            options.warmup = std::atof(value);
        else if (name == "--threads")
            options.threads = std::strtoul(value, nullptr, 10);
        else if (name == "--rate")
            options.rate = std::atof(value);
        else if (name == "--contains")
            options.contains = value;
        else
            fail("no option " + std::string{name} + "\n" + kUsage);
    }
    const bool complete = count % 2 == 1 && options.port > 0 && !options.requests.empty();
    if (!complete || options.connections == 0 || options.threads == 0) {
        std::cerr << kUsage;
        std::exit(2);
    }
    return options;
}

Plan read_plan(const Options& options) {
    Plan plan;
    std::ifstream file{options.requests, std::ios::binary};
    file >> plan.slots >> plan.per_slot;
    for (std::size_t i = 0; i < plan.slots * plan.per_slot; ++i) {
        std::size_t length = 0;
        file >> length;
        file.get();
        std::string request(length, '\0');
        if (!file.read(request.data(), static_cast<std::streamsize>(length))) {
            fail(options.requests + " is cut off");
        }
        plan.requests.push_back(std::move(request));
    }
    if (plan.requests.empty()) fail(options.requests + " holds no request");
    plan.positions.resize(plan.slots);
    return plan;
}

void print(const Options& options, const std::vector<std::unique_ptr<Loader>>& loaders) {
    Result all;
    for (const auto& loader : loaders) {
        all.latency.add(loader->result.latency);
        for (const auto& [status, count] : loader->result.answers) all.answers[status] += count;
        all.counted += loader->result.counted;
        all.broken += loader->result.broken;
    }
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    std::ostringstream out;
    out << "{\"per_second\": " << static_cast<double>(all.latency.total()) / options.seconds
        << ", \"measured\": " << all.latency.total() << ", " << all.latency.json()
        << ", \"counted\": " << all.counted << ", \"broken\": " << all.broken
        << ", \"cpu_s\": " << seconds(used.ru_utime) + seconds(used.ru_stime) << ", \"answers\": {";
    const char* comma = "";
    for (const auto& [status, count] : all.answers) {
        out << std::exchange(comma, ", ") << '"' << status << "\": " << count;
    }
    std::cout << out.str() << "}}\n";
}

int run(const Options& options) {
    auto plan = read_plan(options);
    const auto of = [](double seconds) {
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
    };
    std::vector<std::unique_ptr<Loader>> loaders;
    const auto begin = Clock::now() + of(options.warmup);
    const Schedule schedule{begin, begin + of(options.seconds)};
    for (std::size_t i = 0; i < options.threads; ++i) {
        loaders.push_back(std::make_unique<Loader>(options, plan, schedule));
        loaders.back()->open(i, options.threads);
    }
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < loaders.size(); ++i) {
        threads.emplace_back([loader = loaders[i].get()] { loader->run(); });
    }
    loaders.front()->run();
    threads.clear();
    print(options, loaders);
    return 0;
}

}  // namespace
}  // namespace usher::bench

int main(int count, char** words) {
    return usher::bench::run(usher::bench::read_options(count, words));
}
