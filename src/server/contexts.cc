#include "server/contexts.h"

namespace usher::server {

Contexts::Contexts(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
        guards_.emplace_back(contexts_.back()->get_executor());
    }
}

Contexts::~Contexts() {
    stop();
}

std::vector<boost::asio::io_context*> Contexts::all() {
    std::vector<boost::asio::io_context*> result;
    for (const auto& context : contexts_) result.push_back(context.get());
    return result;
}

void Contexts::start() {
    for (const auto& context : contexts_) {
        threads_.emplace_back([context = context.get()] { context->run(); });
    }
}

void Contexts::stop() {
    for (auto& guard : guards_) guard.reset();
    for (const auto& context : contexts_) context->stop();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void Contexts::destroy() {
    stop();
    threads_.clear();
    guards_.clear();
    contexts_.clear();
}

}  // namespace usher::server
