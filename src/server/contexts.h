// The io_contexts of the process and the threads that turn them, one each.
#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace usher::server {

class Contexts {
  public:
    explicit Contexts(std::size_t count);
    ~Contexts();  // stops
    Contexts(const Contexts&) = delete;
    Contexts& operator=(const Contexts&) = delete;

    boost::asio::io_context& at(std::size_t index) { return *contexts_.at(index); }
    std::vector<boost::asio::io_context*> all();

    void start();
    // What has not run by now does not run any more.
    void stop();
    // Also destroys the contexts, and with them the coroutines that still wait somewhere.
    void destroy();

  private:
    using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
    std::vector<Guard> guards_;
    std::vector<std::thread> threads_;
};

}  // namespace usher::server
