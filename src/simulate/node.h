// One life of one node: the product as `serve` puts it together, from the router down, on one
// thread, over a store in a file and a clock and a wire that are not real. One thread.
#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "assembly/product.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/client.h"
#include "simulate/timeline.h"
#include "store/store.h"

namespace usher::simulate {

// What a node stands on. All must outlive it.
struct Ground {
    Timeline& timeline;
    base::Random& random;
    base::Metrics& metrics;
    const base::Duration& clock_offset;
    std::function<base::Duration()> store_latency;  // before each turn of the store
};

using OpenStore = std::function<store::OpenResult(base::Clock& clock, store::StoreOptions)>;

class Node {
  public:
    // Opens the store and begins to work. The sentence, when it does not start.
    static std::expected<std::unique_ptr<Node>, std::string> start(
        Life life, const Ground& ground, std::unique_ptr<http::Client> client,
        const OpenStore& open, assembly::Options options, store::StoreOptions store);

    // As a process that dies: nothing is finished and nobody is answered. What was armed and what
    // was on the wire in its name must be dropped before.
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    flow::Store& store() { return *store_; }

    // `answered` is called when the answer leaves, never after the node's death.
    void serve(http::Request request, std::function<void(http::Response)> answered);

    void serve_admin(http::Request request, std::function<void(http::Response)> answered);

    // As `serve` ends on SIGTERM (server/node.cc): takes nothing new, finishes what is under way
    // until the limit at the latest. `done` as above; the node can be destroyed then.
    void stop(base::Duration limit, std::function<void()> done);
    bool is_stopping() const { return stopping_; }

    // Runs a coroutine, for the judge; `done` as above.
    void run(base::Task<> task, std::function<void()> done);

    // Lets everything happen that needs no time, unless it stands still. True when anything did.
    bool poll();

    // Nothing of it moves any more, as of a process that is not scheduled, until it goes on.
    void stand_still() { stands_still_ = true; }
    void go_on();

  private:
    Node(Life life, const Ground& ground, std::unique_ptr<http::Client> client);

    void answer(base::Task<http::Response> handled, std::function<void(http::Response)> answered);
    void work_comes();
    void turn_store();
    base::Task<> drain(base::Monotonic deadline);

    const Life life_;
    Ground ground_;
    LifeClock clock_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<store::SteppedStore> store_;
    std::unique_ptr<assembly::Product> product_;
    std::unique_ptr<boost::asio::io_context> context_;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    bool turns_soon_ = false;
    bool stands_still_ = false;
    bool missed_turn_ = false;
    bool stopping_ = false;
    std::size_t serving_ = 0;  // requests
};

}  // namespace usher::simulate
