#include "simulate/node.h"

#include <utility>

namespace usher::simulate {

namespace {

void rethrow(const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
}

}  // namespace

Node::Node(Life life, const Ground& ground, std::unique_ptr<http::Client> client)
    : life_{life},
      ground_{ground},
      clock_{ground.timeline, life, ground.clock_offset},
      client_{std::move(client)},
      context_{std::make_unique<boost::asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE)},
      work_{boost::asio::make_work_guard(*context_)} {}

std::expected<std::unique_ptr<Node>, std::string> Node::start(Life life, const Ground& ground,
                                                              std::unique_ptr<http::Client> client,
                                                              const OpenStore& open,
                                                              assembly::Options options,
                                                              store::StoreOptions store) {
    std::unique_ptr<Node> node{new Node{life, ground, std::move(client)}};
    store.threads = false;
    store.on_work = [self = node.get()] { self->work_comes(); };
    auto opened = open(node->clock_, std::move(store));
    if (!opened) return std::unexpected{std::move(opened.error().sentence)};
    node->store_ = std::move(*opened);
    const auto executor = node->context_->get_executor();
    node->product_ = assembly::make_product(
        {node->clock_, ground.random, ground.metrics, *node->store_, *node->client_, executor},
        std::move(options));
    boost::asio::co_spawn(executor, node->product_->converger->run(), rethrow);
    boost::asio::co_spawn(executor, node->product_->authenticator->run(), rethrow);
    return node;
}

Node::~Node() {
    // Who still waits for keys or the store is told that there is nothing more, and never hears it.
    if (product_) product_->authenticator->stop();
    if (store_) store_->close();
    work_.reset();
    context_.reset();
    product_.reset();
    store_.reset();
}

void Node::serve(http::Request request, std::function<void(http::Response)> answered) {
    answer(product_->operator_handler(std::move(request)), std::move(answered));
}

void Node::serve_admin(http::Request request, std::function<void(http::Response)> answered) {
    answer(product_->admin_handler(std::move(request)), std::move(answered));
}

void Node::answer(base::Task<http::Response> handled,
                  std::function<void(http::Response)> answered) {
    ++serving_;
    boost::asio::co_spawn(*context_, std::move(handled),
                          [this, answered = std::move(answered)](const std::exception_ptr& bug,
                                                                 http::Response response) {
                              rethrow(bug);
                              --serving_;
                              answered(std::move(response));
                          });
}

void Node::stop(base::Duration limit, std::function<void()> done) {
    stopping_ = true;
    run(drain(clock_.monotonic() + limit), std::move(done));
}

base::Task<> Node::drain(base::Monotonic deadline) {
    product_->authenticator->stop();
    constexpr base::Duration kPace = std::chrono::milliseconds{20};
    while (serving_ > 0 && clock_.monotonic() < deadline) {
        co_await base::sleep_for(clock_, kPace);
    }
    co_await product_->converger->stop(deadline);
}

void Node::run(base::Task<> task, std::function<void()> done) {
    boost::asio::co_spawn(*context_, std::move(task),
                          [done = std::move(done)](const std::exception_ptr& bug) {
                              rethrow(bug);
                              done();
                          });
}

bool Node::poll() {
    return !stands_still_ && context_->poll() > 0;
}

void Node::go_on() {
    stands_still_ = false;
    if (std::exchange(missed_turn_, false)) turn_store();
}

void Node::work_comes() {
    if (std::exchange(turns_soon_, true)) return;
    ground_.timeline.after(ground_.store_latency(), life_, [this](bool) {
        turns_soon_ = false;
        turn_store();
    });
}

void Node::turn_store() {
    if (stands_still_) {
        missed_turn_ = true;
        return;
    }
    const bool writes = store_->run_group();
    store_->run_upkeep();
    const bool reads = store_->run_reads();
    if (writes || reads) work_comes();
}

}  // namespace usher::simulate
